"""Statements on job rows: making, reading, ending and pruning jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, case, delete, false, insert, literal, select, update

from webkiln import ids
from webkiln.store import likenesses, visited
from webkiln.store.among import among, among_chosen
from webkiln.store.bulk import insert_rows
from webkiln.store.schema import (
    AVAILABLE,
    CANCELLED,
    COMPLETED,
    FAILED,
    RUNNING,
    STAGING,
    documents,
    jobs,
    specs,
    tasks,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row


UNRETAINED_S = 600.0  # how long the results of an ended job stay that asked for no retention
_NOTES = 20
_JOBS_AT_ONCE = 100
_DOCUMENTS_AT_ONCE = 200  # of 20 KB: 10 ms; 5,000 of them kept every writer waiting for 400 ms


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job about to be made; times are Unix seconds.

    Each of its pages may cost `page_price`, which is reserved of its key's limit, where that has one. It
    ends with `page_limit` documents if there is one. Between two claims lie `delay_s`. With a
    `level`, tasks of a higher priority number wait until all of lower ones are done.
    """

    id: str
    team_id: str
    kind: str
    created_at: float
    expires_at: float
    key_id: str | None = None
    priority: int = 100
    max_concurrency: int | None = None
    fifo: bool = False
    zero_retention: bool = False
    target: str | None = None
    parent_id: str | None = None
    outbox_id: str | None = None
    announce_end: bool = False
    page_limit: int | None = None
    delay_s: float | None = None
    level: int | None = None
    page_price: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A job row as it stood when it was read."""

    id: str
    team_id: str
    key_id: str | None
    kind: str
    state: str
    max_concurrency: int | None
    zero_retention: bool
    target: str | None
    created_at: float
    finished_at: float | None
    expires_at: float
    outbox_id: str | None
    announce_end: bool
    submitted: int
    open: int
    running: int
    completed: int
    failed: int
    cancelled: int
    documents: int
    credits: int
    page_limit: int | None
    paused: bool
    notes: str | None


JOB_COLUMNS = [jobs.c[name] for name in Job.__slots__]


_BILLED = select(jobs.c.key_id, jobs.c.page_price).where(jobs.c.id == bindparam("job"))


def billed_to(connection: Connection, job_id: str) -> tuple[str | None, int]:
    """Return the key that pays for a job's pages, and what each may cost; neither ever changes."""
    found = connection.execute(_BILLED, {"job": job_id}).one_or_none()
    return (None, 0) if found is None else (found.key_id, found.page_price)


def insert_staged(connection: Connection, job: NewJob) -> None:
    """Insert a job that nobody sees or claims until `release`."""
    values: dict[str, Any] = {name: getattr(job, name) for name in NewJob.__slots__}
    connection.execute(insert(jobs), {**values, "state": "staging", "runnable_at": job.created_at})


def insert_spec(connection: Connection, job_id: str, body: bytes) -> str:
    """Insert what the job's tasks share and return its id."""
    spec_id = ids.new_id()
    connection.execute(insert(specs), {"id": spec_id, "job_id": job_id, "body": body})
    return spec_id


def read_spec(connection: Connection, spec_id: str) -> bytes | None:
    """Return what was stored under `spec_id`, or None when its job is gone."""
    return connection.execute(select(specs.c.body).where(specs.c.id == spec_id)).scalar()


def spec_of(connection: Connection, job_id: str) -> str | None:
    """Return the id of a job's first spec, or None when the job is gone."""
    return connection.execute(
        select(specs.c.id).where(specs.c.job_id == job_id).order_by(specs.c.id).limit(1)
    ).scalar()


def told_of(connection: Connection, job_id: str) -> str | None:
    """Return the outbox that a job's end is announced in; it never changes."""
    return connection.execute(
        select(jobs.c.outbox_id).where(jobs.c.id == job_id, jobs.c.announce_end)
    ).scalar()


def insert_tasks(
    connection: Connection,
    job_id: str,
    spec_id: str,
    payloads: Sequence[str],
    *,
    run_at: float,
    first: int | None = None,
    hosts: Sequence[str | None] | None = None,
) -> list[str]:
    """Insert available tasks in order and return their ids; the job's counters stay as they are.

    `first` numbers the tasks of a first-in-first-out job: the count it had before. `hosts` names
    for each task the host whose limits it keeps to.
    """
    made = ids.new_ids(len(payloads))
    start = 0 if first is None else first
    step = 0 if first is None else 1
    insert_rows(
        connection,
        tasks,
        ("id", "job_id", "spec_id", "state", "priority", "run_at", "payload", "host"),
        [
            (task_id, job_id, spec_id, "available", start + step * place, run_at, payload, host)
            for place, (task_id, payload, host) in enumerate(
                zip(made, payloads, hosts or [None] * len(payloads), strict=True)
            )
        ],
    )
    return made


