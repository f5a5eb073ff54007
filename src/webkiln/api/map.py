"""`POST /v2/map` (contract §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from webkiln.api.body import read_model
from webkiln.api.described import answers, takes
from webkiln.api.hang_up import while_connected
from webkiln.contract.map import MapRequest, MapResponse

if TYPE_CHECKING:
    from webkiln.api.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """Return the route of mapping."""
    router = APIRouter(tags=["Mapping"])

    @router.post(
        "/v2/map",
        summary="List the pages of a site",
        openapi_extra=takes(MapRequest),
        responses=answers(MapResponse, 400, 401, 402, 403, 408, 413, 429, 500, 503),
    )
    async def map_site(request: Request) -> Response:
        caller = await parts.auth.caller(request, "map")
        body, warnings, _ = await read_model(request, MapRequest, parts.max_body_bytes)
        job_id, document = await while_connected(request, parts.map.run(caller, body, warnings))
        # The links are JSON already, and may be many.
        content = b"".join((b'{"success":true,"id":"', job_id.encode(), b'",', document[1:]))
        return Response(content, media_type="application/json")

    return router
