"""Taking a body of v1 in, and with it the same request to v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from webkiln.api.body import parse_aside, read_body
from webkiln.contract.v1.wire import V1Body
from webkiln.contract.wire import parse_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

M = TypeVar("M", bound=V1Body)
R = TypeVar("R")


async def read_in_v2(
    request: Request, model: type[M], to_v2: Callable[[M, list[str]], R], max_bytes: int
) -> tuple[M, R, list[str], bytes]:
    """Return the body, the same to v2, the warnings it earned, and its bytes; raises BadRequest."""
    raw = await read_body(request, max_bytes)

    def parse() -> tuple[M, R, list[str]]:
        sent, warnings = parse_body(model, raw)
        return sent, to_v2(sent, warnings), warnings

    return *(await parse_aside(raw, parse)), raw
