"""Statements on the time: what the database's clock says, and how far the installation is ahead of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import Double, cast, extract, func, select, update

from webkiln.store.schema import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DATABASE_TIME = select(cast(extract("epoch", func.clock_timestamp()), Double), clock.c.ahead_s)


def read_clock(connection: Connection) -> tuple[float, float]:
    """Return the database's Unix time, and the seconds to add to it.

    A SQLite file has its machine's clock; a PostgreSQL server has one of its own, the same for all hosts.
    """
    if connection.dialect.name == "sqlite":
        return time.time(), float(connection.execute(select(clock.c.ahead_s)).scalar_one())
    moment, ahead_s = connection.execute(_DATABASE_TIME).one()
    return float(moment), float(ahead_s)


def move_clock(connection: Connection, *, before: float, after: float) -> bool:
    """Change the seconds to add from `before` to `after`; False when somebody else changed them first."""
    moved = connection.execute(update(clock).where(clock.c.ahead_s == before).values(ahead_s=after))
    return moved.rowcount == 1