def release(connection: Connection, job_id: str, *, count: int, runnable_at: float) -> None:
    """Turn a staged job with `count` inserted tasks into a running one; without any it is completed."""
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == STAGING)
        .values(
            state="running" if count else "completed", submitted=count, open=count, runnable_at=runnable_at
        )
    )


def set_runnable(connection: Connection, job_id: str, runnable_at: float) -> None:
    """Move the moment from which the job's tasks may be claimed."""
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(runnable_at=runnable_at))


def grow(connection: Connection, job_id: str, *, count: int, runnable_at: float, expires_at: float) -> bool:
    """Add `count` inserted tasks to a running or completed job, reopening the latter.

    Answers False, having changed nothing, when the job is in any other state.
    """
    reached = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.in_((RUNNING, COMPLETED)))
        .values(
            state="running",
            finished_at=None,
            submitted=jobs.c.submitted + count,
            open=jobs.c.open + count,
            # Behind tasks that are due later new ones need not wait, unless they keep an order.
            runnable_at=case(
                (jobs.c.open == jobs.c.running, literal(runnable_at)),
                (jobs.c.fifo | (jobs.c.runnable_at < runnable_at), jobs.c.runnable_at),
                else_=literal(runnable_at),
            ),
            expires_at=case((jobs.c.expires_at < expires_at, literal(expires_at)), else_=jobs.c.expires_at),
        )
    )
    return reached.rowcount == 1


def read_job(
    connection: Connection, job_id: str, *, team_id: str, kinds: Sequence[str], now: float
) -> Job | None:
    """Return a team's job of one of `kinds`; None for unknown, staged, expired and foreign ones alike."""
    row = connection.execute(
        select(*JOB_COLUMNS).where(
            jobs.c.id == job_id,
            jobs.c.team_id == team_id,
            jobs.c.kind.in_(kinds),
            jobs.c.state != STAGING,
            (jobs.c.expires_at > now) | (jobs.c.state == RUNNING),
        )
    ).one_or_none()
    return None if row is None else Job(*row)


def cancel(connection: Connection, job_id: str, *, now: float, ttl_s: float) -> bool:
    """Cancel a running job in one row, whatever its size; answer whether it was running."""
    short = now + min(ttl_s, UNRETAINED_S)
    reached = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == RUNNING)
        .values(
            state="cancelled",
            finished_at=now,
            expires_at=case((jobs.c.zero_retention, literal(short)), else_=literal(now + ttl_s)),
            cancelled=jobs.c.cancelled + jobs.c.open,
            open=0,
            running=0,
        )
    )
    return reached.rowcount == 1


def set_paused(connection: Connection, job_id: str, *, paused: bool, now: float) -> bool:
    """Hold back a running job's waiting tasks, or let them go; answer whether it was running."""
    reached = connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == RUNNING)
        .values(paused=paused, runnable_at=case((literal(value=paused), jobs.c.runnable_at), else_=now))
    )
    return reached.rowcount == 1


def add_notes(connection: Connection, job: Row[tuple[Any, ...]], notes: Sequence[str]) -> None:
    """Add sentences to a locked job's notes, those that it does not have yet."""
    there = (job.notes or "").splitlines()
    new = [note for note in dict.fromkeys(notes) if note not in there]
    if new:
        connection.execute(
            update(jobs).where(jobs.c.id == job.id).values(notes="\n".join([*there, *new][:_NOTES]))
        )


def count_open(connection: Connection, job_id: str) -> int:
    """Return how many tasks of a job have not ended; 0 when it is gone."""
    return connection.execute(select(jobs.c.open).where(jobs.c.id == job_id)).scalar() or 0


_STILL_RUNNING = select(jobs.c.id).where(among(jobs.c.id, "ids"), jobs.c.state == RUNNING)


def not_running(connection: Connection, job_ids: Sequence[str]) -> list[str]:
    """Return those of `job_ids` that no longer run: cancelled, or pruned away."""
    alive = connection.execute(_STILL_RUNNING, {"ids": list(job_ids)}).scalars()
    return sorted(set(job_ids) - set(alive))


