"""`/v2/batch/scrape`: start, watch, errors, cancel (contract §3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, WebSocket
from starlette.background import BackgroundTask
from starlette.responses import Response

from webkiln.api.body import read_model
from webkiln.api.described import answers, takes
from webkiln.api.envelope import json_response
from webkiln.api.job_id import checked
from webkiln.api.watch import serve_watcher
from webkiln.contract.batch_scrape import BatchScrapeCancelled, BatchScrapeRequest, BatchScrapeStarted
from webkiln.contract.job_status import JobErrors, JobStatus, StatusQuery
from webkiln.contract.wire import parse_query
from webkiln.operations.batch_scrape import KINDS

if TYPE_CHECKING:
    from webkiln.api.parts import Parts
    from webkiln.operations.job_status import Status

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
        await parts.auth.afford(caller, len(body.urls))
        caller = replace(caller, base_url=parts.base_url(request))
        key = request.headers.get("x-idempotency-key")
        started = await parts.batch_scrape.start(
            caller, body, warnings=warnings, idempotency_key=key, body=raw
        )
        answer: dict[str, Any] = {
            "success": True,
            "id": started.id,
            "url": f"{parts.base_url(request)}{_PATH}/{started.id}",
        }
        if started.invalid_urls is not None:
            answer["invalidURLs"] = started.invalid_urls
        if started.warnings:
            answer["warning"] = ". ".join(started.warnings) + "."
        response = json_response(answer)
        response.background = BackgroundTask(parts.batch_scrape.answered, started)
        return response

    @router.get(
        _PATH + "/{job_id}",
        summary="See how a batch stands, with its documents",
        responses=answers(JobStatus, 400, 401, 404, 429, 500, 503),
    )
    async def status(
        request: Request,
        job_id: str,
        skip: Annotated[str, Query(description="Documents to skip")] = "0",
        limit: Annotated[str | None, Query(description="Most documents to return; 100 when absent")] = None,
    ) -> Response:
        caller = await parts.auth.caller(request, "status")
        given = {"skip": skip} if limit is None else {"skip": skip, "limit": limit}
        query = parse_query(StatusQuery, given)
        found = await parts.job_status.read(
            caller, checked(job_id), KINDS, skip=query.skip, limit=query.limit
        )
        return _status(found, f"{parts.base_url(request)}{_PATH}/{found.job.id}", query.limit)

    @router.delete(
        _PATH + "/{job_id}",
        summary="Cancel a batch, for real",
        responses=answers(BatchScrapeCancelled, 400, 401, 404, 409, 429, 500, 503, bare=(404, 500)),
    )
    async def cancel(request: Request, job_id: str) -> Response:
        caller = await parts.auth.caller(request, "status")
        await parts.batch_scrape.cancel(caller, checked(job_id))
        return json_response({"status": "cancelled"})

    @router.get(
        _PATH + "/{job_id}/errors",
        summary="See which pages of a batch failed, and why",
        responses=answers(JobErrors, 400, 401, 404, 429, 500, 503),
    )
    async def errors(request: Request, job_id: str) -> Response:
        caller = await parts.auth.caller(request, "status")
        failures = await parts.job_status.failures(caller, checked(job_id), KINDS)
        answer = {"success": True, "errors": failures, "robotsBlocked": []}
        content = await asyncio.to_thread(orjson.dumps, answer)  # of 20 MB where every page failed
        return Response(content, media_type="application/json")

    @router.websocket(_PATH + "/{job_id}")
    async def watch(websocket: WebSocket, job_id: str) -> None:
        await serve_watcher(parts, websocket, job_id, KINDS)

    return router


def _status(status: Status, self_link: str, limit: int | None) -> Response:
    """Put the stored documents between the job's fields as they are: they are JSON already."""
    head = orjson.dumps(status.head())
    tail = b"]}"
    if status.more:
        # Always spelled alike: a client stops when an empty page repeats the link it asked for.
        following = f"{self_link}?skip={status.skip + len(status.documents)}"
        if limit is not None:
            following += f"&limit={limit}"
        tail = b'],"next":' + orjson.dumps(following) + b"}"
    content = b"".join((head[:-1], b',"data":[', b",".join(status.documents), tail))
    return Response(content, media_type="application/json")
