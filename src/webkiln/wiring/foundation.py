"""What every process stands on: the database, the doorbell, the lifecycle."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.engine.lifecycle import Lifecycle
from webkiln.store.doorbell import LocalDoorbell
from webkiln.store.schema import STEP
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.step import read_step

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from webkiln.settings import Settings
    from webkiln.store.database import Database
    from webkiln.store.doorbell import Doorbell


class WrongSchema(Exception):
    """The database is at another step than this program needs."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every process stands on."""

    database: Database
    doorbell: Doorbell
    lifecycle: Lifecycle


@contextlib.asynccontextmanager
async def foundation(settings: Settings, *, migrate: bool = False) -> AsyncIterator[Foundation]:
    """Open the database and the doorbell.

    With `migrate` the schema is brought up to date first; without, another schema than this
    program's raises WrongSchema before anything is touched.
    """
    if settings.storage.database_url is not None:
        raise errors.Unavailable(
            "Only SQLite is available in this release; leave WEBKILN_DATABASE_URL unset."
        )
    path = settings.storage.data_dir / "webkiln.db"
    database = SqliteDatabase(path)
    doorbell = LocalDoorbell(path)
    try:
        found = await database.read(read_step)
        if migrate and found != STEP:
            from webkiln.store.upgrade import steps, upgrade  # noqa: PLC0415 (large, and only needed here)

            if found is not None and found not in steps():
                raise WrongSchema(
                    f"The database is at step {found}, which this program does not know: a newer one made it."
                )
            await database.write(upgrade)
            found = await database.read(read_step)
        if found != STEP:
            raise WrongSchema(
                f"The database is at step {found}, this program needs {STEP}; run `webkiln db upgrade`."
            )
        lifecycle = Lifecycle(
            database,
            doorbell,
            result_ttl_s=settings.storage.result_ttl_s,
            team_limit=settings.engine.max_concurrency,
        )
        yield Foundation(database, doorbell, lifecycle)
    finally:
        await doorbell.close()
        await database.close()
