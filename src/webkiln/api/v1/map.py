"""`POST /v1/map`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from webkiln.api.described import answers, takes
from webkiln.api.hang_up import while_connected
from webkiln.api.v1.body import read_in_v2
from webkiln.contract.v1.map import V1MapRequest, V1MapResponse, map_in_v1

if TYPE_CHECKING:
    from webkiln.api.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """Return the route of mapping."""
    router = APIRouter()

    @router.post(
        "/v1/map",
        summary="List the pages of a site",
        openapi_extra=takes(V1MapRequest),
        responses=answers(V1MapResponse, 400, 401, 402, 403, 408, 413, 429, 500, 503),
    )
    async def map_site(request: Request) -> Response:
        caller = await parts.auth.caller(request, "map")
        _, body, warnings, _ = await read_in_v2(
            request, V1MapRequest, V1MapRequest.to_v2, parts.max_body_bytes
        )
        _, document = await while_connected(request, parts.map.run(caller, body, warnings))
        content = await asyncio.to_thread(lambda: orjson.dumps(map_in_v1(orjson.loads(document))))
        return Response(content, media_type="application/json")

    return router
