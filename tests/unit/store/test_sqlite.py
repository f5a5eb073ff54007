import asyncio
import fcntl
import signal
import sqlite3
import sys

import pytest
from sqlalchemy import exc, text

from webkiln import errors
from webkiln.store.sqlite import SqliteDatabase


@pytest.fixture
async def opened(tmp_path):
    made = SqliteDatabase(tmp_path / "some" / "things.db")
    await made.write(lambda connection: connection.execute(text("CREATE TABLE things (name TEXT UNIQUE)")))
    yield made
    await made.close()


def insert(name):
    return lambda connection: connection.execute(text("INSERT INTO things VALUES (:name)"), {"name": name})


def count(connection):
    return connection.execute(text("SELECT count(*) FROM things")).scalar_one()


def settings(connection):
    names = ("journal_mode", "synchronous")
    return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]


async def test_what_is_acknowledged_is_on_disk(opened):
    """WAL with synchronous=FULL (2): SQLite flushes the log before a commit returns."""
    assert await opened.write(settings) == ["wal", 2]
    assert await opened.read(settings) == ["wal", 2]


async def test_only_what_nobody_was_promised_does_not_wait_for_the_disk(opened):
    """NORMAL (1) flushes with the next transaction that does wait; a failure in between changes nothing."""
    assert await opened.write(settings, durable=False) == ["wal", 1]
    assert await opened.write(settings) == ["wal", 2]
    with pytest.raises(ZeroDivisionError):
        await opened.write(lambda _: 1 / 0, durable=False)
    assert await opened.write(settings) == ["wal", 2]


async def test_what_was_written_is_there_for_everybody(opened):
    await opened.write(insert("a"))
    with sqlite3.connect(opened.path) as other:
        assert other.execute("SELECT name FROM things").fetchall() == [("a",)]
    other.close()


