"""Scraping one page while the client waits (contract §6)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import orjson

from webkiln import errors, ids
from webkiln.contract.supported import check_supported
from webkiln.engine.lifecycle import Submission
from webkiln.operations.kinds import SCRAPE, kind_of
from webkiln.operations.specs import PageSpec
from webkiln.store import documents
from webkiln.store.jobs import NewJob
from webkiln.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.contract.scrape import ScrapeRequest
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.waiting import EndOfJobs
    from webkiln.operations.caller import Caller
    from webkiln.operations.targets import Targets

_PRIORITY = 0  # before every batch
_LAST_MOMENT_S = 0.25  # what the worker's own timeout error gets to arrive


class Scrape:
    """Makes a job of one task and waits for its end."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        waiting: EndOfJobs,
        targets: Targets,
        *,
        default_timeout_s: float,
        browser: bool,
    ) -> None:
        """Wait `default_timeout_s` where the request names no timeout; `browser`: whether there is one."""
        self._browser = browser
        self._lifecycle = lifecycle
        self._waiting = waiting
        self._targets = targets
        self._default_timeout_s = default_timeout_s

    async def run(self, caller: Caller, request: ScrapeRequest, warnings: Sequence[str] = ()) -> bytes:
        """Return the document as JSON.

        Raises BadRequest, or the ScrapeError the page ended with. A caller that goes away
        (cancels this call) takes the scrape along.
        """
        warnings = [*warnings, *check_supported(request.options, browser=self._browser)]
        url = self._targets.parse(request.url, ["url"])
        hosts = [host_of(url)] if self._lifecycle.host_limits else None
        now = self._lifecycle.now()
        timeout_s = self._default_timeout_s if request.timeout is None else request.timeout / 1000
        deadline = now + timeout_s
        spec = PageSpec(
            request.options, warnings=tuple(warnings), deadline=deadline, base_url=caller.base_url
        )
        job = NewJob(
            id=ids.new_id(),
            team_id=caller.team_id,
            key_id=caller.key_id,
            kind=kind_of(SCRAPE, request.options),
            created_at=now,
            expires_at=now + self._lifecycle.ttl_s,
            priority=_PRIORITY,
            target=None if request.zero_data_retention else request.url,
            zero_retention=request.zero_data_retention,
        )
        with self._waiting.watching(job.id):
            try:
                await self._lifecycle.submit(Submission(job, spec.encode(), [request.url], hosts=hosts))
                return await self._result(job, deadline, timeout_s)
            except asyncio.CancelledError:
                # Cut off on its way to the disk, the job may be there all the same; this stands behind it.
                with contextlib.suppress(errors.Unavailable):
                    await asyncio.shield(self._lifecycle.cancel(job.id))
                raise

    async def read(self, caller: Caller, scrape_id: str) -> bytes:
        """Return a finished page of any job of the team by its own id; raises NotFound."""
        now = self._lifecycle.now()
        found = await self._lifecycle.database.read(
            lambda connection: documents.read_document(connection, scrape_id, team_id=caller.team_id, now=now)
        )
        if found is None:
            raise errors.NotFound("Job not found.")
        return found

    async def _result(self, job: NewJob, deadline: float, timeout_s: float) -> bytes:
        outcome: list[tuple[bytes | None, bytes | None]] = []

        async def ended() -> bool:
            found = await self._lifecycle.database.read(
                lambda connection: documents.read_outcome(connection, job.id)
            )
            outcome[:] = [found]
            return found != (None, None)

        in_time = await self._waiting.until(
            job.id, ended, deadline=deadline + _LAST_MOMENT_S, now=self._lifecycle.now
        )
        # A cancel that comes too late finds the page stored, and paid for, after the last look.
        if not in_time and (await self._lifecycle.cancel(job.id) == "cancelled" or not await ended()):
            raise errors.ScrapeTimeout(
                f"The scrape did not finish within its {timeout_s:g} s; the page was given up."
            )
        document, error = outcome[0]
        if job.zero_retention:
            with contextlib.suppress(errors.Unavailable):  # it is pruned soon in any case
                await self._lifecycle.database.write(lambda connection: documents.forget(connection, job.id))
        if document is None:
            assert error is not None  # noqa: S101 (an ended task has one of the two)
            raise kept_error(error)
        return document


def kept_error(kept: bytes) -> errors.ScrapeError:
    """Return the error that a failed task was stored with."""
    fields = orjson.loads(kept)
    waiting = [errors.ScrapeError]
    while waiting:
        kind = waiting.pop()
        if kind is not errors.ScrapeError and (kind.code, kind.status) == (fields["code"], fields["status"]):
            return kind(fields["error"])
        waiting.extend(kind.__subclasses__())
    return errors.UnexpectedFailure(fields["error"])
