"""A worker: claims tasks, runs them side by side, stores their outcomes in batches."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

import structlog

from webkiln import errors
from webkiln.engine.executor import execute
from webkiln.engine.finisher import Finisher
from webkiln.engine.lease import Lease
from webkiln.engine.outcome import GivenBack
from webkiln.store import candidates, jobs
from webkiln.store.step import WrongSchema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from webkiln.engine.handlers import Lane
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.store.tasks import ClaimedTask

log = structlog.get_logger(__name__)

_WATCH_S = 0.5  # how often the state of the jobs in flight is read again, should a ring be lost
_POLL_S = 1.0  # how often an idle lane looks for work, should a ring be lost
_HELD_BACK_S = 0.2  # how long a lane rests when tasks are due but limits hold them back
_SETTLE_S = 0.02  # how long a lane rests after it took all there was
_OUTAGE_S = 0.5  # how long a loop rests while the database does not answer
_LAST_STORE_S = 3.0  # how long a worker that ends tries to store its last outcomes
_CANCELS_KEPT = 256  # rings that may overtake the answer of the claim they are about


class Worker:
    """One worker of one process; `run` lives until `stop`, whatever the database does."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        lanes: Sequence[Lane],
        *,
        host: str,
        slot: str,
        lease_s: float,
        drain_s: float,
        suspects: Path,
    ) -> None:
        """Serve `lanes`; a predecessor in the same `slot` of the same `host` is known to be dead."""
        self._lifecycle = lifecycle
        self._lanes = lanes
        self._lease = Lease(lifecycle, host=host, slot=slot, lease_s=lease_s, suspects=suspects)
        self._drain_s = drain_s
        self._finisher = Finisher(lifecycle, lambda: self.id)
        self._running: dict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._cancelled: dict[str, None] = {}
        self._in_hand = {lane.name: 0 for lane in lanes}
        self._slots = {lane.name: asyncio.Semaphore(lane.slots) for lane in lanes}
        self._wake = {lane.name: asyncio.Event() for lane in lanes}
        self._draining = asyncio.Event()
        # One claim at a time, so that what an answer that was lost left behind can be told apart.
        self._claiming = asyncio.Lock()
        self._unsure = False
        self._unfit: WrongSchema | None = None

    @property
    def id(self) -> str:
        """The id under which this worker claims at the moment."""
        return self._lease.id

    async def run(self) -> None:
        """Work until `stop`; then let tasks in flight finish or give them back, and sign off.

        Raises WrongSchema when a newer program has changed the database meanwhile.
        """
        await self._insist_on_signing_on()
        loops = [
            self._lease.keep(self._start_over),
            self._watch_jobs(),
            *(self._serve(lane) for lane in self._lanes),
        ]
        async with asyncio.TaskGroup() as group:
            finishing = group.create_task(self._finisher.run())
            working = [group.create_task(loop) for loop in loops]
            await self._draining.wait()
            for task in working[2:]:
                task.cancel()
            await self._drain()
            for task in working[:2]:
                task.cancel()
            await self._store_the_last()
            finishing.cancel()
        if self._unfit is not None:
            raise self._unfit
        with contextlib.suppress(errors.Unavailable):
            await self._lifecycle.sign_off(self.id)

    def stop(self) -> None:
        """Begin to drain: nothing more is claimed."""
        self._draining.set()

    def hear(self, message: str) -> None:
        """Take a doorbell message.

        `work` wakes the lanes, `work <kind>` those of one kind; `cancelled <job id>` aborts a job's tasks.
        """
        word, _, rest = message.partition(" ")
        if word == "work":
            for lane in self._lanes:
                if not rest or rest in lane.handlers:
                    self._wake[lane.name].set()
        elif word == "cancelled":
            self._cancelled[rest] = None
            if len(self._cancelled) > _CANCELS_KEPT:
                del self._cancelled[next(iter(self._cancelled))]
            self._abort(rest)

    async def _serve(self, lane: Lane) -> None:
        """Keep a lane's slots filled; claims wait until a good number of tasks can be taken at once."""
        kinds = sorted(lane.handlers)
        wake = self._wake[lane.name]
        expecting = False
        while True:
            wake.clear()
            if not self._wants_more(lane) or self._finisher.crowded:
                await self._pause(wake, _POLL_S)
                continue
            try:
                sure = not (expecting or self._unsure)  # what a lost claim took does not show as due
                if sure and (rest := await self._until_due(kinds)) > 0:
                    await self._pause(wake, rest)
                    continue
                room = self._room(lane)
                claimed = await self._claim(lane, kinds, room)
            except errors.Unavailable as error:
                log.warning("cannot claim", error=error.message)
                await asyncio.sleep(_OUTAGE_S)
                continue
            expecting = claimed == room  # a full hand: there may be more
            if not expecting:
                # What was just begun needs the processor more than the next look does.
                await self._pause(wake, _SETTLE_S if claimed else _HELD_BACK_S)

    async def _claim(self, lane: Lane, kinds: Sequence[str], room: int) -> int:
        """Claim and start up to `room` tasks; answer how many were claimed."""
        async with self._claiming:
            owner = self.id
            if self._unsure:
                given_back = await self._lifecycle.reconcile(owner, self._in_flight())
                self._unsure = False
                if given_back:
                    log.warning("gave back tasks whose claim was lost on its way", tasks=given_back)
            try:
                claimed = await self._lifecycle.claim(owner, kinds, room)
            except errors.Unavailable:
                self._unsure = True  # it may have been committed before the answer was lost
                raise
            for task in claimed:
                self._start(lane, task, owner)
            return len(claimed)

    def _in_flight(self) -> set[str]:
        """Return the ids of all tasks that are worked on, or done and not yet stored."""
        running = {one.get_name() for of_job in self._running.values() for one in of_job}
        return running | self._finisher.waiting

    def _room(self, lane: Lane) -> int:
        return lane.slots + lane.ahead - self._in_hand[lane.name]

    def _wants_more(self, lane: Lane) -> bool:
        return self._room(lane) >= max((lane.slots + lane.ahead) // 2, 1) or (
            not lane.ahead and self._room(lane) > 0
        )

    async def _until_due(self, kinds: Sequence[str]) -> float:
        """Return the seconds until a claim may find something, 0 or less for now, at most a poll's.

        This only reads: an idle worker must not disturb the others by taking the writers' lock.
        """
        due = await self._lifecycle.database.read(lambda connection: candidates.next_due(connection, kinds))
        return _POLL_S if due is None else min(due - self._lifecycle.now(), _POLL_S)

    @staticmethod
    async def _pause(event: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()

    def _start(self, lane: Lane, task: ClaimedTask, owner: str) -> None:
        if owner != self.id or task.job_id in self._cancelled:
            return  # while the claim's answer was on its way the lease was lost, or the job cancelled
        self._in_hand[lane.name] += 1
        running = asyncio.create_task(self._work(lane, task, owner), name=task.id)
        self._running[task.job_id].add(running)
        # Not in the task itself: one that is cancelled before its first step never gets to clean up.
        running.add_done_callback(partial(self._let_go, lane, task.job_id))

    def _let_go(self, lane: Lane, job_id: str, ended: asyncio.Task[None]) -> None:
        wanted_more = self._wants_more(lane)
        self._in_hand[lane.name] -= 1
        self._running[job_id].discard(ended)
        if not self._running[job_id]:
            del self._running[job_id]
        if not self._running:
            self._finisher.hurry()  # nothing more is coming that these could be stored with
        if self._wants_more(lane) and not wanted_more:
            self._wake[lane.name].set()

    async def _work(self, lane: Lane, task: ClaimedTask, owner: str) -> None:
        try:
            async with self._slots[lane.name]:
                # What was claimed ahead and not begun is given back when the worker drains.
                outcome = (
                    GivenBack()
                    if self._draining.is_set()
                    else await execute(lane.handlers[task.kind], task, limit_s=lane.limit_s)
                )
        except asyncio.CancelledError:
            if not self._draining.is_set():
                raise  # the job was cancelled or the lease lost: nobody may hear of this task again
            outcome = GivenBack()
        if owner == self.id:
            self._finisher.add(task, outcome, urgent=lane.urgent)

    def _abort(self, job_id: str) -> None:
        for running in list(self._running.get(job_id, ())):
            running.cancel()

    async def _watch_jobs(self) -> None:
        """Abort the tasks of jobs that no longer run, even when no ring said so."""
        while True:
            await asyncio.sleep(_WATCH_S)
            seen = {job_id: list(running) for job_id, running in self._running.items()}
            if seen:
                with contextlib.suppress(errors.Unavailable):
                    for job_id in await self._lifecycle.database.read(
                        partial(jobs.not_running, job_ids=sorted(seen))
                    ):
                        # Only what was seen: an append may have reopened the job since it was read.
                        for running in seen[job_id]:
                            running.cancel()

    async def _start_over(self) -> None:
        """Drop everything: others took this worker for dead and its tasks are theirs now."""
        self._finisher.forget()
        for job_id in list(self._running):
            self._abort(job_id)
        try:
            await self._insist_on_signing_on()
        except WrongSchema as error:
            self._unfit = error
            self.stop()

    async def _drain(self) -> None:
        """Wait for the tasks in flight; what is not done in time is given back."""
        running = [task for of_job in self._running.values() for task in of_job]
        if running:
            log.info("draining", tasks=len(running), seconds=self._drain_s)
            _, late = await asyncio.wait(running, timeout=self._drain_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _store_the_last(self) -> None:
        """Store what is left to store; what a database that is away does not take is done again elsewhere."""
        try:
            async with asyncio.timeout(_LAST_STORE_S):
                await self._finisher.flush()
        except TimeoutError:
            log.warning("could not store the last outcomes; a successor does them again")

    async def _insist_on_signing_on(self) -> None:
        while not self._draining.is_set():
            try:
                await self._lease.sign_on()
            except errors.Unavailable as error:
                log.warning("cannot sign on", error=error.message)
                await self._pause(self._draining, _OUTAGE_S)
            else:
                return
