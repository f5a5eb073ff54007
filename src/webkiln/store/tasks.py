"""Statements on task rows: the claim, the finish, the rescue.

Order inside a transaction, found by racing drafts: job rows first, sorted by id, then tasks,
then documents. Any other order deadlocks or leaves jobs stuck on PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Row, bindparam, case, func, literal, select, update

from webkiln.store.schema import AVAILABLE, RUNNING, jobs, tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

UNRETAINED_S = 600.0  # how long the results of a finished job stay that asked for no retention

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
    grown: int = 0
    due: float | None = None


def claim(
    connection: Connection, worker_id: str, *, kinds: Sequence[str], slots: int, team_limit: int, now: float
) -> list[ClaimedTask]:
    """Take up to `slots` due tasks, fairly between jobs of one priority, the longest unserved first.

    Only running jobs below their `max_concurrency` take part, and only teams below `team_limit`
    tasks in flight (0: no limit).
    """
    candidates = connection.execute(
        select(jobs.c.id, jobs.c.kind, jobs.c.team_id, jobs.c.key_id, jobs.c.zero_retention, jobs.c.priority)
        .add_columns(jobs.c.fifo, jobs.c.max_concurrency, jobs.c.running, jobs.c.open)
        .where(
            jobs.c.state == RUNNING,
            jobs.c.open > jobs.c.running,
            jobs.c.runnable_at <= now,
            jobs.c.kind.in_(kinds),
            jobs.c.max_concurrency.is_(None) | (jobs.c.running < jobs.c.max_concurrency),
        )
        .order_by(jobs.c.priority, jobs.c.served_at)
        .limit(_CANDIDATES)
    ).all()
    if not candidates:
        return []
    room = _team_room(connection, {row.team_id for row in candidates}, kinds, team_limit)
    claimed: list[ClaimedTask] = []
    for place, job in enumerate(candidates):
        peers = sum(1 for other in candidates[place:] if other.priority == job.priority)
        share = -(-(slots - len(claimed)) // peers)
        want = min(share, room[job.team_id], job.open - job.running)
        if job.max_concurrency is not None:
            want = min(want, job.max_concurrency - job.running)
        if want <= 0:
            continue
        taken = _claim_of_job(connection, job, worker_id, want, now)
        room[job.team_id] -= len(taken)
        claimed += taken
        if len(claimed) >= slots:
            break
    return claimed


def _team_room(connection: Connection, teams: set[str], kinds: Sequence[str], limit: int) -> dict[str, int]:
    if not limit:
        return dict.fromkeys(teams, 1 << 30)
    busy = connection.execute(
        select(jobs.c.team_id, func.sum(jobs.c.running))
        .where(jobs.c.team_id.in_(sorted(teams)), jobs.c.state == RUNNING, jobs.c.kind.in_(kinds))
        .group_by(jobs.c.team_id)
    )
    counted = {team: int(running) for team, running in busy}
    return {team: limit - counted.get(team, 0) for team in teams}


def _claim_of_job(
    connection: Connection, job: Row[tuple[object, ...]], worker_id: str, want: int, now: float
) -> list[ClaimedTask]:
    waiting = (tasks.c.job_id == job.id) & (tasks.c.state == AVAILABLE)
    if job.fifo:
        # The oldest event blocks the ones behind it, due or not: receivers see them in order.
        head = select(tasks.c.id).where(waiting).order_by(tasks.c.priority).limit(1).scalar_subquery()
        chosen = select(tasks.c.id).where(tasks.c.id == head, tasks.c.run_at <= now)
    else:
        chosen = (
            select(tasks.c.id)
            .where(waiting, tasks.c.run_at <= now)
            .order_by(tasks.c.priority, tasks.c.run_at, tasks.c.id)
            .limit(want)
            .with_for_update(skip_locked=True)
        )
    rows = connection.execute(
        update(tasks)
        .where(tasks.c.id.in_(chosen))
        .values(state="running", claimed_by=worker_id, attempt=tasks.c.attempt + 1)
        .returning(
            tasks.c.id,
            tasks.c.job_id,
            tasks.c.spec_id,
            tasks.c.payload,
            tasks.c.attempt,
            tasks.c.tries,
            tasks.c.crashes,
        )
    ).all()
    if rows:
        change = {"running": jobs.c.running + len(rows), "served_at": now}
    else:
        # Everything left is due later: sleep until then instead of asking again and again.
        due = select(func.min(tasks.c.run_at)).where(waiting)
        if job.fifo:
            due = select(tasks.c.run_at).where(waiting).order_by(tasks.c.priority).limit(1)
        change = {"runnable_at": func.coalesce(due.scalar_subquery(), now + 1), "served_at": now}
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(change))
    shared = (job.kind, job.team_id, job.key_id, job.zero_retention)
    return sorted((ClaimedTask(*(*row, *shared)) for row in rows), key=lambda task: task.id)


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


def lock_jobs(connection: Connection, job_ids: Iterable[str]) -> dict[str, Row[tuple[object, ...]]]:
    """Lock job rows in the order of their ids and return them by id."""
    rows = connection.execute(
        select(jobs).where(jobs.c.id.in_(sorted(set(job_ids)))).order_by(jobs.c.id).with_for_update()
    )
    return {row.id: row for row in rows}


def still_held(connection: Connection, worker_id: str, task_ids: Sequence[str]) -> dict[str, int]:
    """Return the attempt of each of `task_ids` that `worker_id` still holds."""
    rows = connection.execute(
        select(tasks.c.id, tasks.c.attempt).where(
            tasks.c.id.in_(task_ids), tasks.c.claimed_by == worker_id, tasks.c.state == RUNNING
        )
    )
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


def settle(
    connection: Connection, tallies: Mapping[str, Tally], *, now: float, ttl_s: float
) -> dict[str, str]:
    """Apply the tallies to their locked job rows; return the state of each job that ended.

    A job with nothing open left becomes `completed`; failed pages do not make it `failed`
    (contract §21.9).
    """
    ended = {}
    for job_id, tally in sorted(tallies.items()):
        done = tally.completed + tally.failed
        left = jobs.c.open - done + tally.grown
        due = tally.due if tally.due is not None else now
        state = connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(
                submitted=jobs.c.submitted + tally.grown,
                open=left,
                running=jobs.c.running - done - tally.returned,
                completed=jobs.c.completed + tally.completed,
                failed=jobs.c.failed + tally.failed,
                documents=jobs.c.documents + tally.documents,
                credits=jobs.c.credits + tally.credits,
                state=case((left == 0, literal("completed")), else_=literal("running")),
                finished_at=case((left == 0, literal(now)), else_=None),
                expires_at=case(
                    (left != 0, jobs.c.expires_at),
                    (jobs.c.zero_retention, literal(now + min(ttl_s, UNRETAINED_S))),
                    else_=literal(now + ttl_s),
                ),
                runnable_at=case(
                    (jobs.c.open == jobs.c.running, literal(due)),
                    (jobs.c.runnable_at > due, literal(due)),
                    else_=jobs.c.runnable_at,
                )
                if tally.returned or tally.grown
                else jobs.c.runnable_at,
            )
            .returning(jobs.c.state)
        ).scalar_one()
        if state == "completed":
            ended[job_id] = state
    return ended


def rescue(connection: Connection, worker_id: str, *, suspect: str | None, now: float) -> int:
    """Give back everything a dead worker held; answer how many tasks.

    `suspect` is the task that had the processor when the worker died; only it is charged a crash.
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
            crashes=tasks.c.crashes + case((tasks.c.id == literal(suspect, tasks.c.id.type), 1), else_=0),
        )
    )
    for job_id in sorted(alive):
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(running=jobs.c.running - counts[job_id], runnable_at=now)
        )
    return sum(count for job_id, count in counts.items() if job_id in alive)
