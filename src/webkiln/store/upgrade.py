"""Running the migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
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


def steps() -> frozenset[str]:
    """Return the steps this program knows; a database at any other one is a newer program's."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())
