"""A file of SQLite becomes smaller when what was in it is gone."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import text

from engine.one_store import sqlite_store
from webkiln.store import space
from webkiln.store.sqlite import SqliteDatabase

__all__ = ["sqlite_store"]

MANY = 3_000  # pages of 16 KB


def fill(connection):
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS things (body BLOB)")
    rows = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY // 4})"
    connection.exec_driver_sql(f"INSERT INTO things {rows} SELECT zeroblob(64000) FROM n")


def empty(connection):
    connection.exec_driver_sql("DELETE FROM things")


def pages(connection):
    return connection.exec_driver_sql("PRAGMA page_count").scalar()


@pytest.fixture
async def opened(tmp_path):
    made = SqliteDatabase(tmp_path / "things.db")
    yield made
    await made.close()


async def shrunk(database):
    """Make the file smaller as long as it should be; return by how many pages each step did."""
    steps = []
    while await database.read(space.excess):
        steps.append(await database.write(space.give_back, durable=False))
    return steps


async def test_a_file_gives_back_what_it_does_not_need_a_little_at_a_time(opened):
    await opened.write(fill)
    full = await opened.read(pages)
    assert await shrunk(opened) == []
    await opened.write(empty)
    assert await opened.read(pages) == full
    steps = await shrunk(opened)
    assert len(steps) > 20
    assert max(steps) <= 66, "64, and what the file needs to keep account of them"
    assert await opened.read(pages) < full // 2


async def test_some_room_is_kept_for_what_comes_next(opened):
    await opened.write(fill)
    half = "DELETE FROM things WHERE rowid % 8 = 0"
    await opened.write(lambda connection: connection.exec_driver_sql(half))
    assert await shrunk(opened) == []


async def test_the_file_itself_is_smaller(opened):
    await opened.write(fill)
    await opened.write(empty)
    await shrunk(opened)
    await opened.close()
    assert opened.path.stat().st_size < MANY * 16_384 // 2


def made_before(path):
    """Make a file as programs before this one did."""
    older = sqlite3.connect(path)
    older.executescript("PRAGMA page_size=16384; PRAGMA journal_mode=WAL; CREATE TABLE things (body BLOB)")
    older.execute("INSERT INTO things VALUES ('kept')")
    older.commit()
    older.close()


async def test_a_file_of_an_older_program_is_written_anew_once(tmp_path, logs):
    made_before(tmp_path / "old.db")
    opened = SqliteDatabase(tmp_path / "old.db")
    try:
        await opened.write(fill)
        await opened.write(empty)
        assert await opened.read(space.excess) == 0, "it has the room, and cannot give it back"
        for _ in range(2):
            await opened.migrate(lambda _: None)
        assert [entry["event"] for entry in logs] == ["writing the database file anew, once"], logs
        await opened.write(fill)
        await opened.write(empty)
        assert sum(await shrunk(opened)) > MANY // 2
        assert await opened.read(lambda c: c.exec_driver_sql("PRAGMA page_size").scalar()) == 16_384
    finally:
        await opened.close()


async def test_others_read_and_write_on_while_it_is_written_anew(tmp_path):
    made_before(tmp_path / "old.db")
    opened, other = SqliteDatabase(tmp_path / "old.db"), SqliteDatabase(tmp_path / "old.db")
    try:
        insert = "INSERT INTO things VALUES ('new')"
        await asyncio.gather(
            opened.migrate(lambda _: None),
            *(other.write(lambda connection: connection.exec_driver_sql(insert)) for _ in range(20)),
        )
        rows = "SELECT count(*) FROM things"
        assert await opened.read(lambda connection: connection.execute(text(rows)).scalar()) == 21
    finally:
        await opened.close()
        await other.close()


async def test_without_room_for_a_copy_all_goes_on_as_it_was(tmp_path, monkeypatch, logs):
    made_before(tmp_path / "old.db")
    usage = (100, 99, 1)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": usage[2]})())
    opened = SqliteDatabase(tmp_path / "old.db")
    try:
        await opened.migrate(lambda _: None)
        assert [entry["event"] for entry in logs] == ["too little room to make the database file smaller"]
        await opened.write(fill)
    finally:
        await opened.close()


async def test_postgresql_sees_to_itself(postgres):
    assert await postgres.read(space.excess) == 0
