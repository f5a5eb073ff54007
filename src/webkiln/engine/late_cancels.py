"""Cancelling jobs that nobody waits for any more, as soon as the database takes it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from webkiln import errors

if TYPE_CHECKING:
    from webkiln.engine.lifecycle import Lifecycle

log = structlog.get_logger(__name__)

_OUTAGE_S = 0.5
_REMEMBERED_S = 60.0  # after its deadline a page that is begun all the same ends by itself, and costs nothing
_MOST = 10_000


class LateCancels:
    """Keeps the ids of such jobs in this process until they are cancelled, or past their time."""

    def __init__(self, lifecycle: Lifecycle, *, pause_s: float = _OUTAGE_S) -> None:
        """Cancel with `lifecycle`; try again `pause_s` after the database did not answer."""
        self._lifecycle = lifecycle
        self._pause_s = pause_s
        self._left: dict[str, float] = {}
        self._working: asyncio.Task[None] | None = None

    def add(self, job_id: str, deadline: float) -> None:
        """Cancel a job soon, if it is there: what failed for the client may have been stored."""
        self._left[job_id] = deadline + _REMEMBERED_S
        if len(self._left) > _MOST:
            del self._left[next(iter(self._left))]
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="late cancels")

    async def cancel(self, job_id: str, deadline: float) -> None:
        """Cancel a job now, or soon when the database does not answer."""
        try:
            await self._lifecycle.cancel(job_id)
        except errors.Unavailable:
            self.add(job_id, deadline)

    async def _work(self) -> None:
        while self._left:
            job_id, until = next(iter(self._left.items()))
            try:
                if self._lifecycle.now() < until:
                    await self._lifecycle.cancel(job_id)
            except errors.Unavailable:
                await asyncio.sleep(self._pause_s)
                continue
            except Exception:
                log.exception("a job that nobody waits for could not be cancelled", job=job_id)
            self._left.pop(job_id, None)
