"""Statements of the claim: which tasks a worker gets next.

A claim first reads which jobs have something to do and shares its places out, then locks the jobs
that get any, but for those that others are at, and takes from each what its row still allows. Without these
locks two workers on PostgreSQL would both take a job's last place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, Row, Select, bindparam, func, select, update

from webkiln.store import hosts as host_statements
from webkiln.store.among import among, among_chosen
from webkiln.store.candidates import candidates
from webkiln.store.schema import AVAILABLE, RUNNING, jobs, tasks, teams
from webkiln.store.sharing import share_out
from webkiln.store.staging import RELEASED
from webkiln.store.tasks import ClaimedTask, lock_free_jobs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.sql.dml import ReturningUpdate

    from webkiln.store.hosts import HostLimits

_BLOCKED_S = 0.25  # how long a job rests whose hosts are all busy, with other jobs perhaps

# Statements of the hot path are built once: building costs more than running them.
_TEAMS = select(teams.c.id).where(among(teams.c.id, "ids")).order_by(teams.c.id).with_for_update()
_BUSY = (
    select(jobs.c.team_id, func.sum(jobs.c.running))
    .where(jobs.c.state == RUNNING, jobs.c.running > 0, ~jobs.c.fifo)
    .group_by(jobs.c.team_id)
)

_WAITING = (tasks.c.job_id == bindparam("job")) & (tasks.c.state == AVAILABLE) & RELEASED
_HEAD = select(tasks.c.id).where(_WAITING).order_by(tasks.c.priority).limit(1).scalar_subquery()
_OLDEST_IF_DUE = select(tasks.c.id).where(tasks.c.id == _HEAD, tasks.c.run_at <= bindparam("now"))
_NEAREST = select(func.min(tasks.c.priority)).where(_WAITING)
_OF_HOST = tasks.c.host.is_not(None) & (tasks.c.host == bindparam("name"))
_NEAR = tasks.c.priority <= bindparam("level")


def _due(*more: ColumnElement[bool]) -> Select[tuple[str]]:
    """Return the query for a job's tasks that are due, in their order."""
    return (
        select(tasks.c.id)
        .where(_WAITING, *more, tasks.c.run_at <= bindparam("now"))
        .order_by(tasks.c.priority, tasks.c.run_at, tasks.c.id)
        .limit(bindparam("want"))
        .with_for_update(skip_locked=True)
    )


_OWN = ("id", "job_id", "spec_id", "payload", "attempt", "tries", "crashes", "depth")
_TAKEN = [tasks.c[name] for name in _OWN]


def _take(chosen: Select[tuple[str]]) -> ReturningUpdate[tuple[Any, ...]]:
    return (
        update(tasks)
        .where(among_chosen(tasks.c.id, chosen))
        .values(state="running", claimed_by=bindparam("worker"), attempt=tasks.c.attempt + 1)
        .returning(*_TAKEN)
    )


# By whether the job goes level by level; the others need no condition on priorities.
_TAKE_DUE = {False: _take(_due()), True: _take(_due(_NEAR))}
_TAKE_DUE_OF_HOST = {False: _take(_due(_OF_HOST)), True: _take(_due(_OF_HOST, _NEAR))}
_TAKE_OLDEST = _take(_OLDEST_IF_DUE)
_SERVED = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(
        running=jobs.c.running + bindparam("taken"),
        served_at=bindparam("now"),
        level=bindparam("reached"),
        # To the end of its line.
        runnable_at=bindparam("now", type_=Double) + func.coalesce(jobs.c.delay_s, 0.0),
    )
)


def claim(
    connection: Connection,
    worker_id: str,
    *,
    kinds: Sequence[str],
    slots: int,
    team_limit: int,
    host_limits: HostLimits,
    now: float,
) -> list[ClaimedTask]:
    """Take up to `slots` due tasks, fairly between teams and between the jobs of each.

    Only running jobs below their `max_concurrency` take part, and only teams below `team_limit`
    tasks in flight, of whatever kinds (0: no limit). Events, in their first-in-first-out jobs, are
    neither limited nor counted.
    """
    busy = _busy_teams(connection) if team_limit else {}
    full = sorted(team for team, running in busy.items() if running >= team_limit)
    found = candidates(connection, kinds, full=full, now=now)
    if not found:
        return []
    room: dict[str, int] = {}
    if team_limit:
        ids = sorted({job.team_id for job in found})
        connection.execute(_TEAMS, {"ids": ids})
        busy = _busy_teams(connection)  # again, now that nobody else claims for these teams
        room = {team: team_limit - busy.get(team, 0) for team in ids}
    shares = share_out(found, slots, room)
    locked = lock_free_jobs(connection, [job_id for job_id, _ in shares])
    taking = _Taking(connection, worker_id, host_limits, now)
    taking.take([(locked[job_id], places) for job_id, places in shares if job_id in locked])
    return taking.claimed


def _busy_teams(connection: Connection) -> dict[str, int]:
    """Return how many tasks each team has in flight, events aside."""
    return {team: int(running) for team, running in connection.execute(_BUSY)}


