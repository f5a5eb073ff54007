"""The tables of what runs: workers, who leads, what time it is."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, String, Table

from webkiln.store.schema.columns import id_column, metadata

workers = Table(
    "workers",
    metadata,
    id_column(primary_key=True),
    Column("host", String(255), nullable=False),
    # Name of the place on its host that a supervisor keeps filled; a successor knows it is alone there.
    Column("slot", String(64), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("lease_until", Double, nullable=False),
)

leaders = Table(
    "leaders",
    metadata,
    Column("duty", String(64), primary_key=True),
    id_column("holder"),
    Column("lease_until", Double, nullable=False),
)

# One row: what is added to the database's own clock, so that time goes on when that one is set.
clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("ahead_s", Double, nullable=False),
)
