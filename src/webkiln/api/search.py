"""`POST /v2/search` (contract §9)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from webkiln import errors
from webkiln.api.body import read_model
from webkiln.api.described import answers, takes
from webkiln.api.hang_up import while_connected
from webkiln.contract.issues import told
from webkiln.contract.search import HIT_FORMATS_NAMED, SearchRequest, SearchResponse
from webkiln.operations.search import most_credits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from webkiln.api.parts import Parts
    from webkiln.operations.caller import Caller
    from webkiln.operations.search import Searched


def routes(parts: Parts) -> APIRouter:
    """Return the routes of searching."""
    router = APIRouter(tags=["Search"])

    @router.post(
        "/v2/search",
        summary="Search the web, and scrape what is found",
        openapi_extra=takes(SearchRequest),
        responses=answers(SearchResponse, 400, 401, 402, 403, 408, 413, 429, 500, 503),
    )
    async def search(request: Request) -> Response:
        caller = await parts.auth.caller(request, "search")
        with searches_errors():
            body, warnings, _ = await read_model(request, SearchRequest, parts.max_body_bytes)
            searched = await search_while_connected(parts, request, caller, body, warnings)
        return _answer(searched)

    return router


@contextlib.contextmanager
def searches_errors() -> Iterator[None]:
    """Turn what is wrong with a body into the error that a search has of its own for it (contract §1.2)."""
    try:
        yield
    except errors.BadRequest as error:
        if error.details:
            said = told(error.details, formats=HIT_FORMATS_NAMED)
            raise errors.InvalidSearch(error.details, said) from None
        raise


async def search_while_connected(
    parts: Parts, request: Request, caller: Caller, body: SearchRequest, warnings: list[str]
) -> Searched:
    """Search for a client that waits, when it can afford it."""
    await parts.auth.afford(caller, most_credits(body))
    caller = replace(caller, base_url=parts.base_url(request))
    return await while_connected(request, parts.search.run(caller, body, warnings))


def spoken(warnings: Sequence[str]) -> dict[str, str]:
    """Return the warnings of a search as its answer carries them."""
    return {"warning": ". ".join(warning.rstrip(".") for warning in warnings) + "."} if warnings else {}


def _answer(searched: Searched) -> Response:
    """Put the hits between the answer's fields as they are: they are JSON already."""
    tail = {"creditsUsed": searched.credits_used, "id": searched.id, **spoken(searched.warnings)}
    sources = [
        b'"' + source.encode() + b'":[' + b",".join(hits) + b"]" for source, hits in searched.data.items()
    ]
    content = b"".join((b'{"success":true,"data":{', b",".join(sources), b"},", orjson.dumps(tail)[1:]))
    return Response(content, media_type="application/json")