class _Taking:
    """What one claim takes from the jobs whose rows it holds."""

    def __init__(self, connection: Connection, worker_id: str, host_limits: HostLimits, now: float) -> None:
        self.claimed: list[ClaimedTask] = []
        self._connection = connection
        self._worker_id = worker_id
        self._host_limits = host_limits
        self._by_host = bool(host_limits) or host_statements.any_slow(connection, now)
        self._now = now
        self._served: list[dict[str, Any]] = []
        self._hosts: dict[str, list[str] | None] = {}
        self._places = host_statements.Places()

    def take(self, shares: Sequence[tuple[Row[tuple[Any, ...]], int]]) -> None:
        """Take up to its places of each job, and write that to the jobs' rows."""
        wishes = [(job, _allowed(job, places)) for job, places in shares]
        wishes = [(job, want) for job, want in wishes if want > 0]
        self._hold_hosts(wishes)
        for job, want in wishes:
            self._from_job(job, want)
        host_statements.let_rest(self._connection, self._places.resting)
        if self._served:
            self._connection.execute(_SERVED, self._served)

    def _hold_hosts(self, wishes: Sequence[tuple[Row[tuple[Any, ...]], int]]) -> None:
        """Hold the hosts of all jobs at once: job by job two claims would wait for each other."""
        for job, want in wishes:
            if self._by_host and not job.fifo:
                self._hosts[job.id] = host_statements.free_hosts(
                    self._connection, job.id, want=want, limits=self._host_limits, now=self._now
                )
        names = {name for of_job in self._hosts.values() for name in of_job or ()}
        most_each = sum(want for _, want in wishes)
        self._places = host_statements.hold(
            self._connection, names, most_each=most_each, limits=self._host_limits, now=self._now
        )

    def _from_job(self, job: Row[tuple[Any, ...]], want: int) -> None:
        """Take up to so many tasks, or let the job sleep until it may have some."""
        bound = self._bound(job)
        rows = [] if bound is None else self._due(job, want, bound)
        if bound is not None and rows:
            reached = bound.get("level")
            self._served.append({"job": job.id, "taken": len(rows), "now": self._now, "reached": reached})
        elif bound is None:
            _set_aside(self._connection, job, self._now + _BLOCKED_S, self._now)
        elif self._by_host and not job.fifo:
            _rest(self._connection, job, self._now)
        else:
            _postpone(self._connection, job, self._now)
        # In the order they were made in, which is that of their ids.
        self.claimed += sorted((_claimed(row, job) for row in rows), key=lambda task: task.id)

    def _bound(self, job: Row[tuple[Any, ...]]) -> dict[str, int] | None:
        """Return up to which priority a job's tasks may be taken, nothing where that is no matter.

        None while nearer ones are in flight.
        """
        if job.level is None:
            return {}
        nearest = self._connection.execute(_NEAREST, {"job": job.id}).scalar()
        if nearest is None or nearest <= job.level:
            return {"level": int(job.level)}
        return None if job.running else {"level": int(nearest)}

    def _due(self, job: Row[tuple[Any, ...]], want: int, bound: dict[str, int]) -> Sequence[Any]:
        given = {"job": job.id, "now": self._now, "worker": self._worker_id}
        if job.fifo:
            # The oldest event of an outbox blocks those behind it, due or not: receivers see them in order.
            return self._connection.execute(_TAKE_OLDEST, given).all()
        if not self._by_host:
            return self._connection.execute(_TAKE_DUE[bool(bound)], {**given, **bound, "want": want}).all()
        return self._due_of_hosts(job, {**given, **bound}, want)

    def _due_of_hosts(self, job: Row[tuple[Any, ...]], given: Mapping[str, Any], want: int) -> Sequence[Any]:
        names = self._hosts[job.id]
        if names is None:  # submitted before there were limits
            return self._connection.execute(_TAKE_DUE["level" in given], {**given, "want": want}).all()
        rows: list[Any] = []
        take = _TAKE_DUE_OF_HOST["level" in given]
        for name in names:
            most = min(self._places.free(name), want - len(rows))
            if most > 0:
                found = self._connection.execute(take, {**given, "name": name, "want": most}).all()
                self._places.take(name, len(found), self._now)
                rows += found
        return rows


def _allowed(job: Row[tuple[Any, ...]], places: int) -> int:
    """Return how many tasks of a job may be taken, whose row is held."""
    if job.state != "running" or job.paused:
        return 0
    want: int = min(places, job.open - job.running)
    if job.max_concurrency is not None:
        want = min(want, job.max_concurrency - job.running)
    if job.page_limit is not None:
        want = min(want, job.page_limit - job.documents - job.running)
    return want if job.delay_s is None else min(want, 1)


def _claimed(row: Any, job: Row[tuple[Any, ...]]) -> ClaimedTask:
    told = job.outbox_id if job.announce_end else None
    shared = (job.kind, job.team_id, job.key_id, job.zero_retention, told)
    return ClaimedTask(*(*row[:-1], *shared, row.depth))


def _rest(connection: Connection, job: Row[tuple[Any, ...]], now: float) -> None:
    """Let a job sleep whose hosts are all busy or resting, or whose tasks are all due later."""
    free = host_statements.next_free(connection, job.id, now)
    _set_aside(connection, job, now + _BLOCKED_S if free is None else min(free, now + _BLOCKED_S), now)


def _set_aside(connection: Connection, job: Row[tuple[Any, ...]], until: float, now: float) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(runnable_at=until, served_at=now))


_EARLIEST = select(func.min(tasks.c.run_at)).where(_WAITING)
_OLDEST = select(tasks.c.run_at).where(_WAITING).order_by(tasks.c.priority).limit(1)


def _postpone(connection: Connection, job: Row[tuple[Any, ...]], now: float) -> None:
    """Let a job whose tasks are all due later sleep until then, instead of asking again and again."""
    due = connection.execute(_OLDEST if job.fifo else _EARLIEST, {"job": job.id}).scalar()
    _set_aside(connection, job, now + 1 if due is None else due, now)
