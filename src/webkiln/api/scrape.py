"""`/v2/scrape` (contract §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response

from webkiln.api.body import read_model
from webkiln.api.described import answers, takes
from webkiln.api.hang_up import while_connected
from webkiln.api.job_id import checked
from webkiln.contract.document import ScrapeResponse
from webkiln.contract.scrape import ScrapeRequest

if TYPE_CHECKING:
    from webkiln.api.parts import Parts
    from webkiln.operations.caller import Caller


def routes(parts: Parts) -> APIRouter:
    """Return the routes of scraping one page."""
    router = APIRouter(tags=["Scraping"])

    @router.post(
        "/v2/scrape",
        summary="Scrape one page",
        openapi_extra=takes(ScrapeRequest),
        responses=answers(ScrapeResponse, 400, 401, 402, 403, 404, 408, 413, 429, 500, 503),
    )
    async def scrape(request: Request) -> Response:
        caller = await parts.auth.caller(request, "scrape")
        body, warnings, _ = await read_model(request, ScrapeRequest, parts.max_body_bytes)
        return await scrape_page(parts, request, caller, body, warnings)

    @router.get(
        "/v2/scrape/{job_id}",
        summary="Read a finished page again",
        responses=answers(ScrapeResponse, 400, 401, 404, 429, 500, 503),
    )
    async def read(request: Request, job_id: str) -> Response:
        return await read_page(parts, request, job_id)

    return router


async def scrape_page(
    parts: Parts, request: Request, caller: Caller, body: ScrapeRequest, warnings: list[str]
) -> Response:
    """Scrape a page for a client that waits, and answer with its document."""
    caller = replace(caller, base_url=parts.base_url(request))
    return _document(await while_connected(request, parts.scrape.run(caller, body, warnings)))


async def read_page(parts: Parts, request: Request, job_id: str) -> Response:
    """Answer with the document of a page that was scraped before."""
    caller = await parts.auth.caller(request, "status")
    return _document(await parts.scrape.read(caller, checked(job_id)))


def _document(document: bytes) -> Response:
    return Response(b'{"success":true,"data":' + document + b"}", media_type="application/json")
