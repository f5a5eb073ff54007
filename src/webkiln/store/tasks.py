"""Statements on task rows: the finish and the rescue; the claim is next door.

Rows are locked in one order (docs/job-life-cycle.md, "One order"); another one deadlocks on PostgreSQL.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, Row, bindparam, case, delete, select, update

from webkiln.store.among import among
from webkiln.store.jobs import UNRETAINED_S
from webkiln.store.schema import COMPLETED, RUNNING, jobs, tasks, workers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection


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
    told_id: str | None
    """The outbox that the end of its job is announced in."""
    depth: int = 0
    """Links between the start of its crawl and this page."""


@dataclass(slots=True)
class Tally:
    """What one batch of finishes changes on one job's row."""

    completed: int = 0
    failed: int = 0
    returned: int = 0
    added: int = 0
    recorded: int = 0
    """Tasks added that had failed before they were made."""
    documents: int = 0
    credits: int = 0
    due: float | None = None
    given_back: bool = False

    def wake(self, job: Row[tuple[Any, ...]], now: float) -> None:
        """Let the job be looked at again, now or after its pause, where its tasks may have become free."""
        if self.added or job.level is not None:
            self.due = now if self.due is None else min(self.due, now)
        if job.delay_s is not None:
            self.due = max(self.due or now, now + job.delay_s)

    def stirs(self, job: Row[tuple[Any, ...]]) -> bool:
        """Return whether workers may now claim of `job`, its row as it was before, what they could not.

        Those who poll would notice a second later: a job of one page at a time would crawl.
        """
        waiting = job.open - job.running + self.returned + self.added
        bounded = job.max_concurrency is not None or job.page_limit is not None or job.level is not None
        return self.given_back or self.added > 0 or (bounded and waiting > 0)


# Statements of the hot path are built once: building costs more than running them. A query inside of
# this one would be asked again of each row that changed while it was waited for, and PostgreSQL would
# leave out rows that are there.
_OF_IDS = select(jobs).where(among(jobs.c.id, "ids")).order_by(jobs.c.id)
_LOCKED = _OF_IDS.with_for_update()
_FREE = _OF_IDS.with_for_update(skip_locked=True)
_HELD = select(tasks.c.id, tasks.c.attempt).where(
    among(tasks.c.id, "ids"), tasks.c.claimed_by == bindparam("worker"), tasks.c.state == RUNNING
)


def lock_jobs(connection: Connection, job_ids: Iterable[str]) -> dict[str, Row[tuple[Any, ...]]]:
    """Lock job rows in the order of their ids and return them by id; those that are gone are left out.

    The outboxes that a transaction writes to are locked along with their jobs: later would be out of order.
    """
    wanted = sorted(set(job_ids))
    return {row.id: row for row in connection.execute(_LOCKED, {"ids": wanted})} if wanted else {}


def lock_free_jobs(connection: Connection, job_ids: Iterable[str]) -> dict[str, Row[tuple[Any, ...]]]:
    """Lock those job rows that nobody holds; where all are held, wait for one of them."""
    wanted = sorted(set(job_ids))
    free = {row.id: row for row in connection.execute(_FREE, {"ids": wanted})}
    return free or lock_jobs(connection, wanted[:1])


def still_held(connection: Connection, worker_id: str, task_ids: Sequence[str]) -> dict[str, int]:
    """Return the attempt of each of `task_ids` that `worker_id` still holds."""
    rows = connection.execute(_HELD, {"ids": list(task_ids), "worker": worker_id})
    return {row.id: row.attempt for row in rows}


