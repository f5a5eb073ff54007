"""`/v2/batch/scrape`: start, watch, errors, cancel (contract §3)."""

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
from webkiln.contract.batch_scrape import BatchScrapeCancelled, BatchScrapeRequest, BatchScrapeStarted
from webkiln.operations.batch_scrape import KINDS

if TYPE_CHECKING:
    from webkiln.api.parts import Parts
    from webkiln.operations.caller import Caller

_PATH = "/v2/batch/scrape"


def routes(parts: Parts) -> APIRouter:
    """Return the routes of batches."""
    router = APIRouter(tags=["Batch scrape"])

    @router.post(
        _PATH,
        summary="Start a batch",
        openapi_extra=takes(BatchScrapeRequest),
        responses=answers(BatchScrapeStarted, 400, 401, 402, 403, 404, 409, 413, 429, 500, 503),
    )
    async def start(request: Request) -> Response:
        caller = await parts.auth.caller(request, "scrape")
        body, warnings, raw = await read_model(request, BatchScrapeRequest, parts.max_body_bytes)
        return await start_batch(parts, request, _PATH, caller, body, warnings, raw)

    @router.delete(
        _PATH + "/{job_id}",
        summary="Cancel a batch, for real",
        responses=answers(BatchScrapeCancelled, 400, 401, 404, 409, 429, 500, 503, bare=(404, 500)),
    )
    async def cancel(request: Request, job_id: str) -> Response:
        caller = await parts.auth.caller(request, "status")
        await parts.batch_scrape.cancel(caller, checked(job_id))
        return json_response({"status": "cancelled"})

    add_watching(router, parts, _PATH, "batch", KINDS)
    add_pausing(router, parts, _PATH, "batch", lambda: parts.batch_scrape.pause)
    return router


async def start_batch(
    parts: Parts,
    request: Request,
    path: str,
    caller: Caller,
    body: BatchScrapeRequest,
    warnings: list[str],
    raw: bytes,
) -> Response:
    """Start a batch and answer where it can be watched; `raw` is the body as it came, `path` its noun's."""
    caller = replace(caller, base_url=parts.base_url(request))
    key = request.headers.get("x-idempotency-key")
    started = await parts.batch_scrape.start(caller, body, warnings=warnings, idempotency_key=key, body=raw)
    answer: dict[str, Any] = {
        "success": True,
        "id": started.id,
        "url": f"{parts.base_url(request)}{path}/{started.id}",
    }
    if started.invalid_urls is not None:
        answer["invalidURLs"] = started.invalid_urls
    if started.warnings:
        answer["warning"] = ". ".join(started.warnings) + "."
    response = json_response(answer)
    response.background = BackgroundTask(parts.batch_scrape.answered, started)
    return response
