"""`/v1/scrape`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response  # noqa: TC002 (FastAPI reads it at run time)

from webkiln.api.described import answers, takes
from webkiln.api.scrape import read_page, scrape_page
from webkiln.api.v1.body import read_in_v2
from webkiln.contract.document import ScrapeResponse
from webkiln.contract.v1.scrape import V1ScrapeRequest

if TYPE_CHECKING:
    from webkiln.api.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """Return the routes of scraping one page."""
    router = APIRouter()

    @router.post(
        "/v1/scrape",
        summary="Scrape one page",
        openapi_extra=takes(V1ScrapeRequest),
        responses=answers(ScrapeResponse, 400, 401, 402, 403, 404, 408, 413, 429, 500, 503),
    )
    async def scrape(request: Request) -> Response:
        caller = await parts.auth.caller(request, "scrape")
        _, body, warnings, _ = await read_in_v2(
            request, V1ScrapeRequest, V1ScrapeRequest.to_v2, parts.max_body_bytes
        )
        return await scrape_page(parts, request, caller, body, warnings)

    @router.get(
        "/v1/scrape/{job_id}",
        summary="Read a finished page again",
        responses=answers(ScrapeResponse, 400, 401, 404, 429, 500, 503),
    )
    async def read(request: Request, job_id: str) -> Response:
        return await read_page(parts, request, job_id)

    return router
