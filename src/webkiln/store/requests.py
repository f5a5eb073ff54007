"""Statements that recognise a repeated request by its idempotency key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from webkiln.store.schema import idempotency
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

KEPT_S = 86_400.0  # how long a key is remembered, whatever becomes of its job


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


def remember(connection: Connection, once: Once, *, team_id: str, job_id: str, now: float) -> Earlier | None:
    """Store the key for a job, unless it was used before; return the earlier use then."""
    made = connection.execute(
        upsert(connection, idempotency)
        .values(
            team_id=team_id,
            key=once.key,
            fingerprint=once.fingerprint,
            job_id=job_id,
            answer=once.answer,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    return None if made.rowcount else find(connection, team_id, once.key)


def needs_prune(connection: Connection, *, now: float) -> bool:
    """Return whether a key was used longer ago than keys are remembered."""
    return connection.execute(_forgettable(now).limit(1)).first() is not None


def prune(connection: Connection, *, now: float, limit: int) -> int:
    """Forget up to `limit` keys that were used longer ago than keys are remembered; answer how many."""
    old = [tuple(row) for row in connection.execute(_forgettable(now).limit(limit))]
    for team_id, key in old:
        connection.execute(
            delete(idempotency).where(idempotency.c.team_id == team_id, idempotency.c.key == key)
        )
    return len(old)


def _forgettable(now: float) -> Select[tuple[str, str]]:
    return (
        select(idempotency.c.team_id, idempotency.c.key)
        .where(idempotency.c.created_at < now - KEPT_S)
        .order_by(idempotency.c.created_at)
    )
