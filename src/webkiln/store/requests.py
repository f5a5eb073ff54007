"""Statements that recognise a repeated request by its idempotency key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from webkiln.store.schema import idempotency

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webkiln.store.jobs import NewJob


@dataclass(frozen=True, slots=True)
class Once:
    """A key under which a request counts only once for its team.

    `fingerprint` is a digest of the request's body; `answer` is the JSON to give again.
    """

    key: str
    fingerprint: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Earlier:
    """The request that used the key first."""

    fingerprint: bytes
    job_id: str
    answer: bytes


def find(connection: Connection, team_id: str, key: str) -> Earlier | None:
    """Return the request of this team that used `key`, if any."""
    row = connection.execute(
        select(idempotency.c.fingerprint, idempotency.c.job_id, idempotency.c.answer).where(
            idempotency.c.team_id == team_id, idempotency.c.key == key
        )
    ).one_or_none()
    return None if row is None else Earlier(*row)


def remember(connection: Connection, once: Once, job: NewJob, *, now: float) -> Earlier | None:
    """Store the key for `job`, unless it was used before; return the earlier use then."""
    earlier = find(connection, job.team_id, once.key)
    if earlier is None:
        connection.execute(
            insert(idempotency),
            {
                "team_id": job.team_id,
                "key": once.key,
                "fingerprint": once.fingerprint,
                "job_id": job.id,
                "answer": once.answer,
                "created_at": now,
            },
        )
    return earlier
