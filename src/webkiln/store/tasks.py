"""Statements on task rows: the claim, the finish, the rescue.

Order inside a transaction, found by racing drafts: job rows first, sorted by id, then tasks,
then documents. Any other order deadlocks or leaves jobs stuck on PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, Row, Select, bindparam, case, func, select, update

from webkiln.store.jobs import UNRETAINED_S
from webkiln.store.schema import AVAILABLE, COMPLETED, RUNNING, jobs, tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.sql.dml import ReturningUpdate

_CANDIDATES = 32


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """A task under a worker's lease, with what of its job a handler needs."""

    id: str
    job_id: str
    spec_id: str
    payload: str
    attempt: int
    tries: int
    crashes: int
    kind: str
    team_id: str
    key_id: str | None
    zero_retention: bool


@dataclass(slots=True)
class Tally:
    """What one batch of finishes changes on one job's row."""

    completed: int = 0
    failed: int = 0
    returned: int = 0
    documents: int = 0
    credits: int = 0
    due: float | None = None
    given_back: bool = False

    def stirs(self, job: Row[tuple[Any, ...]]) -> bool:
        """Say whether workers may now claim of `job`, its row as it was before, what they could not.

        Those who poll would notice a second later: a job of one page at a time would crawl.
        """
        waiting = job.open - job.running + self.returned
        return self.given_back or (job.max_concurrency is not None and waiting > 0)


# Statements of the hot path are built once: building costs more than running them.
_RUNNABLE = (
    select(jobs.c.id, jobs.c.kind, jobs.c.team_id, jobs.c.key_id, jobs.c.zero_retention, jobs.c.priority)
    .add_columns(jobs.c.fifo, jobs.c.max_concurrency, jobs.c.running, jobs.c.open)
    .where(
        jobs.c.state == RUNNING,
        jobs.c.open > jobs.c.running,
        jobs.c.runnable_at <= bindparam("now"),
        jobs.c.kind.in_(bindparam("kinds", expanding=True)),
        jobs.c.fifo | jobs.c.team_id.not_in(bindparam("full", expanding=True)),
        jobs.c.max_concurrency.is_(None) | (jobs.c.running < jobs.c.max_concurrency),
    )
    .order_by(jobs.c.priority, jobs.c.served_at)
    .limit(_CANDIDATES)
)
_WAITING = (tasks.c.job_id == bindparam("job")) & (tasks.c.state == AVAILABLE)
_HEAD = select(tasks.c.id).where(_WAITING).order_by(tasks.c.priority).limit(1).scalar_subquery()
_OLDEST_IF_DUE = select(tasks.c.id).where(tasks.c.id == _HEAD, tasks.c.run_at <= bindparam("now"))
_DUE = (
    select(tasks.c.id)
    .where(_WAITING, tasks.c.run_at <= bindparam("now"))
    .order_by(tasks.c.priority, tasks.c.run_at, tasks.c.id)
    .limit(bindparam("want"))
    .with_for_update(skip_locked=True)
)


_TAKEN = [tasks.c[name] for name in ("id", "job_id", "spec_id", "payload", "attempt", "tries", "crashes")]


def _take(chosen: Select[tuple[str]]) -> ReturningUpdate[tuple[Any, ...]]:
    return (
        update(tasks)
        .where(tasks.c.id.in_(chosen))
        .values(state="running", claimed_by=bindparam("worker"), attempt=tasks.c.attempt + 1)
        .returning(*_TAKEN)
    )


_TAKE_DUE = _take(_DUE)
_TAKE_OLDEST = _take(_OLDEST_IF_DUE)
_SERVED = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(running=jobs.c.running + bindparam("taken"), served_at=bindparam("now"))
)


