"""`/v1/batch/scrape`: start, watch, errors, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import Response  # noqa: TC002 (FastAPI reads it at run time)

from webkiln.api.batch_scrape import start_batch
from webkiln.api.described import answers, takes
from webkiln.api.envelope import json_response
from webkiln.api.job_id import checked
from webkiln.api.job_routes import add_watching, job_errors
from webkiln.api.v1.body import read_in_v2
from webkiln.contract.batch_scrape import BatchScrapeStarted
from webkiln.contract.v1.batch_scrape import V1BatchScrapeCancelled, V1BatchScrapeRequest
from webkiln.operations.batch_scrape import KINDS

if TYPE_CHECKING:
    from webkiln.api.parts import Parts

_PATH = "/v1/batch/scrape"


def routes(parts: Parts) -> APIRouter:
    """Return the routes of batches."""
    router = APIRouter()

    @router.post(
        _PATH,
        summary="Start a batch",
        openapi_extra=takes(V1BatchScrapeRequest),
        responses=answers(BatchScrapeStarted, 400, 401, 402, 403, 404, 409, 413, 429, 500, 503),
    )
    async def start(request: Request) -> Response:
        caller = await parts.auth.caller(request, "scrape")
        _, body, warnings, raw = await read_in_v2(
            request, V1BatchScrapeRequest, V1BatchScrapeRequest.to_v2, parts.max_body_bytes
        )
        return await start_batch(parts, request, _PATH, caller, body, warnings, raw)

    @router.delete(
        _PATH + "/{job_id}",
        summary="Cancel a batch, for real",
        responses=answers(V1BatchScrapeCancelled, 400, 401, 404, 409, 429, 500, 503, bare=(404, 500)),
    )
    async def cancel(request: Request, job_id: str) -> Response:
        caller = await parts.auth.caller(request, "status")
        await parts.batch_scrape.cancel(caller, checked(job_id))
        return json_response(V1BatchScrapeCancelled().model_dump())

    add_watching(router, parts, _PATH, "batch", KINDS)

    @router.delete(_PATH + "/{job_id}/errors", include_in_schema=False)  # as the official JS client asks
    async def errors(request: Request, job_id: str) -> Response:
        return await job_errors(parts, request, job_id, KINDS)

    return router
