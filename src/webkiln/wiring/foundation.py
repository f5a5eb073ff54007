"""What every process stands on: the database, the doorbell, the clock, the lifecycle."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.engine.clock import SteadyClock
from webkiln.engine.lifecycle import Lifecycle
from webkiln.store.doorbell import LocalDoorbell, SilentDoorbell
from webkiln.store.hosts import HostLimits
from webkiln.store.schema import STEP
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.step import WrongSchema, read_step

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from webkiln.settings import EngineSettings, Settings, StorageSettings
    from webkiln.store.database import Database
    from webkiln.store.doorbell import Doorbell

_LOOK_S = 3.0


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every process stands on."""

    database: Database
    doorbell: Doorbell
    clock: SteadyClock
    lifecycle: Lifecycle

    async def attend(self, holder: str | None = None) -> None:
        """Keep to the installation's time, and end when the database is no longer ours to work on.

        `holder` may be the leader of the rounds, who sets that time. Raises WrongSchema when a newer
        program has changed the database; otherwise only ends when cancelled.
        """
        while True:
            await asyncio.sleep(_LOOK_S)
            with contextlib.suppress(errors.Unavailable):  # the database has said so in the log
                await self.clock.look(holder=holder)


@contextlib.asynccontextmanager
async def foundation(settings: Settings, *, migrate: bool = False) -> AsyncIterator[Foundation]:
    """Open the database and the doorbell.

    With `migrate` the schema is brought up to date first, and a database made where there is none;
    without, another schema than this program's raises WrongSchema before anything is touched.
    Raises errors.Unavailable when there is no database, or when what there is cannot be used.
    """
    if not migrate:
        require_database(settings.storage)
    database, doorbell = open_store(settings.storage)
    try:
        with naming_the_file(settings.storage):
            await _settle_schema(database, migrate=migrate)
        clock = SteadyClock(database)
        await clock.look()
        lifecycle = Lifecycle(
            database,
            doorbell,
            result_ttl_s=settings.storage.result_ttl_s,
            team_limit=settings.engine.max_concurrency,
            host_limits=host_limits(settings.engine),
            clock=clock,
        )
        yield Foundation(database, doorbell, clock, lifecycle)
    finally:
        await doorbell.close()
        await database.close()


def open_store(storage: StorageSettings) -> tuple[Database, Doorbell]:
    """Return the database that the settings name, and what its processes tell each other through."""
    if storage.database_url is None:
        path = _file(storage)
        return SqliteDatabase(path, timeout_s=storage.database_timeout_s), LocalDoorbell(path)
    # Only who uses PostgreSQL loads what it takes.
    from webkiln.store.notify import NotifyDoorbell  # noqa: PLC0415
    from webkiln.store.postgres import PostgresDatabase  # noqa: PLC0415

    database = PostgresDatabase(
        storage.database_url.get_secret_value(),
        pool_size=storage.database_pool_size,
        timeout_s=storage.database_timeout_s,
    )
    return database, NotifyDoorbell(database) if storage.notify else SilentDoorbell()


def require_database(storage: StorageSettings) -> None:
    """Raise errors.Unavailable where a file would have to be made; of servers, they say it themselves."""
    if storage.database_url is not None:
        return
    try:
        _file(storage).stat()
    except (FileNotFoundError, NotADirectoryError):
        raise errors.Unavailable(
            f"There is no database in {storage.data_dir.absolute()}: `webkiln serve` makes one,"
            " and --data-dir or WEBKILN_DATA_DIR names another folder."
        ) from None
    except OSError:
        return  # opening it says what is wrong


@contextlib.contextmanager
def naming_the_file(storage: StorageSettings) -> Iterator[None]:
    """Have a failure tell which file it is about: for whoever starts a process, not for its clients."""
    try:
        yield
    except errors.Unavailable as error:
        if storage.database_url is not None:
            raise
        named = f"The database {_file(storage).absolute()}"
        raise errors.Unavailable(error.message.replace("The database", named, 1)) from None


def _file(storage: StorageSettings) -> Path:
    return storage.data_dir / "webkiln.db"


def host_limits(engine: EngineSettings) -> HostLimits:
    """Return what one host of the web bears, by the settings."""
    return HostLimits(engine.host_concurrency, engine.host_delay_ms / 1000)


async def _settle_schema(database: Database, *, migrate: bool) -> None:
    found = await database.read(read_step)
    if migrate and found != STEP:
        from webkiln.store.upgrade import steps, upgrade  # noqa: PLC0415 (large, and only needed here)

        if found is not None and found not in steps():
            raise WrongSchema(found, newer=True)
        await database.migrate(upgrade)
        found = await database.read(read_step)
    if found != STEP:
        raise WrongSchema(found)
