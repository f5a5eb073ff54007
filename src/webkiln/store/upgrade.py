"""Running the migrations, and refusing to work on a schema of another version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Connection

_STEPS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest schema; the caller's transaction holds all of it."""
    command.upgrade(_config(connection), "head")


def current(connection: Connection) -> str | None:
    """Return the step the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the step this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()
