"""The children of one worker: started when there is a job, ended when there has been none for a while."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import structlog

from webkiln.parsing.admission import Admission
from webkiln.parsing.job import JobDied
from webkiln.parsing.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from webkiln.parsing.job import Job

log = structlog.get_logger(__name__)

_IDLE_S = 60.0
_LOOK_S = 5.0


class ParsingPool:
    """Does jobs in processes that are killed when their time is over, or when nobody wants the answer.

    A killed one is replaced when the next job comes. Nobody ever waits for it.
    """

    def __init__(
        self,
        places: int,
        *,
        most_bytes: int,
        small_bytes: int,
        naming: Callable[[str], AbstractContextManager[None]] = lambda _: contextlib.nullcontext(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Do up to `places` jobs at once, and an urgent one besides.

        Jobs take up to `most_bytes` each, and all together as much and `small_bytes` more. `naming`
        says whose jobs are under way, should this process be ended for what they take.
        """
        self.most_bytes = most_bytes
        self._admission = Admission(places, largest=most_bytes, small=small_bytes)
        self._naming = naming
        self._clock = clock
        self._idle: list[tuple[float, ChildProcess]] = []
        self._at_work: set[ChildProcess] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self.started = 0
        """How many processes have been started so far."""

    @property
    def pids(self) -> set[int]:
        """The ids of the processes there are."""
        return {child.pid for child in (*self._at_work, *(child for _, child in self._idle))}

    async def do(self, job: Job) -> tuple[Mapping[str, Any], bytes]:
        """Return the answer of a job; cancelling kills the process that works on it.

        Raises JobOverdue, JobOutOfMemory, JobDied, JobFailed, and what the function raised of `errors`.
        """
        async with self._admission.admitted(job.most_bytes, urgent=job.urgent):
            child = await self._child()
            self._at_work.add(child)
            try:
                with self._naming(job.holder):
                    return await child.do(job)
            finally:
                self._at_work.discard(child)
                if child.usable:
                    self._idle.append((self._clock(), child))
                else:
                    self._end(child)

    async def run(self) -> None:
        """End what nobody has needed for a minute, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self.end_idle()

    def end_idle(self) -> None:
        """End the processes that have had no job for a minute."""
        latest = self._clock() - _IDLE_S
        for since, child in list(self._idle):
            if since <= latest or not child.usable:
                self._idle.remove((since, child))
                self._end(child)

    async def close(self) -> None:
        """End every process."""
        for child in (*self._at_work, *(child for _, child in self._idle)):
            self._end(child)
        self._idle.clear()
        if self._endings:
            await asyncio.wait(self._endings)

    async def _child(self) -> ChildProcess:
        while self._idle:
            _, child = self._idle.pop()
            if child.usable:
                return child
            self._end(child)
        self.started += 1
        try:
            return await ChildProcess.start()
        except OSError as error:
            log.error("no process can be started", error=error.strerror)  # noqa: TRY400
            raise JobDied from None

    def _end(self, child: ChildProcess) -> None:
        ending = asyncio.ensure_future(child.end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
