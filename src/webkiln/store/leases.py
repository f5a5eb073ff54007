"""Statements on who is alive: workers under their leases, and the leader of each duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from webkiln.store.schema import leaders, workers
from webkiln.store.upsert import upsert

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Worker:
    """A registered worker."""

    id: str
    host: str
    slot: str


def register(connection: Connection, worker: Worker, *, now: float, lease_until: float) -> None:
    """Insert a worker with its first lease."""
    connection.execute(
        insert(workers),
        {
            "id": worker.id,
            "host": worker.host,
            "slot": worker.slot,
            "started_at": now,
            "lease_until": lease_until,
        },
    )


def renew(connection: Connection, worker_id: str, lease_until: float) -> bool:
    """Extend a lease; False when the worker was already taken for dead."""
    reached = connection.execute(
        update(workers).where(workers.c.id == worker_id).values(lease_until=lease_until)
    )
    return reached.rowcount == 1


def holds(connection: Connection, worker_id: str) -> bool:
    """Return whether a worker is registered, and keep it so until the transaction ends."""
    held = select(workers.c.id).where(workers.c.id == worker_id).with_for_update(read=True)
    return connection.execute(held).first() is not None


def hold(connection: Connection, worker_id: str) -> float | None:
    """Keep a worker from claiming until the transaction ends; return its lease's end, None if it is gone."""
    return connection.execute(
        select(workers.c.lease_until).where(workers.c.id == worker_id).with_for_update()
    ).scalar()


def forget(connection: Connection, worker_id: str) -> None:
    """Delete a worker; what it held must have been given back before."""
    connection.execute(delete(workers).where(workers.c.id == worker_id))


def all_workers(connection: Connection) -> dict[Worker, float]:
    """Return every registered worker with the end of its lease."""
    rows = connection.execute(
        select(workers.c.id, workers.c.host, workers.c.slot, workers.c.lease_until).order_by(workers.c.id)
    )
    return {Worker(row.id, row.host, row.slot): row.lease_until for row in rows}


def of_slot(connection: Connection, host: str, slot: str) -> list[Worker]:
    """Return the workers registered in one place of one host."""
    rows = connection.execute(
        select(workers.c.id, workers.c.host, workers.c.slot)
        .where(workers.c.host == host, workers.c.slot == slot)
        .order_by(workers.c.id)
    )
    return [Worker(*row) for row in rows]


def count_alive(connection: Connection, now: float) -> int:
    """Return how many workers hold a lease."""
    return int(
        connection.execute(
            select(func.count()).select_from(workers).where(workers.c.lease_until >= now)
        ).scalar_one()
    )


def lead(connection: Connection, duty: str, holder: str, *, now: float, lease_until: float) -> bool:
    """Take or keep the lead of a duty; answer whether `holder` has it now."""
    row = upsert(connection, leaders).values(duty=duty, holder=holder, lease_until=lease_until)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["duty"],
            set_={"holder": row.excluded.holder, "lease_until": row.excluded.lease_until},
            where=(leaders.c.holder == holder) | (leaders.c.lease_until < now),
        )
    )
    return connection.execute(select(leaders.c.holder).where(leaders.c.duty == duty)).scalar() == holder


def leader(connection: Connection, duty: str, now: float) -> str | None:
    """Return who leads a duty, or None when nobody does."""
    return connection.execute(
        select(leaders.c.holder).where(leaders.c.duty == duty, leaders.c.lease_until >= now)
    ).scalar()
