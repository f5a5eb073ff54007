"""Health, metrics and the banner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from webkiln.api.envelope import json_response

if TYPE_CHECKING:
    from webkiln.api.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """Return the routes that tell how the server itself is."""
    router = APIRouter(tags=["Server"])

    @router.get("/", summary="Say what this is")
    async def banner() -> Response:
        return json_response({"message": "Webkiln speaks the Firecrawl API v2.", "documentation": "/docs"})

    @router.get("/v0/health/liveness", summary="Whether this process answers")
    async def liveness() -> Response:
        return json_response({"status": "ok"})

    @router.get(
        "/v0/health/readiness",
        summary="Whether the database answers and a worker is alive",
        responses={503: {"description": "Not ready; the body says why"}},
    )
    async def readiness() -> Response:
        problem = await parts.health.problem()
        if problem is not None:
            return json_response({"status": "unavailable", "error": problem}, 503, {"Retry-After": "1"})
        return json_response({"status": "ok", "browser": parts.health.browser})

    @router.get("/metrics", summary="Counters in the Prometheus text format", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        await parts.auth.caller(request, "account")
        return Response(await parts.health.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
