"""Answers that the routes of batches and crawls share: how a job stands, and what failed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import orjson
from starlette.responses import Response

from webkiln.api.envelope import json_response
from webkiln.api.job_id import checked
from webkiln.contract.job_status import StatusQuery
from webkiln.contract.wire import parse_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from webkiln.api.parts import Parts
    from webkiln.operations.caller import Caller
    from webkiln.operations.job_status import Status


class Pause(Protocol):
    """What an operation offers for pausing its jobs."""

    async def __call__(self, caller: Caller, job_id: str, *, paused: bool) -> None:
        """Pause or resume; raises NotFound and Conflict."""
        ...


async def job_status(
    parts: Parts,
    request: Request,
    path: str,
    job_id: str,
    kinds: Sequence[str],
    *,
    skip: str,
    limit: str | None,
) -> Response:
    """Answer how a job stands, with one page of its documents (contract §3.2); `path` is its noun's."""
    caller = await parts.auth.caller(request, "status")
    given = {"skip": skip} if limit is None else {"skip": skip, "limit": limit}
    query = parse_query(StatusQuery, given)
    found = await parts.job_status.follow(caller, checked(job_id), kinds, skip=query.skip, limit=query.limit)
    return _status(found, f"{parts.base_url(request)}{path}/{found.job.id}", query.limit)


async def job_errors(parts: Parts, request: Request, job_id: str, kinds: Sequence[str]) -> Response:
    """Answer which pages of a job failed, and which robots.txt forbade (contract §3.6)."""
    caller = await parts.auth.caller(request, "status")
    failures, forbidden = await parts.job_status.failures(caller, checked(job_id), kinds)
    answer = {"success": True, "errors": failures, "robotsBlocked": forbidden}
    content = await asyncio.to_thread(orjson.dumps, answer)  # of 20 MB where every page failed
    return Response(content, media_type="application/json")


async def pause_job(parts: Parts, request: Request, job_id: str, pause: Pause, *, paused: bool) -> Response:
    """Hold a job's waiting pages back, or let them go on, and say so."""
    caller = await parts.auth.caller(request, "status")
    await pause(caller, checked(job_id), paused=paused)
    return json_response({"success": True, "status": "scraping", "paused": paused})


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
