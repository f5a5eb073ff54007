"""How a job stands and what it has found so far, for polling and watching (contract §3.2, §3.6)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from webkiln import errors
from webkiln.store import documents, jobs
from webkiln.urls import origin_of, parts_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import Connection

    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.operations.caller import Caller
    from webkiln.store.jobs import Job

PAGE_DOCUMENTS = 100
PAGE_BYTES = 10_485_760
_UNKNOWN = {"code": None, "error": "Unknown error"}
_WATCH_S = 0.5
_WATCH_DOCUMENTS = 20


def timestamp(moment: float) -> str:
    """Return Unix seconds as the contract's ISO 8601 with milliseconds and Z."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Status:
    """A job row with one page of its documents, as stored JSON."""

    job: Job
    skip: int
    documents: list[bytes]
    now: float
    warnings: tuple[str, ...] = ()

    @property
    def more(self) -> bool:
        """Whether a link to the following documents is given (contract §3.3, §22.8).

        Where there are some, and behind a page of a running job. An empty page of such a job has no
        link: some clients follow it without a pause until the job has ended. They come back for the
        job itself, and find what is there by then.
        """
        if self.job.documents > self.skip + len(self.documents):
            return True
        return self.job.state == "running" and bool(self.documents)

    def head(self) -> dict[str, Any]:
        """Return everything of the status body but `data` and `next`."""
        job = self.job
        fields: dict[str, Any] = {
            "success": True,
            "status": "scraping" if job.state == "running" else job.state,
            "completed": job.documents,
            "total": self._total(),
            "creditsUsed": job.credits,
            "expiresAt": timestamp(
                int(max(job.expires_at, self.now + 60) if job.state == "running" else job.expires_at)
            ),
            "createdAt": timestamp(job.created_at),
        }
        if job.finished_at is not None:
            fields["completedAt"] = timestamp(job.finished_at)
        fields["duration"] = round(max((job.finished_at or self.now) - job.created_at, 0.0), 3)
        if job.paused and job.state == "running":
            fields["paused"] = True
        if self.warnings:
            fields["warning"] = " ".join(self.warnings)
        return fields

    def _total(self) -> int:
        """Return the pages done and to do; a crawl knows of more than it may have."""
        total = self.job.documents + self.job.open
        return total if self.job.page_limit is None else min(total, self.job.page_limit)


class JobStatus:
    """Reads jobs of given kinds; a crawl's id is unknown to a batch's routes and the reverse."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        """Read through the lifecycle's database, on its clock."""
        self._lifecycle = lifecycle

    async def read(
        self, caller: Caller, job_id: str, kinds: Sequence[str], *, skip: int = 0, limit: int | None = None
    ) -> Status:
        """Return the job and its documents from `skip` on; raises NotFound.

        A page holds `limit` documents (100 when not named) or 10 MiB, whichever is reached first.
        """

        def work(connection: Connection) -> Status:
            now = self._lifecycle.now()
            job = jobs.read_job(connection, job_id, team_id=caller.team_id, kinds=kinds, now=now)
            if job is None:
                raise errors.NotFound
            count = min(PAGE_DOCUMENTS if limit is None else limit, max(job.documents - skip, 0))
            page = (
                documents.read_documents(connection, job_id, skip=skip, limit=count, max_bytes=PAGE_BYTES)
                if count
                else []
            )
            return Status(job, skip, page, now, _warnings(connection, job))

        return await self._lifecycle.database.read(work)

    async def failures(
        self, caller: Caller, job_id: str, kinds: Sequence[str]
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the pages that ended with an error, and the URLs that robots.txt forbade (contract §3.6).

        Raises NotFound.
        """

        def work(connection: Connection) -> tuple[list[dict[str, Any]], list[str]]:
            now = self._lifecycle.now()
            if jobs.read_job(connection, job_id, team_id=caller.team_id, kinds=kinds, now=now) is None:
                raise errors.NotFound
            # Put into words here, in the reading thread: there may be a hundred thousand.
            return _sorted(documents.read_failures(connection, job_id))

        return await self._lifecycle.database.read(work)

    async def watch(self, caller: Caller, job_id: str, kinds: Sequence[str]) -> AsyncIterator[Status]:
        """Yield the job with all documents so far, then each time there is news, until it has ended.

        The last status yielded is the end's. Raises NotFound when the job is unknown or goes away.
        """
        skip = 0
        first = True
        while True:
            status = await self.read(
                caller, job_id, kinds, skip=skip, limit=PAGE_DOCUMENTS if first else _WATCH_DOCUMENTS
            )
            skip += len(status.documents)
            drained = skip >= status.job.documents
            ended = status.job.state != "running" and drained
            if first or status.documents or ended:
                yield status
            first = False
            if ended:
                return
            if drained:
                await asyncio.sleep(_WATCH_S)


def _sorted(failed: Sequence[documents.FailedTask]) -> tuple[list[dict[str, Any]], list[str]]:
    """Tell errors from what robots.txt forbade, and leave out what nobody needs to hear of."""
    listed: list[dict[str, Any]] = []
    forbidden: list[str] = []
    for task in failed:
        error = _UNKNOWN if task.error is None else orjson.loads(task.error)
        if error["code"] == errors.RobotsBlocked.code:
            forbidden.append(task.payload)
        elif error["code"] != errors.RacedRedirect.code:
            listed.append(_failure(task, error))
    return listed, forbidden


def _warnings(connection: Connection, job: Job) -> tuple[str, ...]:
    """Return what there is to say of a job that has ended (contract §3.2)."""
    if job.state == "running":
        return ()
    notes = () if job.notes is None else tuple(job.notes.splitlines())
    few = _few_results(connection, job)
    return notes if few is None else (few, *notes)


def _few_results(connection: Connection, job: Job) -> str | None:
    """Return what may help a crawl that found nothing but its start (contract §7.2)."""
    if job.page_limit is None or job.documents > 1 or job.page_limit == 1:
        return None
    spec_id = jobs.spec_of(connection, job.id)
    kept = None if spec_id is None else jobs.read_spec(connection, spec_id)
    crawl = {} if kept is None else orjson.loads(kept).get("crawl", {})
    if not crawl or crawl["links"]["crawl_entire_domain"] or parts_of(crawl["origin"]).path == "/":
        return None
    return (
        f"Only {job.documents} result(s) found. For broader coverage, try crawling with "
        f"crawlEntireDomain=true or start from a higher-level path like {origin_of(crawl['origin'])}"
    )


def _failure(task: documents.FailedTask, error: dict[str, Any]) -> dict[str, Any]:
    listed = {"id": task.id, "url": task.payload, "error": error["error"]}
    if error["code"] is not None:
        listed["code"] = error["code"]
    if task.finished_at is not None:
        listed["timestamp"] = timestamp(task.finished_at)
    return listed
