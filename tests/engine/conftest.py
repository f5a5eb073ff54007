"""Engine tests run on both databases, real ones, on a clock that only the test moves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

import smallpg
from engine.scenes import OTHER_WORKER, WORKER
from webkiln.engine.lifecycle import Lifecycle
from webkiln.store import leases
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.schema import metadata
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.upgrade import upgrade

TEST_POSTGRES = "WEBKILN_TEST_POSTGRES_URL"
BOTH = ["sqlite", "postgres"]


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


@pytest.fixture(scope="session")
def postgres_url():
    """The URL of an empty database, on a server of our own or the one that the environment names."""
    given = os.environ.get(TEST_POSTGRES)
    try:
        with contextlib.ExitStack() as stack:
            url = given or stack.enter_context(smallpg.spawn()).url
            yield asyncio.run(new_database(url))
    except smallpg.Unavailable as missing:
        pytest.skip(f"PostgreSQL: {missing}")


async def new_database(url: str) -> str:
    """Make a database of a name of its own beside the one that is named; return its URL."""
    name = f"webkiln_test_{os.urandom(6).hex()}"
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def postgres(postgres_url):
    """A migrated PostgreSQL database for all tests in turn."""
    opened = PostgresDatabase(postgres_url, pool_size=8, timeout_s=10)
    asyncio.run(opened.migrate(upgrade))
    yield opened
    asyncio.run(opened.close())


@pytest.fixture(name="store", params=BOTH)
def each_store(request):
    """Which database the test runs on."""
    return request.param


def empty(connection):
    """Delete every row, and begin the time anew."""
    tables = ", ".join(name for name in metadata.tables if name != "clock")
    connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    connection.execute(text("UPDATE clock SET ahead_s = 0"))


@pytest.fixture
def prepared(store, request):
    """The session's blank file, or its PostgreSQL: whichever the test is for, and only that."""
    return request.getfixturevalue("postgres" if store == "postgres" else "blank")


@pytest.fixture
async def database(prepared, tmp_path):
    if isinstance(prepared, PostgresDatabase):
        await prepared.write(empty)
        yield prepared
        return
    path = tmp_path / "engine.db"
    shutil.copyfile(prepared, path)
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
