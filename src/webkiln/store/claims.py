"""Statements of the claim: which tasks a worker gets next.

A claim first reads which jobs have something to do and shares its places out, then locks the jobs
that get any, in the order of their ids, and takes from each what its row still allows. Without these
locks two workers on PostgreSQL would both take a job's last place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, bindparam, case, false, func, select, update

from webkiln.store import hosts as host_statements
from webkiln.store.among import among, among_chosen
from webkiln.store.schema import AVAILABLE, RUNNING, jobs, tasks, teams
from webkiln.store.sharing import share_out
from webkiln.store.tasks import ClaimedTask, lock_jobs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.sql.dml import ReturningUpdate

    from webkiln.store.hosts import HostLimits

_LOOKED_AT = 1_000  # runnable jobs, the longest unserved first: a bound on what a claim costs
_CANDIDATES = 32
_BLOCKED_S = 0.25  # how long a job rests whose hosts are all busy, with other jobs perhaps

# Statements of the hot path are built once: building costs more than running them.
_NAMED = ("id", "kind", "team_id", "key_id", "zero_retention", "priority", "fifo")
_WANTED = jobs.c.open - jobs.c.running
# Of a job that ends with a number of documents no more are in flight than it may still have.
_HAS_ROOM = (
    (jobs.c.max_concurrency.is_(None) | (jobs.c.running < jobs.c.max_concurrency))
    & (jobs.c.page_limit.is_(None) | (jobs.c.documents + jobs.c.running < jobs.c.page_limit))
    & (jobs.c.paused == false())
)
_runnable = (
    select(*(jobs.c[name] for name in _NAMED), jobs.c.served_at, jobs.c.max_concurrency, jobs.c.running)
    .add_columns(_WANTED.label("wanted"))
    .where(
        jobs.c.state == RUNNING,
        jobs.c.open > jobs.c.running,
        jobs.c.runnable_at <= bindparam("now"),
        among(jobs.c.kind, "kinds"),
        jobs.c.fifo | ~among(jobs.c.team_id, "full"),
        _HAS_ROOM,
    )
    .order_by(jobs.c.priority, jobs.c.served_at)
    .limit(_LOOKED_AT)
    .subquery("runnable")
)
_ranked = select(
    _runnable,
    # The place of a job within its team, so that a team of many jobs does not crowd out the others.
    func.row_number()
    .over(partition_by=[_runnable.c.priority, _runnable.c.team_id], order_by=_runnable.c.served_at)
    .label("place"),
    func.max(_runnable.c.served_at).over(partition_by=_runnable.c.team_id).label("team_served_at"),
).subquery("ranked")
_CANDIDATE_JOBS = (
    select(_ranked).order_by(_ranked.c.priority, _ranked.c.place, _ranked.c.served_at).limit(_CANDIDATES)
)
_TEAMS = select(teams.c.id).where(among(teams.c.id, "ids")).order_by(teams.c.id).with_for_update()
_BUSY = (
    select(jobs.c.team_id, func.sum(jobs.c.running))
    .where(jobs.c.state == RUNNING, jobs.c.running > 0, ~jobs.c.fifo)
    .group_by(jobs.c.team_id)
)

_WAITING = (tasks.c.job_id == bindparam("job")) & (tasks.c.state == AVAILABLE)
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
        runnable_at=case(
            (jobs.c.delay_s.is_(None), jobs.c.runnable_at), else_=bindparam("now") + jobs.c.delay_s
        ),
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
    candidates = connection.execute(_CANDIDATE_JOBS, {"now": now, "kinds": list(kinds), "full": full}).all()
    if not candidates:
        return []
    room: dict[str, int] = {}
    if team_limit:
        ids = sorted({job.team_id for job in candidates})
        connection.execute(_TEAMS, {"ids": ids})
        busy = _busy_teams(connection)  # again, now that nobody else claims for these teams
        room = {team: team_limit - busy.get(team, 0) for team in ids}
    shares = share_out(candidates, slots, room)
    locked = lock_jobs(connection, [job_id for job_id, _ in shares])
    taking = _Taking(connection, worker_id, host_limits, now)
    for job_id, places in shares:
        job = locked.get(job_id)
        if job is not None and job.state == "running" and not job.paused:
            taking.from_job(job, places)
    taking.settle()
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

    def from_job(self, job: Row[tuple[Any, ...]], places: int) -> None:
        """Take up to `places` tasks, or let the job sleep until it may have some."""
        want = min(places, job.open - job.running)
        if job.max_concurrency is not None:
            want = min(want, job.max_concurrency - job.running)
        if job.page_limit is not None:
            want = min(want, job.page_limit - job.documents - job.running)
        if job.delay_s is not None:
            want = min(want, 1)
        if want <= 0:
            return
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

    def settle(self) -> None:
        """Write what was taken to the jobs' rows."""
        if self._served:
            self._connection.execute(_SERVED, self._served)

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
        places = host_statements.free_places(
            self._connection, job.id, want=want, limits=self._host_limits, now=self._now
        )
        if places is None:  # submitted before there were limits
            return self._connection.execute(_TAKE_DUE["level" in given], {**given, "want": want}).all()
        rows: list[Any] = []
        take = _TAKE_DUE_OF_HOST["level" in given]
        asked: dict[str, float] = {}
        for name, free in places.free.items():
            most = min(free, want - len(rows))
            if most <= 0:
                break
            found = self._connection.execute(take, {**given, "name": name, "want": most}).all()
            rows += found
            if found and name in places.rests_s:
                asked[name] = self._now + places.rests_s[name]
        host_statements.let_rest(self._connection, asked)
        return rows


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


def _postpone(connection: Connection, job: Row[tuple[Any, ...]], now: float) -> None:
    """Let a job whose tasks are all due later sleep until then, instead of asking again and again."""
    waiting = (tasks.c.job_id == job.id) & (tasks.c.state == AVAILABLE)
    due = select(func.min(tasks.c.run_at)).where(waiting)
    if job.fifo:
        due = select(tasks.c.run_at).where(waiting).order_by(tasks.c.priority).limit(1)
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job.id)
        .values(runnable_at=func.coalesce(due.scalar_subquery(), now + 1), served_at=now)
    )


_NEXT_DUE = select(func.min(jobs.c.runnable_at)).where(
    jobs.c.state == RUNNING,
    jobs.c.open > jobs.c.running,
    among(jobs.c.kind, "kinds"),
    _HAS_ROOM,
)


def next_due(connection: Connection, kinds: Sequence[str]) -> float | None:
    """Return the earliest moment at which a claim may find something; None when nothing waits."""
    return connection.execute(_NEXT_DUE, {"kinds": list(kinds)}).scalar()
