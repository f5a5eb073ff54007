"""Waiting for jobs to end, woken by the doorbell, with polling as the net."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from webkiln import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_POLL_S = 0.5


class EndOfJobs:
    """Hands each "job ended" ring to those who wait for that job."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._waiters: dict[str, asyncio.Event] = {}

    def hear(self, message: str) -> None:
        """Take a doorbell message (`ended <job id>`); others are ignored."""
        word, _, job_id = message.partition(" ")
        if word == "ended" and job_id in self._waiters:
            self._waiters[job_id].set()

    async def until(
        self, job_id: str, ended: Callable[[], Awaitable[bool]], *, deadline: float, now: Callable[[], float]
    ) -> bool:
        """Wait until `ended()` is true; False when `deadline` (on `now`'s clock) comes first.

        A database that does not answer is waited for; raises Unavailable when it still does not at the end.
        """
        event = self._waiters[job_id]
        outage: errors.Unavailable | None = None
        while (left := deadline - now()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(_POLL_S, left)):
                    await event.wait()
            event.clear()
            try:
                if await ended():
                    return True
                outage = None
            except errors.Unavailable as error:
                outage = error
        if outage is not None:
            raise outage
        return False

    @contextlib.contextmanager
    def watching(self, job_id: str) -> Iterator[None]:
        """Catch the rings for a job from now on; enter before the job is submitted."""
        self._waiters[job_id] = asyncio.Event()
        try:
            yield
        finally:
            del self._waiters[job_id]
