"""Statements that look at many jobs at once: counts, the newest, those that run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from webkiln.store.jobs import JOB_COLUMNS, Job
from webkiln.store.schema import COMPLETED, RUNNING, STAGING, jobs, specs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def queue_counts(connection: Connection, team_id: str, kinds: Sequence[str]) -> tuple[int, int, float | None]:
    """Return a team's open tasks, those of them in flight, and when a job last completed."""
    opened, running = connection.execute(
        select(func.coalesce(func.sum(jobs.c.open), 0), func.coalesce(func.sum(jobs.c.running), 0)).where(
            jobs.c.team_id == team_id, jobs.c.state == RUNNING, jobs.c.kind.in_(kinds)
        )
    ).one()
    latest = connection.execute(
        select(func.max(jobs.c.finished_at)).where(
            jobs.c.team_id == team_id, jobs.c.state == COMPLETED, jobs.c.kind.in_(kinds)
        )
    ).scalar()
    return int(opened), int(running), latest


def recent(
    connection: Connection,
    team_id: str,
    kinds: Sequence[str],
    *,
    since: float,
    before: tuple[float, str] | None,
    limit: int,
) -> list[Job]:
    """Return a team's newest jobs first, from `since` on, after the cursor `before` (time, id)."""
    query = select(*JOB_COLUMNS).where(
        jobs.c.team_id == team_id, jobs.c.kind.in_(kinds), jobs.c.state != STAGING, jobs.c.created_at >= since
    )
    if before is not None:
        moment, job_id = before
        query = query.where(
            (jobs.c.created_at < moment) | ((jobs.c.created_at == moment) & (jobs.c.id < job_id))
        )
    rows = connection.execute(query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit))
    return [Job(*row) for row in rows]


def running_with_spec(
    connection: Connection, team_id: str, kinds: Sequence[str], *, limit: int
) -> list[tuple[str, float, bytes]]:
    """Return (id, created at, first spec) of a team's running jobs, the newest first."""
    first = (
        select(specs.c.id)
        .where(specs.c.job_id == jobs.c.id)
        .order_by(specs.c.id)
        .limit(1)
        .correlate(jobs)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(jobs.c.id, jobs.c.created_at, specs.c.body)
        .join(specs, specs.c.id == first)
        .where(jobs.c.team_id == team_id, jobs.c.state == RUNNING, jobs.c.kind.in_(kinds))
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def open_tasks(connection: Connection) -> tuple[int, int]:
    """Return the open tasks of all running jobs, and those of them in flight."""
    opened, running = connection.execute(
        select(func.coalesce(func.sum(jobs.c.open), 0), func.coalesce(func.sum(jobs.c.running), 0)).where(
            jobs.c.state == RUNNING
        )
    ).one()
    return int(opened), int(running)