async def test_a_failure_undoes_the_whole_transaction(opened):
    def work(connection):
        insert("a")(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await opened.write(work)
    assert await opened.read(count) == 0
    await opened.write(insert("a"))
    assert await opened.read(count) == 1


async def test_a_reading_sees_one_moment(opened):
    """Writers do not block it, and what they do meanwhile does not show."""
    loop = asyncio.get_running_loop()

    def work(connection):
        before = count(connection)
        asyncio.run_coroutine_threadsafe(opened.write(insert("a")), loop).result(10)
        return before, count(connection)

    assert await opened.read(work) == (0, 0)
    assert await opened.read(count) == 1


WRITER = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import text
from webkiln.store.sqlite import SqliteDatabase

async def main():
    database = SqliteDatabase(Path(sys.argv[1]))
    def raise_by_one(connection):
        before = connection.execute(text("SELECT name FROM things")).scalar_one()
        connection.execute(text("UPDATE things SET name = :name"), {"name": str(int(before) + 1)})
    for _ in range(150):
        await database.write(raise_by_one)
    await database.close()

asyncio.run(main())
"""


async def test_two_processes_write_without_losing_anything(opened):
    await opened.write(insert("0"))
    command = [sys.executable, "-c", WRITER, str(opened.path)]
    writers = [await asyncio.create_subprocess_exec(*command) for _ in range(2)]
    assert [await writer.wait() for writer in writers] == [0, 0]
    names = await opened.read(
        lambda connection: connection.execute(text("SELECT name FROM things")).scalars().all()
    )
    assert names == ["300"]


async def test_a_write_waits_for_the_lock_between_processes(opened):
    other = opened.path.with_name("things.db.lock").open("ab")
    fcntl.flock(other, fcntl.LOCK_EX)
    writing = asyncio.create_task(opened.write(insert("a")))
    assert await opened.read(count) == 0  # reading needs no lock
    assert not writing.done()
    other.close()
    await writing
    assert await opened.read(count) == 1


HOLDER = """
import asyncio, os, signal, sys
from pathlib import Path
from webkiln.store.sqlite import SqliteDatabase
from sqlalchemy import text

def stop(connection):
    connection.execute(text("INSERT INTO things VALUES ('of the frozen')"))
    print("holds", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)

async def main():
    database = SqliteDatabase(Path(sys.argv[1]))
    await database.write(stop)
    await database.close()

asyncio.run(main())
"""


@pytest.fixture
async def frozen(opened):
    """A process that was stopped in the middle of its transaction."""
    command = [sys.executable, "-c", HOLDER, str(opened.path)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert await process.stdout.readline() == b"holds\n"
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()


@pytest.fixture
async def impatient(opened):
    """The database as a process sees it that waits a tenth of a second."""
    made = SqliteDatabase(opened.path, timeout_s=0.1)
    yield made
    await made.close()


async def test_nobody_waits_for_a_frozen_process_longer_than_for_an_answer(impatient, frozen):
    for _ in range(2):
        with pytest.raises(errors.Unavailable, match="held by another process"):
            await impatient.write(insert("a"))
    assert await impatient.read(count) == 0
    frozen.send_signal(signal.SIGCONT)
    assert await frozen.wait() == 0
    await written(impatient, "b")
    names = "SELECT group_concat(name) FROM things"
    found = await impatient.read(lambda connection: connection.execute(text(names)).scalar())
    assert found == "of the frozen,b", "what was given up is not written later"


async def test_who_stands_behind_one_that_waits_in_vain_is_answered_as_well(impatient, frozen):
    outcomes = await asyncio.gather(
        *(impatient.write(insert(str(n))) for n in range(20)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {errors.Unavailable}
    assert frozen.returncode is None


async def test_a_frozen_process_that_is_killed_leaves_nothing_behind(impatient, frozen):
    with pytest.raises(errors.Unavailable):
        await impatient.write(insert("a"))
    frozen.kill()
    await frozen.wait()
    await written(impatient, "b")
    assert await impatient.read(count) == 1


async def written(database, name):
    """Write when the lock is free again: the kernel tells the next in line in its own time."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await database.write(insert(name))
            except errors.Unavailable:
                await asyncio.sleep(0.01)


async def test_a_process_ends_while_another_holds_the_lock(opened, frozen):
    del frozen
    ending = """
import asyncio, sys
from pathlib import Path
from webkiln import errors
from webkiln.store.sqlite import SqliteDatabase

async def main():
    database = SqliteDatabase(Path(sys.argv[1]), timeout_s=0.1)
    try:
        await database.write(print)
    except errors.Unavailable:
        print("given up")
    await database.close()

asyncio.run(main())
"""
    command = [sys.executable, "-c", ending, str(opened.path)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(30):
        said, _ = await process.communicate()
    assert (process.returncode, said.splitlines()[-1]) == (0, b"given up")


async def test_an_outage_and_its_end_are_said_once(impatient, frozen, logs):
    for _ in range(2):
        with pytest.raises(errors.Unavailable):
            await impatient.write(insert("a"))
    frozen.kill()
    await frozen.wait()
    await written(impatient, "b")
    assert [entry["event"] for entry in logs] == ["database lost", "database is back"]


async def test_the_lock_is_let_go_after_a_failure(opened):
    with pytest.raises(ZeroDivisionError):
        await opened.write(lambda _: 1 / 0)
    with opened.path.with_name("things.db.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_a_full_disk_is_an_outage_and_passes(opened):
    await opened.write(insert("a"))

    def fill(connection):
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        insert("x" * 1_000_000)(connection)

    with pytest.raises(errors.Unavailable, match="database or disk is full"):
        await opened.write(fill)
    assert await opened.read(count) == 1
    await opened.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=1000000"))
    await opened.write(insert("b"))
    assert await opened.read(count) == 2


async def test_a_lock_that_somebody_else_keeps_is_an_outage(opened):
    other = sqlite3.connect(opened.path, isolation_level=None)
    await opened.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=20"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(errors.Unavailable, match="locked"):
        await opened.write(insert("a"))
    other.close()
    await opened.write(insert("a"))


async def test_a_damaged_file_is_an_outage(opened):
    await opened.write(lambda connection: [insert(f"{n:0500}")(connection) for n in range(2000)])
    await opened.close()
    size = opened.path.stat().st_size
    with opened.path.open("r+b") as file:
        file.seek(32_768)
        file.write(b"\xff" * (size - 32_768))
    damaged = SqliteDatabase(opened.path)
    with pytest.raises(errors.Unavailable, match="malformed"):
        await damaged.read(lambda connection: connection.execute(text("SELECT * FROM things")).all())
    await damaged.close()


async def test_a_file_that_is_no_database_is_an_outage(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, no database at all" * 100)
    strange = SqliteDatabase(path)
    with pytest.raises(errors.Unavailable, match="not a database"):
        await strange.read(count)
    await strange.close()


async def test_a_mistake_of_ours_is_no_outage(opened):
    """Nobody would ever get past it by waiting."""
    with pytest.raises(exc.OperationalError, match="no such table"):
        await opened.write(lambda connection: connection.execute(text("SELECT * FROM nowhere")))


async def test_what_was_to_be_stored_does_not_show_in_errors(opened):
    await opened.write(insert("fc-secret-token"))
    with pytest.raises(exc.IntegrityError) as caught:
        await opened.write(insert("fc-secret-token"))
    assert "fc-secret-token" not in str(caught.value)


@pytest.mark.parametrize("name", ["a?b=c.db", "50%.db", "#1.db", "ö ü.db"])
async def test_the_path_may_hold_any_character(tmp_path, name):
    odd = SqliteDatabase(tmp_path / name)
    await odd.write(lambda connection: connection.execute(text("CREATE TABLE things (name TEXT)")))
    await odd.close()
    assert (tmp_path / name).stat().st_size > 0


async def test_a_place_where_no_file_can_be_is_an_outage(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.Unavailable):
        SqliteDatabase(tmp_path / "file" / "things.db")
    (tmp_path / "folder.db").mkdir()
    folder = SqliteDatabase(tmp_path / "folder.db")
    with pytest.raises(errors.Unavailable):
        await folder.read(count)
    await folder.close()


async def test_only_its_owner_can_look_into_a_folder_it_made(opened):
    """Requests, with their headers and cookies, are in there."""
    assert opened.path.parent.stat().st_mode & 0o077 == 0
