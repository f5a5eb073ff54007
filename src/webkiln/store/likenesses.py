"""Statements on likenesses: which page of a job repeats an earlier one of the same job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from webkiln.store.bulk import insert_rows
from webkiln.store.schema import jobs, likenesses, tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

_MOST_CANDIDATES = 2_000


def earlier_like(
    connection: Connection,
    job_id: str,
    task_id: str,
    bits: int,
    bands: Sequence[int],
    near: Callable[[int], bool],
) -> str | None:
    """Return the payload of an earlier page of the job that is `near`; note this page if there is none.

    The job's row is held meanwhile, so that of two alike pages at once one is the earlier.
    """
    held = select(jobs.c.id).where(jobs.c.id == job_id).with_for_update()
    if connection.execute(held).first() is None:
        return None
    sharing = (
        select(likenesses.c.task_id, likenesses.c.bits)
        .where(likenesses.c.job_id == job_id, likenesses.c.band.in_(bands), likenesses.c.task_id != task_id)
        .limit(_MOST_CANDIDATES)
    )
    alike = sorted({row.task_id for row in connection.execute(sharing) if near(row.bits)})
    if alike:
        return connection.execute(select(tasks.c.payload).where(tasks.c.id == alike[0])).scalar()
    # Again after a worker died: it may have become another page meanwhile.
    connection.execute(
        delete(likenesses).where(likenesses.c.job_id == job_id, likenesses.c.task_id == task_id)
    )
    rows = [(job_id, band, task_id, bits) for band in sorted(set(bands))]
    insert_rows(connection, likenesses, ("job_id", "band", "task_id", "bits"), rows)
    return None


def forget(connection: Connection, job_ids: Sequence[str], *, limit: int) -> int:
    """Delete up to `limit` rows of jobs that are about to go; answer how many."""
    gone = 0
    for job_id in job_ids:
        if gone >= limit:
            break
        chunk = (
            select(likenesses.c.task_id).where(likenesses.c.job_id == job_id).distinct().limit(limit - gone)
        )
        statement = delete(likenesses).where(likenesses.c.job_id == job_id, likenesses.c.task_id.in_(chunk))
        gone += connection.execute(statement).rowcount
    return gone
