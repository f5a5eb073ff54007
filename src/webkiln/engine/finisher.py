"""Stores outcomes in batches: single transactions would cost more than the pages."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from webkiln import errors
from webkiln.engine.outcome import Failed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.engine.outcome import Outcome
    from webkiln.store.tasks import ClaimedTask

log = structlog.get_logger(__name__)

_BATCH = 32  # more would hold the writers' lock too long for a cancel to wait behind
_LINGER_S = 0.05
_OUTAGE_S = 0.5
_CROWD = 4 * _BATCH
_LONGEST_REST_S = 300.0


class Finisher:
    """Collects outcomes and hands up to 32 of them, or 50 ms worth, to one transaction."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        worker_id: Callable[[], str],
        *,
        linger_s: float = _LINGER_S,
        nap: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Store under the id the worker has at that moment; wait `linger_s` for company.

        What the database refuses rests with `nap` before another try.
        """
        self._nap = nap
        self._refused: dict[str, asyncio.Task[None]] = {}
        self._linger_s = linger_s
        self._lifecycle = lifecycle
        self._worker_id = worker_id
        self._waiting: list[tuple[ClaimedTask, Outcome]] = []
        self._storing: list[tuple[ClaimedTask, Outcome]] = []
        self._filled = asyncio.Event()
        self._hurry = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def crowded(self) -> bool:
        """Whether so much waits to be stored that nothing more should be claimed."""
        return len(self._waiting) >= _CROWD

    @property
    def waiting(self) -> set[str]:
        """The ids of tasks whose outcomes are not stored yet."""
        return {task.id for task, _ in (*self._storing, *self._waiting)} | self._refused.keys()

    def add(self, task: ClaimedTask, outcome: Outcome, *, urgent: bool) -> None:
        """Take one outcome; an urgent one does not wait for company."""
        self._waiting.append((task, outcome))
        self._idle.clear()
        self._filled.set()
        if urgent or len(self._waiting) >= _BATCH:
            self._hurry.set()

    def hurry(self) -> None:
        """Store what is here, if anything is, without waiting for more."""
        if self._waiting:
            self._hurry.set()

    def forget(self) -> None:
        """Drop what is not stored yet: the tasks belong to somebody else now."""
        self._waiting.clear()

    async def flush(self) -> None:
        """Return when everything taken so far is stored."""
        self._hurry.set()
        await self._idle.wait()

    async def run(self) -> None:
        """Store batch after batch until cancelled; an outage only delays them."""
        try:
            await self._run()
        finally:
            for giving_up in self._refused.values():
                giving_up.cancel()

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                self._idle.set()
                self._filled.clear()
                await self._filled.wait()
            if len(self._waiting) < _BATCH:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._linger_s):
                        await self._hurry.wait()
            self._hurry.clear()
            self._storing, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            if self._storing:
                await self._store(self._storing)
                self._storing = []

    async def _store(self, batch: list[tuple[ClaimedTask, Outcome]], *, refused: bool = False) -> None:
        """Store a batch; `refused` says that this is what stands in for an outcome refused before."""
        owner = self._worker_id()
        while owner == self._worker_id():
            try:
                dropped = await self._lifecycle.finish(owner, batch)
            except errors.Unavailable as error:
                log.warning("cannot store outcomes", tasks=len(batch), error=error.message)
                await asyncio.sleep(_OUTAGE_S)
                continue
            except Exception:
                # One outcome that the database refuses must not take its whole batch with it.
                log.exception("outcomes refused by the database", tasks=len(batch), again=refused)
                if refused:
                    self._give_up(batch[0][0], owner)
                else:
                    await self._store_singly(batch)
                return
            if dropped:
                log.info("dropped late outcomes", tasks=dropped)
            return

    async def _store_singly(self, batch: list[tuple[ClaimedTask, Outcome]]) -> None:
        if len(batch) > 1:
            for single in batch:
                await self._store([single])
            return
        # Without a document and without events there is nothing left that could be refused.
        error = errors.UnexpectedFailure("The result could not be stored; the server's log says why.")
        await self._store([(batch[0][0], Failed(error))], refused=True)

    def _give_up(self, task: ClaimedTask, owner: str) -> None:
        """Let go of a task that cannot be ended, or it would be in hand for ever, and its job not end."""
        giving_up = asyncio.ensure_future(self._let_go(task, owner))
        self._refused[task.id] = giving_up
        giving_up.add_done_callback(lambda _: self._refused.pop(task.id, None))

    async def _let_go(self, task: ClaimedTask, owner: str) -> None:
        """Give a task back, later each time: whatever refuses it may pass."""
        while True:
            await self._nap(min(2.0**task.attempt, _LONGEST_REST_S))
            if owner != self._worker_id():
                return  # others have it already
            try:
                await self._lifecycle.give_up(owner, task.id)
            except errors.Unavailable:
                continue
            except Exception:
                log.exception("a task cannot be given back", job=task.job_id, task=task.id)
                continue
            return
