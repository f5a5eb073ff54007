"""Statements on documents: the pages a job answers with, and the errors of those that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from webkiln.store.bulk import insert_rows
from webkiln.store.schema import FAILED, RUNNING, documents, jobs, tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class NewDocument:
    """One finished page: the JSON bytes it is sent as, and its place in the job's order."""

    job_id: str
    task_id: str
    position: int
    body: bytes


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A page that ended with an error; `error` is JSON with `code` and `error`."""

    id: str
    payload: str
    finished_at: float | None
    error: bytes | None


def insert_documents(connection: Connection, made: Sequence[NewDocument], now: float) -> None:
    """Insert finished pages; a second document of one task breaks the transaction."""
    insert_rows(
        connection,
        documents,
        ("job_id", "task_id", "position", "created_at", "body"),
        [(item.job_id, item.task_id, item.position, now, item.body) for item in made],
    )


def read_documents(
    connection: Connection, job_id: str, *, skip: int, limit: int, max_bytes: int
) -> list[bytes]:
    """Return documents in order of completion from position `skip` on.

    Stops after `limit` documents, or before the one that would take the sum over `max_bytes`;
    the first is always returned.
    """
    place = (
        (documents.c.job_id == job_id)
        & (documents.c.position >= skip)
        & (documents.c.position < skip + limit)
    )
    sizes = connection.execute(
        select(documents.c.position, func.length(documents.c.body))
        .where(place)
        .order_by(documents.c.position)
    )
    end, total = skip, 0
    for position, size in sizes:
        total += size
        if total > max_bytes and position > skip:
            break
        end = position + 1
    bodies = connection.execute(
        select(documents.c.body).where(place, documents.c.position < end).order_by(documents.c.position)
    )
    return list(bodies.scalars())


def read_pages(connection: Connection, job_id: str) -> list[tuple[str, str]]:
    """Return (task id, payload) of a job's documents, in the order of `read_documents`."""
    rows = connection.execute(
        select(tasks.c.id, tasks.c.payload)
        .join(documents, documents.c.task_id == tasks.c.id)
        .where(documents.c.job_id == job_id)
        .order_by(documents.c.position)
    )
    return [(row[0], row[1]) for row in rows]


def read_document(connection: Connection, task_id: str, *, team_id: str, now: float) -> bytes | None:
    """Return one page of a team by its task's id; None when unknown, foreign, unfinished or expired."""
    return connection.execute(
        select(documents.c.body)
        .join(jobs, jobs.c.id == documents.c.job_id)
        .where(
            documents.c.task_id == task_id,
            jobs.c.team_id == team_id,
            (jobs.c.expires_at > now) | (jobs.c.state == RUNNING),
        )
    ).scalar()


def read_outcome(connection: Connection, job_id: str) -> tuple[bytes | None, bytes | None]:
    """Return the document and the error of a job of one task; one of them when it has ended."""
    row = connection.execute(
        select(documents.c.body, tasks.c.error)
        .select_from(tasks.outerjoin(documents, documents.c.task_id == tasks.c.id))
        .where(tasks.c.job_id == job_id)
    ).one_or_none()
    return (None, None) if row is None else (row[0], row[1])


def read_failures(connection: Connection, job_id: str) -> list[FailedTask]:
    """Return a job's failed tasks in the order they were made."""
    rows = connection.execute(
        select(tasks.c.id, tasks.c.payload, tasks.c.finished_at, tasks.c.error)
        .where(tasks.c.job_id == job_id, tasks.c.state == FAILED)
        .order_by(tasks.c.id)
    )
    return [FailedTask(*row) for row in rows]


def forget(connection: Connection, job_id: str) -> None:
    """Delete a job's documents at once, for requests that ask for no retention."""
    connection.execute(delete(documents).where(documents.c.job_id == job_id))