_UNSWEPT = (jobs.c.state == CANCELLED) & (jobs.c.swept == false())


def needs_sweep(connection: Connection) -> bool:
    """Return whether a cancelled job still has open task rows under it."""
    return connection.execute(select(jobs.c.id).where(_UNSWEPT).limit(1)).first() is not None


def sweep_cancelled(connection: Connection, *, limit: int, now: float) -> int:
    """Mark up to `limit` open tasks of cancelled jobs as cancelled; answer how many.

    The job row told the truth from the moment of the cancel; this only tidies the rows under it.
    """
    # Held in their order, before their tasks: others lock several jobs too.
    unswept = select(jobs.c.id).where(_UNSWEPT).order_by(jobs.c.id).limit(_JOBS_AT_ONCE)
    ended = list(connection.execute(unswept.with_for_update(skip_locked=True)).scalars())
    values = {"state": "cancelled", "finished_at": now, "claimed_by": None}
    left = limit
    for job_id in ended:
        # In the order of the index of waiting tasks: that of all tasks leads past the finished ones.
        waiting = (
            select(tasks.c.id)
            .where(tasks.c.job_id == job_id, tasks.c.state == AVAILABLE)
            .order_by(tasks.c.priority, tasks.c.run_at, tasks.c.id)
            .limit(left)
        )
        swept = update(tasks).where(among_chosen(tasks.c.id, waiting)).values(values)
        left -= connection.execute(swept).rowcount
        if left <= 0:
            return limit
    # The tasks in flight are as few as the workers have hands, so all of them are looked through.
    in_flight = connection.execute(select(tasks.c.id, tasks.c.job_id).where(tasks.c.state == RUNNING))
    held = [task_id for task_id, job_id in in_flight if job_id in ended]
    connection.execute(update(tasks).where(tasks.c.id.in_(held)).values(values))
    connection.execute(update(jobs).where(jobs.c.id.in_(ended)).values(swept=True))
    return max(limit - left + len(held), min(len(ended), 1))


def _doomed(now: float, abandoned_before: float) -> tuple[Select[str], Select[str]]:
    """Return the queries for jobs that were abandoned while they were staged, and for those that expired."""
    parents = jobs.alias("parents")
    ended = jobs.c.state.in_((COMPLETED, FAILED, CANCELLED))
    return (
        select(jobs.c.id).where(jobs.c.state == STAGING, jobs.c.created_at < abandoned_before),
        # An outbox goes after its job: by then it has no parent any more.
        select(jobs.c.id)
        .select_from(jobs.outerjoin(parents, parents.c.id == jobs.c.parent_id))
        .where(jobs.c.expires_at <= now, ended, parents.c.id.is_(None))
        .order_by(jobs.c.expires_at),
    )


def needs_prune(connection: Connection, *, now: float, abandoned_before: float) -> bool:
    """Return whether a job expired, or was staged before `abandoned_before` and never released."""
    return any(
        connection.execute(query.limit(1)).first() is not None for query in _doomed(now, abandoned_before)
    )


def prune(connection: Connection, *, now: float, abandoned_before: float, limit: int) -> int:
    """Delete up to `limit` rows under jobs that `needs_prune`, and those jobs; answer how many rows.

    Of documents, whose bodies take their time, only so many are deleted at once that nobody waits long.
    """
    doomed: list[str] = []
    for query in _doomed(now, abandoned_before):
        # Locked, for an append must not revive a job whose rows are about to go.
        held = query.limit(_JOBS_AT_ONCE - len(doomed)).with_for_update(skip_locked=True, of=jobs)
        doomed += connection.execute(held).scalars()
    gone = 0
    for table, most in ((documents, min(limit, _DOCUMENTS_AT_ONCE)), (tasks, limit), (specs, limit)):
        chunk = select(table.c.id).where(table.c.job_id.in_(doomed)).limit(most)
        deleted = connection.execute(delete(table).where(among_chosen(table.c.id, chunk))).rowcount
        gone += deleted
        if deleted >= most:
            return gone
    gone += visited.forget(connection, doomed, limit=limit)
    gone += likenesses.forget(connection, doomed, limit=limit)
    if gone >= limit:
        return gone
    return gone + connection.execute(delete(jobs).where(jobs.c.id.in_(doomed))).rowcount
