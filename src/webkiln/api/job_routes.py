"""Routes that batches and crawls share: how a job stands, what failed, pause and resume, watching."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Protocol

import orjson
from fastapi import APIRouter, Query, Request, WebSocket
from starlette.responses import Response

from webkiln.api.described import answers
from webkiln.api.envelope import json_response
from webkiln.api.job_id import checked
from webkiln.api.watch import serve_watcher
from webkiln.contract.job_status import JobErrors, JobPaused, JobStatus, StatusQuery
from webkiln.contract.wire import parse_query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webkiln.api.parts import Parts
    from webkiln.operations.caller import Caller
    from webkiln.operations.job_status import Status


class Pause(Protocol):
    """What an operation offers for pausing its jobs."""

    async def __call__(self, caller: Caller, job_id: str, *, paused: bool) -> None:
        """Pause or resume; raises NotFound and Conflict."""
        ...


def add_watching(router: APIRouter, parts: Parts, path: str, noun: str, kinds: Sequence[str]) -> None:
    """Add how a job of `kinds` stands, what of it failed, and its WebSocket (contract §3, §17).

    `path` is the noun's own, `noun` its word in descriptions.
    """

    @router.get(
        path + "/{job_id}",
        summary=f"See how a {noun} stands, with its documents",
        responses=answers(JobStatus, 400, 401, 404, 429, 500, 503),
    )
    async def status(
        request: Request,
        job_id: str,
        skip: Annotated[str, Query(description="Documents to skip")] = "0",
        limit: Annotated[str | None, Query(description="Most documents to return; 100 when absent")] = None,
    ) -> Response:
        caller = await parts.auth.caller(request, "status")
        query = parse_query(StatusQuery, {"skip": skip} if limit is None else {"skip": skip, "limit": limit})
        found = await parts.job_status.read(
            caller, checked(job_id), kinds, skip=query.skip, limit=query.limit
        )
        return _status(found, f"{parts.base_url(request)}{path}/{found.job.id}", query.limit)

    @router.get(
        path + "/{job_id}/errors",
        summary=f"See which pages of a {noun} failed, and which robots.txt forbade",
        responses=answers(JobErrors, 400, 401, 404, 429, 500, 503),
    )
    async def errors(request: Request, job_id: str) -> Response:
        return await job_errors(parts, request, job_id, kinds)

    @router.websocket(path + "/{job_id}")
    async def watch(websocket: WebSocket, job_id: str) -> None:
        await serve_watcher(parts, websocket, job_id, kinds)


def add_pausing(router: APIRouter, parts: Parts, path: str, noun: str, pause: Callable[[], Pause]) -> None:
    """Add pause and resume of a noun's jobs, an addition of this server's; `pause` gives what does it."""

    @router.post(
        path + "/{job_id}/pause",
        summary=f"Hold the waiting pages of a {noun} back (an addition of this server's)",
        responses=answers(JobPaused, 400, 401, 404, 409, 429, 500, 503),
    )
    async def hold_back(request: Request, job_id: str) -> Response:
        return await _pause(request, job_id, paused=True)

    @router.post(
        path + "/{job_id}/resume",
        summary=f"Let a paused {noun} go on (an addition of this server's)",
        responses=answers(JobPaused, 400, 401, 404, 409, 429, 500, 503),
    )
    async def resume(request: Request, job_id: str) -> Response:
        return await _pause(request, job_id, paused=False)

    async def _pause(request: Request, job_id: str, *, paused: bool) -> Response:
        caller = await parts.auth.caller(request, "status")
        await pause()(caller, checked(job_id), paused=paused)
        return json_response({"success": True, "status": "scraping", "paused": paused})


async def job_errors(parts: Parts, request: Request, job_id: str, kinds: Sequence[str]) -> Response:
    """Answer which pages of a job failed, and which robots.txt forbade (contract §3.6)."""
    caller = await parts.auth.caller(request, "status")
    failures, forbidden = await parts.job_status.failures(caller, checked(job_id), kinds)
    answer = {"success": True, "errors": failures, "robotsBlocked": forbidden}
    content = await asyncio.to_thread(orjson.dumps, answer)  # of 20 MB where every page failed
    return Response(content, media_type="application/json")


def _status(status: Status, self_link: str, limit: int | None) -> Response:
    """Put the stored documents between the job's fields as they are: they are JSON already."""
    head = orjson.dumps(status.head())
    tail = b"]}"
    if status.more:
        following = f"{self_link}?skip={status.skip + len(status.documents)}"
        if limit is not None:
            following += f"&limit={limit}"
        tail = b'],"next":' + orjson.dumps(following) + b"}"
    content = b"".join((head[:-1], b',"data":[', b",".join(status.documents), tail))
    return Response(content, media_type="application/json")
