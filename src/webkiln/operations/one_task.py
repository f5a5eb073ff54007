"""A job of one task whose end a client waits for: a scrape, a map."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import orjson

from webkiln import errors
from webkiln.engine.late_cancels import LateCancels
from webkiln.store import documents

if TYPE_CHECKING:
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.submitting import Submission
    from webkiln.engine.waiting import EndOfJobs
    from webkiln.store.jobs import NewJob

_LAST_MOMENT_S = 0.25  # what the worker's own timeout error gets to arrive


class OneTask:
    """Submits such jobs and waits for them."""

    def __init__(self, lifecycle: Lifecycle, waiting: EndOfJobs) -> None:
        """Wait with `waiting` for what `lifecycle` stores."""
        self._lifecycle = lifecycle
        self._waiting = waiting
        self._late_cancels = LateCancels(lifecycle)

    async def document(self, submission: Submission, *, deadline: float) -> bytes | None:
        """Return the task's document as JSON; None when `deadline` came first, and the job is cancelled.

        Raises the ScrapeError the task ended with, and Unavailable when the database did not answer
        at the start or at the end; the job is cancelled then, once it does. A caller that goes away
        (cancels this call) takes the job along.
        """
        job = submission.job
        with self._waiting.watching(job.id):
            try:
                await self._lifecycle.submit(submission)
                return await self._result(job, deadline)
            except asyncio.CancelledError:
                # Cut off on its way to the disk, the job may be there all the same; this stands behind it.
                await asyncio.shield(self._late_cancels.cancel(job.id, deadline))
                raise
            except errors.Unavailable:
                # What a database had no answer to it may have done.
                self._late_cancels.add(job.id, deadline)
                raise

    async def _result(self, job: NewJob, deadline: float) -> bytes | None:
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
            return None
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
