"""Taking a request's body in: whole, but never larger or slower than allowed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import ClientDisconnect

from webkiln import errors
from webkiln.contract.wire import WireModel, parse_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

M = TypeVar("M", bound=WireModel)
T = TypeVar("T")

_PATIENCE_S = 60.0
_LARGE = 256 * 1024


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body; raises BodyTooLarge past `max_bytes`, BadRequest when it drips for a minute."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= max_bytes:
                    chunks.append(chunk)
                elif size > 4 * max_bytes:
                    break  # enough read out of politeness: the answer is on its way
    except TimeoutError:
        raise errors.BadRequest("The request's body did not arrive in time") from None
    except ClientDisconnect:
        raise errors.BadRequest("The request's body did not arrive") from None
    if size > max_bytes:
        raise errors.BodyTooLarge
    return b"".join(chunks)


async def read_model(request: Request, model: type[M], max_bytes: int) -> tuple[M, list[str], bytes]:
    """Return the body as a model, the warnings it earned, and its bytes; raises BadRequest."""
    raw = await read_body(request, max_bytes)
    parsed, warnings = await parse_aside(raw, lambda: parse_body(model, raw))
    return parsed, warnings, raw


async def parse_aside(raw: bytes, parse: Callable[[], T]) -> T:
    """Return what `parse` makes of a body, in a thread if that is huge: a cancel behind it must not wait."""
    return await asyncio.to_thread(parse) if len(raw) > _LARGE else parse()
