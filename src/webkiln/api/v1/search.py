"""`POST /v1/search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from webkiln.api.described import answers, takes
from webkiln.api.search import search_while_connected, searches_errors, spoken
from webkiln.api.v1.body import read_in_v2
from webkiln.contract.v1.search import V1SearchRequest, V1SearchResponse

if TYPE_CHECKING:
    from webkiln.api.parts import Parts
    from webkiln.operations.search import Searched


def routes(parts: Parts) -> APIRouter:
    """Return the routes of searching."""
    router = APIRouter()

    @router.post(
        "/v1/search",
        summary="Search the web, and scrape what is found",
        openapi_extra=takes(V1SearchRequest),
        responses=answers(V1SearchResponse, 400, 401, 402, 403, 408, 413, 429, 500, 503),
    )
    async def search(request: Request) -> Response:
        caller = await parts.auth.caller(request, "search")
        with searches_errors():
            _, body, warnings, _ = await read_in_v2(
                request, V1SearchRequest, V1SearchRequest.to_v2, parts.max_body_bytes
            )
            return _answer(await search_while_connected(parts, request, caller, body, warnings))

    return router


def _answer(searched: Searched) -> Response:
    """Put the hits into one list as they are: they are JSON already."""
    hits = b",".join(searched.data.get("web", []))
    head = orjson.dumps({"success": True, **spoken(searched.warnings)})
    return Response(b"".join((head[:-1], b',"data":[', hits, b"]}")), media_type="application/json")