def claim(
    connection: Connection, worker_id: str, *, kinds: Sequence[str], slots: int, team_limit: int, now: float
) -> list[ClaimedTask]:
    """Take up to `slots` due tasks, fairly between jobs of one priority, the longest unserved first.

    Only running jobs below their `max_concurrency` take part, and only teams below `team_limit`
    tasks in flight, of whatever kinds (0: no limit). Events, in their first-in-first-out jobs, are
    neither limited nor counted.
    """
    busy = _busy_teams(connection) if team_limit else {}
    full = sorted(team for team, running in busy.items() if running >= team_limit)
    candidates = connection.execute(_RUNNABLE, {"now": now, "kinds": list(kinds), "full": full}).all()
    room = {row.team_id: (team_limit or slots) - busy.get(row.team_id, 0) for row in candidates}
    claimed: list[ClaimedTask] = []
    for place, job in enumerate(candidates):
        peers = sum(1 for other in candidates[place:] if other.priority == job.priority)
        share = -(-(slots - len(claimed)) // peers)
        want = min(share, job.open - job.running)
        if not job.fifo:
            want = min(want, room[job.team_id])
        if job.max_concurrency is not None:
            want = min(want, job.max_concurrency - job.running)
        if want <= 0:
            continue
        taken = _claim_of_job(connection, job, worker_id, want, now)
        if not job.fifo:
            room[job.team_id] -= len(taken)
        claimed += taken
        if len(claimed) >= slots:
            break
    return claimed


def _busy_teams(connection: Connection) -> dict[str, int]:
    """Return how many tasks each team has in flight, events aside."""
    rows = connection.execute(
        select(jobs.c.team_id, func.sum(jobs.c.running))
        .where(jobs.c.state == RUNNING, jobs.c.running > 0, ~jobs.c.fifo)
        .group_by(jobs.c.team_id)
    )
    return {team: int(running) for team, running in rows}


def _claim_of_job(
    connection: Connection, job: Row[tuple[Any, ...]], worker_id: str, want: int, now: float
) -> list[ClaimedTask]:
    # The oldest event of an outbox blocks the ones behind it, due or not: receivers see them in order.
    statement, limit = (_TAKE_OLDEST, {}) if job.fifo else (_TAKE_DUE, {"want": want})
    rows = connection.execute(statement, {"job": job.id, "now": now, "worker": worker_id, **limit}).all()
    if rows:
        connection.execute(_SERVED, {"job": job.id, "taken": len(rows), "now": now})
    else:
        _postpone(connection, job, now)
    shared = (job.kind, job.team_id, job.key_id, job.zero_retention)
    return sorted((ClaimedTask(*(*row, *shared)) for row in rows), key=lambda task: task.id)


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


def next_due(connection: Connection, kinds: Sequence[str]) -> float | None:
    """Return the earliest moment at which a claim may find something; None when nothing waits."""
    return connection.execute(
        select(func.min(jobs.c.runnable_at)).where(
            jobs.c.state == RUNNING,
            jobs.c.open > jobs.c.running,
            jobs.c.kind.in_(kinds),
            jobs.c.max_concurrency.is_(None) | (jobs.c.running < jobs.c.max_concurrency),
        )
    ).scalar()


_LOCKED = (
    select(jobs).where(jobs.c.id.in_(bindparam("ids", expanding=True))).order_by(jobs.c.id).with_for_update()
)
_HELD = select(tasks.c.id, tasks.c.attempt).where(
    tasks.c.id.in_(bindparam("ids", expanding=True)),
    tasks.c.claimed_by == bindparam("worker"),
    tasks.c.state == RUNNING,
)


def lock_jobs(connection: Connection, job_ids: Iterable[str]) -> dict[str, Row[tuple[Any, ...]]]:
    """Lock job rows in the order of their ids and return them by id."""
    wanted = sorted(set(job_ids))
    return {row.id: row for row in connection.execute(_LOCKED, {"ids": wanted})} if wanted else {}


def still_held(connection: Connection, worker_id: str, task_ids: Sequence[str]) -> dict[str, int]:
    """Return the attempt of each of `task_ids` that `worker_id` still holds."""
    rows = connection.execute(_HELD, {"ids": list(task_ids), "worker": worker_id})
    return {row.id: row.attempt for row in rows}


_END = (
    update(tasks)
    .where(tasks.c.id == bindparam("task_id"))
    .values(
        state=bindparam("new_state"),
        error=bindparam("new_error"),
        finished_at=bindparam("moment"),
        claimed_by=None,
    )
)
_RETURN = (
    update(tasks)
    .where(tasks.c.id == bindparam("task_id"))
    .values(
        state="available",
        run_at=bindparam("due"),
        tries=tasks.c.tries + bindparam("more_tries"),
        claimed_by=None,
    )
)


def end_tasks(connection: Connection, ended: Sequence[tuple[str, str, bytes | None]], now: float) -> None:
    """Move held tasks to their last state: (task id, state, error) each."""
    if ended:
        connection.execute(
            _END,
            [
                {"task_id": task, "new_state": state, "new_error": error, "moment": now}
                for task, state, error in ended
            ],
        )


def return_tasks(connection: Connection, returned: Sequence[tuple[str, float, int]]) -> None:
    """Make held tasks available again: (task id, due moment, tries to add) each."""
    if returned:
        connection.execute(
            _RETURN, [{"task_id": task, "due": due, "more_tries": n} for task, due, n in returned]
        )


_LEFT = jobs.c.open - bindparam("done")
_WHEN_DUE = bindparam("due", type_=Double)
_SETTLE = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(
        open=_LEFT,
        running=jobs.c.running - bindparam("done") - bindparam("back"),
        completed=jobs.c.completed + bindparam("good"),
        failed=jobs.c.failed + bindparam("bad"),
        documents=jobs.c.documents + bindparam("made"),
        credits=jobs.c.credits + bindparam("cost"),
        state=case((_LEFT == 0, COMPLETED), else_=RUNNING),
        finished_at=case((_LEFT == 0, bindparam("now", type_=Double)), else_=None),
        expires_at=case(
            (_LEFT != 0, jobs.c.expires_at),
            (jobs.c.zero_retention, bindparam("soon", type_=Double)),
            else_=bindparam("later", type_=Double),
        ),
        # Tasks that came back may be due before, or after, what the job was waiting for.
        runnable_at=case(
            (_WHEN_DUE.is_(None), jobs.c.runnable_at),
            (jobs.c.open == jobs.c.running, _WHEN_DUE),
            (jobs.c.runnable_at > _WHEN_DUE, _WHEN_DUE),
            else_=jobs.c.runnable_at,
        ),
    )
    .returning(jobs.c.state)
)


