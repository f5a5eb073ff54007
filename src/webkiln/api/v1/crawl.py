"""`/v1/crawl`: start, watch, errors, cancel, list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response  # noqa: TC002 (FastAPI reads it at run time)

from webkiln.api.crawl import start_crawl
from webkiln.api.described import answers, takes
from webkiln.api.envelope import json_response
from webkiln.api.job_id import checked
from webkiln.api.job_routes import add_watching, job_errors
from webkiln.api.v1.body import read_in_v2
from webkiln.contract.crawl import ActiveCrawls, CrawlCancelled, CrawlStarted
from webkiln.contract.v1.crawl import V1CrawlRequest, crawl_in_v1
from webkiln.operations import batch_scrape
from webkiln.operations.crawl import KINDS

if TYPE_CHECKING:
    from webkiln.api.parts import Parts

_PATH = "/v1/crawl"
# The official JS client asks for a batch at the address of a crawl; the Python client watches it there.
_READ = (*KINDS, *batch_scrape.KINDS)


def routes(parts: Parts) -> APIRouter:
    """Return the routes of crawls."""
    router = APIRouter()
    _add_start_and_lists(router, parts)
    _add_one(router, parts)
    return router


def _add_start_and_lists(router: APIRouter, parts: Parts) -> None:
    @router.post(
        _PATH,
        summary="Start a crawl",
        openapi_extra=takes(V1CrawlRequest),
        responses=answers(CrawlStarted, 400, 401, 402, 403, 409, 413, 429, 500, 503),
    )
    async def start(request: Request) -> Response:
        caller = await parts.auth.caller(request, "scrape")
        sent, body, warnings, raw = await read_in_v2(
            request, V1CrawlRequest, V1CrawlRequest.to_v2, parts.max_body_bytes
        )
        return await start_crawl(
            parts, request, _PATH, caller, body, warnings, raw, max_url_depth=sent.max_depth
        )

    for word in ("active", "ongoing"):

        @router.get(
            f"{_PATH}/{word}",
            summary="List the crawls that run",
            operation_id=f"list_{word}_crawls_v1",
            responses=answers(ActiveCrawls, 401, 429, 500, 503),
        )
        async def active(request: Request) -> Response:
            caller = await parts.auth.caller(request, "status")
            crawls = [crawl_in_v1(listed) for listed in await parts.crawl.active(caller)]
            return json_response({"success": True, "crawls": crawls})


def _add_one(router: APIRouter, parts: Parts) -> None:
    @router.delete(
        _PATH + "/{job_id}",
        summary="Cancel a crawl, for real",
        responses=answers(CrawlCancelled, 400, 401, 404, 409, 429, 500, 503, bare=(404, 500)),
    )
    async def cancel(request: Request, job_id: str) -> Response:
        caller = await parts.auth.caller(request, "status")
        await parts.crawl.cancel(caller, checked(job_id))
        return json_response({"status": "cancelled"})

    add_watching(router, parts, _PATH, "crawl", _READ)

    @router.delete(_PATH + "/{job_id}/errors", include_in_schema=False)  # as the official JS client asks
    async def errors(request: Request, job_id: str) -> Response:
        return await job_errors(parts, request, job_id, _READ)