_DONE = (
    update(tasks)
    .where(among(tasks.c.id, "ids"))
    .values(state="completed", finished_at=bindparam("moment"), claimed_by=None)
)
_FAIL = (
    update(tasks)
    .where(tasks.c.id == bindparam("task_id"))
    .values(state="failed", error=bindparam("new_error"), finished_at=bindparam("moment"), claimed_by=None)
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


def complete_tasks(connection: Connection, done: Sequence[str], now: float) -> None:
    """Move held tasks to their good end."""
    if done:
        connection.execute(_DONE, {"ids": list(done), "moment": now})


def fail_tasks(connection: Connection, failed: Sequence[tuple[str, bytes]], now: float) -> None:
    """Move held tasks to their bad end: (task id, error) each."""
    if failed:
        connection.execute(
            _FAIL, [{"task_id": task, "new_error": error, "moment": now} for task, error in failed]
        )


def return_tasks(connection: Connection, returned: Sequence[tuple[str, float, int]]) -> None:
    """Make held tasks available again: (task id, due moment, tries to add) each."""
    if returned:
        connection.execute(
            _RETURN, [{"task_id": task, "due": due, "more_tries": n} for task, due, n in returned]
        )


_LEFT = jobs.c.open - bindparam("done") + bindparam("new")
# A job that has all the documents it may have ends with tasks left over: they count as cancelled.
_FULL = jobs.c.documents + bindparam("made") >= jobs.c.page_limit
_ENDS = (_LEFT == 0) | _FULL
_WHEN_DUE = bindparam("due", type_=Double)
_SETTLE = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(
        submitted=jobs.c.submitted + bindparam("new") + bindparam("recorded"),
        open=case((_ENDS, 0), else_=_LEFT),
        running=case((_ENDS, 0), else_=jobs.c.running - bindparam("done") - bindparam("back")),
        cancelled=case((_ENDS, jobs.c.cancelled + _LEFT), else_=jobs.c.cancelled),
        completed=jobs.c.completed + bindparam("good"),
        failed=jobs.c.failed + bindparam("bad") + bindparam("recorded"),
        documents=jobs.c.documents + bindparam("made"),
        credits=jobs.c.credits + bindparam("cost"),
        state=case((_ENDS, COMPLETED), else_=RUNNING),
        finished_at=case((_ENDS, bindparam("now", type_=Double)), else_=None),
        expires_at=case(
            (_ENDS & jobs.c.zero_retention, bindparam("soon", type_=Double)),
            (_ENDS, bindparam("later", type_=Double)),
            else_=jobs.c.expires_at,
        ),
        # Tasks that came back may be due before, or after, what the job was waiting for.
        runnable_at=case(
            (_WHEN_DUE.is_(None), jobs.c.runnable_at),
            (jobs.c.delay_s.is_not(None), _WHEN_DUE),
            (jobs.c.open == jobs.c.running, _WHEN_DUE),
            (jobs.c.runnable_at > _WHEN_DUE, _WHEN_DUE),
            else_=jobs.c.runnable_at,
        ),
    )
    .returning(jobs.c.state)
)


def settle(connection: Connection, tallies: Mapping[str, Tally], *, now: float, ttl_s: float) -> list[str]:
    """Apply the tallies to their locked job rows; return the jobs that ended by it.

    A job with nothing open left, or with as many documents as it may have, becomes `completed`;
    failed pages do not make it `failed` (contract §21.9).
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
                "new": tally.added,
                "recorded": tally.recorded,
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


_OF_WORKER = select(tasks.c.id, tasks.c.job_id).where(
    tasks.c.claimed_by == bindparam("worker"), tasks.c.state == RUNNING
)


def held_by(connection: Connection, worker_id: str) -> dict[str, str]:
    """Return the tasks a worker holds, each with its job."""
    rows = connection.execute(_OF_WORKER, {"worker": worker_id})
    return {row.id: row.job_id for row in rows}


def rescue(
    connection: Connection,
    worker_id: str,
    *,
    suspects: Sequence[str],
    now: float,
    but: Collection[str] = (),
) -> int:
    """Give back everything a worker holds, `but` what it still has in hand; answer how many tasks.

    The caller holds the worker's row, so that the worker claims nothing meanwhile. `suspects` are
    the tasks that had the processor when the worker died; only they are charged a crash.
    """
    held = {task: job for task, job in held_by(connection, worker_id).items() if task not in but}
    if not held:
        return 0
    locked = lock_jobs(connection, held.values())
    alive = sorted(job_id for job_id, job in locked.items() if job.state == "running")
    given_back = connection.execute(
        update(tasks)
        .where(
            tasks.c.claimed_by == worker_id,
            tasks.c.state == RUNNING,
            tasks.c.job_id.in_(alive),
            tasks.c.id.in_(sorted(held)),
        )
        .values(
            state="available",
            claimed_by=None,
            run_at=now,
            crashes=tasks.c.crashes + case((tasks.c.id.in_(suspects), 1), else_=0),
        )
        .returning(tasks.c.job_id)
    ).scalars()
    counts = Counter(given_back)  # what the worker finished before its jobs were locked is not among them
    for job_id, count in sorted(counts.items()):
        connection.execute(
            update(jobs).where(jobs.c.id == job_id).values(running=jobs.c.running - count, runnable_at=now)
        )
    return counts.total()


def rescue_all(connection: Connection) -> None:
    """Give back every task there is in hand and forget all workers."""
    connection.execute(delete(workers))
    connection.execute(
        update(tasks).where(tasks.c.state == RUNNING).values(state="available", claimed_by=None)
    )
    connection.execute(update(jobs).where(jobs.c.state == RUNNING).values(running=0))
