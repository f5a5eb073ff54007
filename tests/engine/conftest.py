"""Engine tests run on a real database in a temporary file, on a clock that only the test moves."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from structlog.testing import capture_logs

from engine.scenes import OTHER_WORKER, WORKER
from webkiln.engine.lifecycle import Lifecycle
from webkiln.store import leases
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.upgrade import upgrade


class Clock:
    """Unix time that stands still unless told to move."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(autouse=True)
def logs():
    """What is logged, as it is said; rendering it is the process's affair."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A migrated database file without rows: copying it is faster than migrating each time."""
    path = tmp_path_factory.mktemp("blank") / "blank.db"

    async def make() -> None:
        made = SqliteDatabase(path)
        await made.write(upgrade)
        await made.close()

    asyncio.run(make())
    assert not path.with_name("blank.db-wal").exists()
    return path


@pytest.fixture
async def database(blank, tmp_path):
    path = tmp_path / "engine.db"
    shutil.copyfile(blank, path)
    opened = SqliteDatabase(path)
    yield opened
    await opened.close()


@pytest.fixture
async def lifecycle(database, clock):
    """The lifecycle, with two workers that hold leases."""
    for worker_id in (WORKER, OTHER_WORKER):
        worker = leases.Worker(worker_id, "host", worker_id[-4:])
        await database.write(
            lambda connection, worker=worker: leases.register(
                connection, worker, now=clock(), lease_until=clock() + 1e9
            )
        )
    return Lifecycle(database, SilentDoorbell(), result_ttl_s=86_400, clock=clock)
