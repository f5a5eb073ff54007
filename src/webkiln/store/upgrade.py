"""Running the migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from webkiln.store import tasks
from webkiln.store.step import read_step

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The number under which PostgreSQL keeps the lock; any other would do.
_LOCK = 0x3EB_C171
_STEPS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest schema; the caller's transaction holds all of it.

    Of several processes that do so at once, one does it and the others find it done. Workers that
    were at work under an older schema lose their tasks and their leases: they can neither claim
    nor store, and stop when they find out why.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    before = read_step(connection)
    command.upgrade(_config(connection), "head")
    if before is not None and before != read_step(connection):
        tasks.rescue_all(connection)


def steps() -> frozenset[str]:
    """Return the steps this program knows; a database at any other one is a newer program's."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())
