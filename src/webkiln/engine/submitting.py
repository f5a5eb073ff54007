"""Storing a job with its tasks, and adding tasks to a job: whole, or not at all.

Many tasks are stored in parts, so that nobody waits long behind them; the last part makes all of
them seen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from webkiln import errors
from webkiln.store import budget, jobs, requests, staging, tasks, teams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Row

    from webkiln.store.database import Database
    from webkiln.store.jobs import NewJob

PART = 2_000  # tasks that one transaction inserts
# Until the start answer has left, a job waits this long at most: the net for an API that dies.
_UNANSWERED_S = 5.0


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where a job's events go: a first-in-first-out job of its own, with what its tasks share.

    `started` is the payload of the event that announces the start, if that is wanted.
    """

    job: NewJob
    spec: bytes
    started: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to be made with all its tasks.

    With `once`, a repeat of an earlier request is recognised and nothing is made. A job that
    `waits_for_answer` is not claimed before `answered` is called for it. `hosts` names for each
    payload the host whose limits it keeps to. A `fee` in credits is charged at once.
    """

    job: NewJob
    spec: bytes
    payloads: Sequence[str]
    outbox: Outbox | None = None
    once: requests.Once | None = None
    waits_for_answer: bool = False
    hosts: Sequence[str | None] | None = None
    fee: int = 0

    @property
    def most_credits(self) -> int:
        """What it can cost at most."""
        pages = len(self.payloads) if self.job.page_limit is None else self.job.page_limit
        return self.fee + self.job.page_price * pages


@dataclass(frozen=True, slots=True)
class Addition:
    """Tasks to be added to a job under a spec of their own, and where their events go."""

    job_id: str
    spec: bytes
    payloads: Sequence[str]
    outbox: Outbox | None = None
    once: requests.Once | None = None
    hosts: Sequence[str | None] | None = None


class _Load:
    """Tasks on their way into a job."""

    def __init__(
        self,
        job_id: str,
        spec: bytes,
        payloads: Sequence[str],
        hosts: Sequence[str | None] | None,
        run_at: float,
    ) -> None:
        self._job_id = job_id
        self._spec = spec
        self._spec_id = ""
        self._payloads = payloads
        self._hosts = hosts
        self._run_at = run_at
        starts = range(0, max(len(payloads), 1), PART)
        self.ahead, self._last = starts[:-1], starts[-1]
        """Where the parts begin that are stored before the last."""

    def store(self, connection: Connection, start: int) -> None:
        """Insert one part; raises Unavailable when a part before it is gone."""
        part = slice(start, start + PART)
        payloads = self._payloads[part]
        if start == 0:
            self._begin(connection)
        if self.ahead and not staging.count(connection, self._spec_id, len(payloads)):
            raise _lost()
        hosts = self._hosts and self._hosts[part]
        jobs.insert_tasks(connection, self._job_id, self._spec_id, payloads, run_at=self._run_at, hosts=hosts)

    def store_last(self, connection: Connection) -> None:
        """Insert the last part and let all be seen; raises Unavailable unless all are there."""
        self.store(connection, self._last)
        if self.ahead and not staging.release(connection, self._spec_id, len(self._payloads)):
            raise _lost()

    def _begin(self, connection: Connection) -> None:
        if self.ahead:
            self._spec_id = staging.begin(connection, self._job_id, self._spec, self._run_at)
        else:
            self._spec_id = jobs.insert_spec(connection, self._job_id, self._spec)


@dataclass(frozen=True, slots=True)
class _Bill:
    """What a request may cost a key in a month; without a key there is no limit to mind."""

    key_id: str | None
    needed: int
    month: str

    def check(self, connection: Connection) -> None:
        """Raise PaymentRequired when there is not so much left."""
        if self.key_id is not None:
            budget.check(connection, self.key_id, self.needed, self.month)

    def reserve(self, connection: Connection) -> None:
        """Raise it too, and let nobody else spend of the limit while the transaction lasts."""
        if self.key_id is not None:
            budget.reserve(connection, self.key_id, self.needed, self.month)


def _lost() -> errors.Unavailable:
    return errors.Unavailable("The database lost a part of the request, and has none of it now.")


class Submitting:
    """Stores what requests bring; rings nobody."""

    def __init__(self, database: Database, *, ttl_s: float, clock: Callable[[], float]) -> None:
        """Store in `database`; a job that was completed stays readable for `ttl_s` after an addition."""
        self._database = database
        self._ttl_s = ttl_s
        self._now = clock

    def _month(self) -> str:
        return time.strftime("%Y-%m", time.gmtime(self._now()))

    async def submit(self, submission: Submission) -> requests.Earlier | None:
        """Store a job; return the earlier request, having made nothing, when `once` recognises a repeat.

        Raises PaymentRequired when the job's key has a limit that does not reach for it.
        """
        job = submission.job
        bill = _Bill(job.key_id if job.page_price else None, submission.most_credits, self._month())
        load = _Load(job.id, submission.spec, submission.payloads, submission.hosts, job.created_at)
        if load.ahead:
            await self._database.read(bill.check)  # before there is much to store for nothing

        def part(connection: Connection, start: int) -> None:
            if start == 0:
                jobs.insert_staged(connection, job)
            load.store(connection, start)

        for start in load.ahead:
            await self._database.write(partial(part, start=start), durable=False)

        def last(connection: Connection) -> requests.Earlier | None:
            bill.reserve(connection)
            if not load.ahead:
                jobs.insert_staged(connection, job)
            load.store_last(connection)
            return self._release(connection, submission)

        return await self._database.write(last)

    def _release(self, connection: Connection, submission: Submission) -> requests.Earlier | None:
        job = submission.job
        if submission.once is not None:
            earlier = requests.remember(
                connection, submission.once, team_id=job.team_id, job_id=job.id, now=self._now()
            )
            if earlier is not None:
                return earlier  # the staged rows are abandoned, and pruned like any others
        if submission.outbox is not None:
            open_outbox(connection, submission.outbox, self._now())
        now = self._now()
        runnable_at = now + _UNANSWERED_S if submission.waits_for_answer else now
        jobs.release(connection, job.id, count=len(submission.payloads), runnable_at=runnable_at)
        charged = {(job.team_id, job.key_id or job.team_id): submission.fee}
        teams.add_usage(connection, charged, self._month())
        return None

    async def append(self, addition: Addition) -> str | requests.Earlier | None:
        """Add tasks to a running or completed job; return its kind.

        The answer is None, with nothing added, when the job is in any other state or expired, and the
        earlier request when `once` recognises a repeat. Raises PaymentRequired when the limit of the
        job's key does not reach for them.
        """
        key_id, price = await self._database.read(partial(jobs.billed_to, job_id=addition.job_id))
        bill = _Bill(key_id if price else None, price * len(addition.payloads), self._month())
        load = _Load(addition.job_id, addition.spec, addition.payloads, addition.hosts, self._now())
        if load.ahead:
            await self._database.read(bill.check)

        def part(connection: Connection, start: int) -> bool:
            if _growing(connection, addition.job_id, self._now()) is None:
                return False
            load.store(connection, start)
            return True

        for start in load.ahead:
            if not await self._database.write(partial(part, start=start), durable=False):
                return None

        def last(connection: Connection) -> str | requests.Earlier | None:
            bill.reserve(connection)
            return self._grow(connection, addition, load)

        return await self._database.write(last)

    def _grow(self, connection: Connection, addition: Addition, load: _Load) -> str | requests.Earlier | None:
        now = self._now()
        job = _growing(connection, addition.job_id, now)
        if job is None:
            return None
        if addition.once is not None:
            earlier = requests.remember(
                connection, addition.once, team_id=job.team_id, job_id=job.id, now=now
            )
            if earlier is not None:
                return earlier
        load.store_last(connection)
        count, expires_at = len(addition.payloads), now + self._ttl_s
        jobs.grow(connection, job.id, count=count, runnable_at=now, expires_at=expires_at)
        if addition.outbox is not None:
            open_outbox(connection, addition.outbox, now)
        return str(job.kind)


def open_outbox(connection: Connection, outbox: Outbox, now: float) -> None:
    """Insert an outbox, with its first event if there is one."""
    jobs.insert_staged(connection, outbox.job)
    spec_id = jobs.insert_spec(connection, outbox.job.id, outbox.spec)
    payloads = [] if outbox.started is None else [outbox.started]
    if payloads:
        jobs.insert_tasks(connection, outbox.job.id, spec_id, payloads, run_at=now, first=0)
    jobs.release(connection, outbox.job.id, count=len(payloads), runnable_at=now)


def _growing(connection: Connection, job_id: str, now: float) -> Row[tuple[Any, ...]] | None:
    """Lock a job that tasks can be added to; None when it is over, or may be half pruned already."""
    job = tasks.lock_jobs(connection, [job_id]).get(job_id)
    if job is None or job.state not in ("running", "completed"):
        return None
    return None if job.state == "completed" and job.expires_at <= now else job
