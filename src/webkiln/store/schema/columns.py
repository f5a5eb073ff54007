"""What all tables are made with: their common names, columns, states and partial indexes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Index, Integer, MetaData, String, Uuid, literal_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# States stand in the statements as constants, not as parameters: that is how the planner sees
# that a partial index fits.
AVAILABLE = literal_column("'available'", String)
RUNNING = literal_column("'running'", String)
COMPLETED = literal_column("'completed'", String)
FAILED = literal_column("'failed'", String)
CANCELLED = literal_column("'cancelled'", String)
STAGING = literal_column("'staging'", String)

metadata = MetaData(naming_convention=NAMING)


def id_column(name: str = "id", *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    """Return a column for a UUID."""
    return Column(name, Uuid(as_uuid=False), primary_key=primary_key, nullable=nullable)


def count_column(name: str) -> Column[int]:
    """Return a column for a number that begins at 0."""
    return Column(name, Integer, nullable=False, server_default="0")


def partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    """Return an index of the rows alone for which `where` holds."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)
