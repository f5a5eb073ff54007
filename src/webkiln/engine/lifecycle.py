"""Every change of state of a job or a task, each one transaction; nothing else writes them.

job    staging -> running -> completed | cancelled        (completed -> running by an append)
task   available -> running -> completed | failed | cancelled
       running -> available by a snooze, a give-back or a rescue
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.engine.known import Known
from webkiln.engine.outcome import Completed, Failed
from webkiln.engine.settling import announce, discover, end_event, settle
from webkiln.engine.submitting import PART, Submitting
from webkiln.engine.suspect import read_suspects, wipe_suspects
from webkiln.store import claims, jobs, leases, requests, tasks
from webkiln.store.hosts import HostLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from webkiln.engine.outcome import Found, Outcome
    from webkiln.engine.settling import Settled
    from webkiln.engine.submitting import Addition, Outbox, Submission
    from webkiln.store.database import Database
    from webkiln.store.doorbell import Doorbell
    from webkiln.store.tasks import ClaimedTask


class Lifecycle:
    """Submits, claims, finishes, cancels and rescues; rings the doorbell after each commit."""

    def __init__(
        self,
        database: Database,
        doorbell: Doorbell,
        *,
        result_ttl_s: float,
        team_limit: int = 0,
        host_limits: HostLimits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Work on `database`; finished jobs stay readable for `result_ttl_s`.

        The limits hold over all workers: tasks in flight of one team, and of one host of the web.
        """
        self.database = database
        self.doorbell = doorbell
        self.now = clock
        self.ttl_s = result_ttl_s
        self.host_limits = host_limits or HostLimits()
        self._team_limit = team_limit
        self._known = Known()

    async def submit(self, submission: Submission) -> requests.Earlier | None:
        """Store a job whole, or not at all; on return it is on disk and will run.

        Returns the earlier request when `once` recognises a repeat; nothing was made then.
        """
        earlier = await self._submitting().submit(submission)
        if earlier is None:
            self._ring_for(submission.job.kind, submission.outbox)
        return earlier

    def _submitting(self) -> Submitting:
        return Submitting(self.database, ttl_s=self.ttl_s, clock=self.now)

    def _ring_for(self, kind: str, outbox: Outbox | None) -> None:
        self.doorbell.ring(f"work {kind}")
        if outbox is not None and outbox.started is not None:
            self.doorbell.ring(f"work {outbox.job.kind}")

    async def append(self, addition: Addition) -> bool | requests.Earlier:
        """Add tasks under a spec of their own to a running or completed job, all or none.

        Answers False, having added nothing, when the job is in any other state or expired; the
        earlier request, having added nothing either, when `once` recognises a repeat.
        """
        grown = await self._submitting().append(addition)
        if isinstance(grown, requests.Earlier):
            return grown
        if grown is not None:
            self._ring_for(grown, addition.outbox)
        return grown is not None

    async def answered(self, job_id: str, grace_s: float) -> None:
        """Let a job that waited for its start answer run, `grace_s` from now."""
        runnable_at = self.now() + grace_s
        await self.database.write(
            lambda connection: jobs.set_runnable(connection, job_id, runnable_at), durable=False
        )
        self.doorbell.ring("work")

    async def claim(self, worker_id: str, kinds: Sequence[str], slots: int) -> list[ClaimedTask]:
        """Take up to `slots` due tasks of `kinds` for a worker that holds its lease; else nothing."""

        def work(connection: Connection) -> list[ClaimedTask]:
            if not leases.holds(connection, worker_id):
                return []  # taken for dead meanwhile: nobody would give back what it took now
            return claims.claim(
                connection,
                worker_id,
                kinds=kinds,
                slots=slots,
                team_limit=self._team_limit,
                host_limits=self.host_limits,
                now=self.now(),
            )

        return await self.database.write(work, durable=False)

    async def finish(self, worker_id: str, outcomes: Sequence[tuple[ClaimedTask, Outcome]]) -> int:
        """Store a batch of outcomes; answer how many were dropped.

        Dropped is what the worker no longer holds (it was taken for dead meanwhile) and what
        belongs to a job that no longer runs (it was cancelled).
        """
        parts = [(task, await self._spill(worker_id, task, outcome)) for task, outcome in outcomes]
        settled = await self.database.write(
            lambda connection: settle(
                connection,
                worker_id,
                parts,
                now=self.now(),
                ttl_s=self.ttl_s,
                frees_hosts=bool(self.host_limits),
                known=self._known,
            )
        )
        self._learn(settled)
        return settled.dropped

    async def _spill(self, worker_id: str, task: ClaimedTask, outcome: Outcome) -> Outcome:
        """Store what one outcome found beyond what a short transaction can take; return what is left.

        A sitemap names 50,000 pages. Should the worker die in between, the task runs again, and finds
        what it has found already. Each part waits for the disk: what is believed known is not asked for
        again, and a database that crashed must not have forgotten it.
        """
        if not isinstance(outcome, Completed | Failed):
            return outcome
        found = outcome.found
        while len(found.tasks) > PART:
            settled = await self._discover(worker_id, task, replace(found, tasks=found.tasks[:PART]))
            found = replace(found, tasks=found.tasks[PART:] if settled is not None else ())
            if settled is not None:
                self._learn(settled)
        return replace(outcome, found=found)

    async def _discover(self, worker_id: str, task: ClaimedTask, found: Found) -> Settled | None:
        return await self.database.write(
            lambda connection: discover(
                connection, worker_id, task, found, now=self.now(), ttl_s=self.ttl_s, known=self._known
            )
        )

    def _learn(self, settled: Settled) -> None:
        for job_id, keys in settled.noted.items():
            self._known.add(job_id, keys)
        for message in settled.rings:
            self.doorbell.ring(message)

    async def cancel(
        self, job_id: str, *, team_id: str | None = None, kinds: Sequence[str] = ()
    ) -> str | None:
        """Cancel a job if it runs; return the state it is in now, None when it is gone.

        With `team_id` only a job of that team and of `kinds` that has not expired is found. When this
        returns `cancelled`, nothing of the job is claimed or stored any more.
        """

        def work(connection: Connection) -> tuple[str | None, list[str]]:
            now = self.now()
            if team_id is not None and not jobs.read_job(
                connection, job_id, team_id=team_id, kinds=kinds, now=now
            ):
                return None, []
            told_id = jobs.told_of(connection, job_id)
            locked = tasks.lock_jobs(connection, [job_id, *([] if told_id is None else [told_id])])
            job = locked.get(job_id)
            if job is None or job.state != "running":
                return (None if job is None else str(job.state)), []
            jobs.cancel(connection, job_id, now=now, ttl_s=self.ttl_s)
            rings = [f"cancelled {job_id}", f"ended {job_id}"]
            if told_id in locked:
                announce(connection, {told_id: [end_event("cancelled")]}, locked, now=now, ttl_s=self.ttl_s)
                rings.append(f"work {locked[told_id].kind}")
            return "cancelled", rings

        state, rings = await self.database.write(work)
        for message in rings:
            self.doorbell.ring(message)
        return state

    async def pause(
        self, job_id: str, *, team_id: str, kinds: Sequence[str], paused: bool = True
    ) -> str | None:
        """Hold a running job's waiting tasks back, or let them go; return its state, None when unknown.

        What is in flight comes to its end and is kept.
        """

        def work(connection: Connection) -> tuple[str, str] | None:
            now = self.now()
            job = jobs.read_job(connection, job_id, team_id=team_id, kinds=kinds, now=now)
            if job is None:
                return None
            jobs.set_paused(connection, job_id, paused=paused, now=now)
            return job.state, job.kind

        found = await self.database.write(work)
        if found is None:
            return None
        if not paused:
            self.doorbell.ring(f"work {found[1]}")
        return found[0]

    async def rescue(
        self, worker: leases.Worker, suspects: Path | None, *, lease: float | None = None
    ) -> int | None:
        """Give back what a dead worker held and forget the worker; answer how many tasks.

        `suspects` is where the marks of its host are, None for another host's worker. With `lease` it
        is only dead if that is still the end of its lease; else the answer is None.
        """
        marked = [] if suspects is None else read_suspects(suspects, worker.slot)
        given_back = await self._part_with(worker.id, marked, lease)
        if suspects is not None and given_back is not None:
            wipe_suspects(suspects, worker.slot)
        return given_back

    async def reconcile(self, worker_id: str, in_hand: Collection[str]) -> int:
        """Give back what a claim took whose answer was lost on its way; answer how many tasks."""

        def work(connection: Connection) -> int:
            leases.hold(connection, worker_id)
            return tasks.rescue(connection, worker_id, suspects=[], now=self.now(), but=in_hand)

        given_back = await self.database.write(work)
        if given_back:
            self.doorbell.ring("work")
        return given_back

    async def give_up(self, worker_id: str, task_id: str) -> None:
        """Give back a task whose outcomes the database refuses, as if its worker had died of it."""

        def work(connection: Connection) -> None:
            leases.hold(connection, worker_id)
            others = tasks.held_by(connection, worker_id).keys() - {task_id}
            tasks.rescue(connection, worker_id, suspects=[task_id], now=self.now(), but=others)

        await self.database.write(work)
        self.doorbell.ring("work")

    async def has_workers(self) -> bool:
        """Return whether any worker holds a lease; a database that does not answer knows of none."""
        try:
            return await self.database.read(lambda connection: leases.count_alive(connection, self.now())) > 0
        except errors.Unavailable:
            return False

    async def sign_off(self, worker_id: str) -> None:
        """Forget a worker that ends in good order, and give back what a claim cut short still left it."""
        await self._part_with(worker_id, [])

    async def _part_with(
        self, worker_id: str, suspects: Sequence[str], lease: float | None = None
    ) -> int | None:
        def work(connection: Connection) -> int | None:
            found = leases.hold(connection, worker_id)
            if lease is not None and found != lease:
                return None
            given_back = tasks.rescue(connection, worker_id, suspects=suspects, now=self.now())
            leases.forget(connection, worker_id)
            return given_back

        given_back = await self.database.write(work)
        self.doorbell.ring("work")
        return given_back
