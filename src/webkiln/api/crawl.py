"""`/v2/crawl`: start, watch, errors, cancel, pause, list (contract §7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response  # noqa: TC002 (FastAPI reads it at run time)

from webkiln.api.body import read_model
from webkiln.api.described import answers, takes
from webkiln.api.envelope import json_response
from webkiln.api.job_id import checked
from webkiln.api.job_routes import add_pausing, add_watching
from webkiln.contract.crawl import ActiveCrawls, CrawlCancelled, CrawlRequest, CrawlStarted
from webkiln.operations.crawl import KINDS

if TYPE_CHECKING:
    from webkiln.api.parts import Parts
    from webkiln.operations.caller import Caller

_PATH = "/v2/crawl"


def routes(parts: Parts) -> APIRouter:
    """Return the routes of crawls."""
    router = APIRouter(tags=["Crawl"])
    _add_start(router, parts)
    _add_lists(router, parts)
    _add_one(router, parts)
    return router


def _add_start(router: APIRouter, parts: Parts) -> None:
    @router.post(
        _PATH,
        summary="Start a crawl",
        openapi_extra=takes(CrawlRequest),
        responses=answers(CrawlStarted, 400, 401, 402, 403, 409, 413, 429, 500, 503),
    )
    async def start(request: Request) -> Response:
        caller = await parts.auth.caller(request, "scrape")
        body, warnings, raw = await read_model(request, CrawlRequest, parts.max_body_bytes)
        return await start_crawl(parts, request, _PATH, caller, body, warnings, raw)


async def start_crawl(
    parts: Parts,
    request: Request,
    path: str,
    caller: Caller,
    body: CrawlRequest,
    warnings: list[str],
    raw: bytes,
    *,
    max_url_depth: int | None = None,
) -> Response:
    """Start a crawl and answer where it can be watched; `raw` is the body as it came, `path` its noun's."""
    caller = replace(caller, base_url=parts.base_url(request))
    started = await parts.crawl.start(
        caller,
        body,
        affordable=await parts.auth.affordable(caller),
        max_url_depth=max_url_depth,
        warnings=warnings,
        idempotency_key=request.headers.get("x-idempotency-key"),
        body=raw,
    )
    answer: dict[str, Any] = {
        "success": True,
        "id": started.id,
        "url": f"{parts.base_url(request)}{path}/{started.id}",
    }
    if started.warnings:
        answer["warning"] = ". ".join(started.warnings) + "."
    response = json_response(answer)
    response.background = BackgroundTask(parts.crawl.answered, started)
    return response


def _add_lists(router: APIRouter, parts: Parts) -> None:
    for word in ("active", "ongoing"):

        @router.get(
            f"{_PATH}/{word}",
            summary="List the crawls that run",
            operation_id=f"list_{word}_crawls",
            responses=answers(ActiveCrawls, 401, 429, 500, 503),
        )
        async def active(request: Request) -> Response:
            caller = await parts.auth.caller(request, "status")
            return json_response({"success": True, "crawls": await parts.crawl.active(caller)})


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

    add_watching(router, parts, _PATH, "crawl", KINDS)
    add_pausing(router, parts, _PATH, "crawl", lambda: parts.crawl.pause)
