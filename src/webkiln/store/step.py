"""Which migration step a database is at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from webkiln.store.schema import STEP

if TYPE_CHECKING:
    from sqlalchemy import Connection

_STEP = text("SELECT version_num FROM alembic_version")


class WrongSchema(Exception):
    """The database is at another step than this program needs, which must not touch it then."""

    def __init__(self, found: str | None, *, newer: bool = False) -> None:
        """Say which steps they are, and the way out; `newer` says that a newer program made the database."""
        text = f"The database is at step {found}, this program needs {STEP}"
        if newer or (found is not None and found > STEP):
            super().__init__(f"{text}: a newer one made it. Bring this program up to date.")
        else:
            super().__init__(f"{text}; run `webkiln db upgrade`.")


def read_step(connection: Connection) -> str | None:
    """Return the step the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_STEP).scalar()


def check_step(connection: Connection) -> None:
    """Raise WrongSchema unless the database, which is not empty, is at this program's step."""
    found = connection.execute(_STEP).scalar()
    if found != STEP:
        raise WrongSchema(found)