def settle(connection: Connection, tallies: Mapping[str, Tally], *, now: float, ttl_s: float) -> list[str]:
    """Apply the tallies to their locked job rows; return the jobs that ended by it.

    A job with nothing open left becomes `completed`; failed pages do not make it `failed`
    (contract §21.9).
    """
    ended = []
    for job_id, tally in sorted(tallies.items()):
        state = connection.execute(
            _SETTLE,
            {
                "job": job_id,
                "now": now,
                "done": tally.completed + tally.failed,
                "good": tally.completed,
                "bad": tally.failed,
                "back": tally.returned,
                "made": tally.documents,
                "cost": tally.credits,
                "due": tally.due,
                "soon": now + min(ttl_s, UNRETAINED_S),
                "later": now + ttl_s,
            },
        ).scalar_one()
        if state == "completed":
            ended.append(job_id)
    return ended


def rescue(connection: Connection, worker_id: str, *, suspects: Sequence[str], now: float) -> int:
    """Give back everything a dead worker held; answer how many tasks.

    `suspects` are the tasks that had the processor when the worker died; only they are charged a crash.
    """
    held = connection.execute(
        select(tasks.c.id, tasks.c.job_id).where(tasks.c.claimed_by == worker_id, tasks.c.state == RUNNING)
    ).all()
    if not held:
        return 0
    counts: dict[str, int] = {}
    for row in held:
        counts[row.job_id] = counts.get(row.job_id, 0) + 1
    alive = {job_id for job_id, job in lock_jobs(connection, counts).items() if job.state == "running"}
    connection.execute(
        update(tasks)
        .where(tasks.c.claimed_by == worker_id, tasks.c.state == RUNNING, tasks.c.job_id.in_(sorted(alive)))
        .values(
            state="available",
            claimed_by=None,
            run_at=now,
            crashes=tasks.c.crashes + case((tasks.c.id.in_(suspects), 1), else_=0),
        )
    )
    for job_id in sorted(alive):
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(running=jobs.c.running - counts[job_id], runnable_at=now)
        )
    return sum(count for job_id, count in counts.items() if job_id in alive)
