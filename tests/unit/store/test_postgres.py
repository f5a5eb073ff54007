"""PostgreSQL as a store: what is said of it in `Database`, also while the server comes and goes."""

import asyncio
import contextlib
import os
import signal
import threading
import time
import traceback
from functools import partial
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import exc, text

import smallpg
from engine.scripted import until
from webkiln import errors
from webkiln.store.postgres import PostgresDatabase

DEFAULT_POOL = 8
SECRET = "fc-secret-token"
PASSWORD = "hunter2-hunter2"


@pytest.fixture(scope="module")
def server():
    """A server that these tests may stop; everybody else's stays up."""
    try:
        with smallpg.spawn(deadlock_timeout="20ms") as spawned:
            yield spawned
    except smallpg.Unavailable as missing:
        pytest.skip(f"PostgreSQL: {missing}")


@pytest.fixture
async def connect(server):
    """Open databases on the server, and close them after the test."""
    opened = []

    def make(url=server.url, *, pool_size=4, timeout_s=5.0):
        opened.append(PostgresDatabase(url, pool_size=pool_size, timeout_s=timeout_s))
        return opened[-1]

    yield make
    for one in opened:
        await one.close()


@pytest.fixture
async def outside(server):
    """Somebody else's connection to the same database."""
    connection = await asyncpg.connect(server.url)
    yield connection
    await connection.close()


@pytest.fixture
async def opened(connect, outside):
    await outside.execute(
        "DROP TABLE IF EXISTS things; CREATE TABLE things (name TEXT UNIQUE, n INT NOT NULL)"
    )
    return connect()


def run(statement, **given):
    return lambda connection: connection.execute(text(statement), given)


def scalar(statement, **given):
    return lambda connection: connection.execute(text(statement), given).scalar()


def insert(name, n=0):
    return run("INSERT INTO things VALUES (:name, :n)", name=name, n=n)


count = scalar("SELECT count(*) FROM things")


def rest(connection, over):
    """Keep a transaction at work until `over`, without stopping the thread that it runs in."""
    while not over():
        connection.exec_driver_sql("SELECT pg_sleep(0.005)")


async def test_what_was_written_is_there_for_everybody(opened, outside):
    assert await opened.write(lambda connection: insert("a")(connection).rowcount) == 1
    assert await outside.fetchval("SELECT name FROM things") == "a"


async def test_a_failure_undoes_the_whole_transaction(connect, opened, outside):
    """The one connection of the pool is clean afterwards."""
    single = connect(pool_size=1)
    backend = await single.read(scalar("SELECT pg_backend_pid()"))

    def work(connection):
        insert("a")(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await single.write(work)
    assert await opened.read(count) == 0
    await single.write(insert("a"))
    assert await outside.fetchval("SELECT count(*) FROM things") == 1
    assert await single.read(scalar("SELECT pg_backend_pid()")) == backend


async def test_a_statement_that_fails_undoes_what_was_before_it(opened):
    def work(connection):
        insert("a")(connection)
        connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(exc.ProgrammingError, match="nowhere"):
        await opened.write(work)
    assert await opened.read(count) == 0


async def test_a_reading_sees_one_moment(opened):
    """Writers do not block it, and what they do meanwhile does not show."""
    begun, written = threading.Event(), threading.Event()

    def work(connection):
        before = count(connection)
        begun.set()
        rest(connection, written.is_set)
        return before, count(connection)

    reading = asyncio.create_task(opened.read(work))
    await until(begun.is_set)
    await asyncio.wait_for(opened.write(insert("a")), 5)
    written.set()
    assert await reading == (0, 0)
    assert await opened.read(count) == 1


async def test_a_reading_cannot_write(opened):
    with pytest.raises(errors.Unavailable, match="read-only"):
        await opened.read(insert("a"))
    assert await opened.read(count) == 0


async def test_a_transaction_does_not_wait_for_the_event_loop_of_its_caller(opened):
    """Rows that it holds are held for others too: no page is rendered between two statements."""
    done = threading.Event()

    def work(connection):
        for n in range(20):
            insert(f"{n}")(connection)
        done.set()

    writing = asyncio.create_task(opened.write(work))
    await asyncio.sleep(0)  # it begins
    assert done.wait(5)  # the loop stands still
    await writing


def swap(first, second, meeting):
    """Lock two rows one after the other, in the middle of which both have met the other."""
    tries = []

    def work(connection):
        tries.append(first)
        run("UPDATE things SET n = n + 1 WHERE name = :name", name=first)(connection)
        if len(tries) == 1:
            meeting.add(first)
            rest(connection, lambda: len(meeting) == 2)
        run("UPDATE things SET n = n + 1 WHERE name = :name", name=second)(connection)
        return len(tries)

    return work


async def test_a_deadlock_is_run_again(opened, outside, logs):
    for name in ("a", "b"):
        await opened.write(insert(name))
    meeting = set()
    tries = await asyncio.gather(opened.write(swap("a", "b", meeting)), opened.write(swap("b", "a", meeting)))
    assert sorted(tries) == [1, 2]
    assert await outside.fetch("SELECT n FROM things") == [(2,), (2,)]
    assert logs == []  # nothing was lost but time


async def test_a_lost_race_is_run_again(opened, outside):
    await opened.write(insert("a"))
    tries = []

    def work(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        before = scalar("SELECT n FROM things")(connection)
        tries.append(before)
        if len(tries) == 1:
            rest(connection, changed.is_set)
        run("UPDATE things SET n = :n", n=before + 1)(connection)

    changed = threading.Event()
    writing = asyncio.create_task(opened.write(work))
    await until(lambda: tries)
    await outside.execute("UPDATE things SET n = 10")
    changed.set()
    await writing
    assert tries == [0, 10]
    assert await outside.fetchval("SELECT n FROM things") == 11


def refuse(code, text="no matter"):
    """Return work that the server itself refuses, in these words."""
    return run(f"DO $$ BEGIN RAISE EXCEPTION '{text}' USING ERRCODE = '{code}'; END $$")


async def test_a_race_that_is_always_lost_is_given_up(opened):
    tries = []

    def work(connection):
        tries.append(1)
        refuse("40001")(connection)

    with pytest.raises(exc.DBAPIError):
        await opened.write(work)
    assert 3 <= len(tries) <= 10


async def test_one_that_was_cut_off_for_its_silence_is_run_again(opened, outside, logs):
    """A machine short of CPU says nothing for a while, and nothing of what it said before is stored."""
    tries = []

    def work(connection):
        tries.append(1)
        insert("a")(connection)
        if len(tries) == 1:
            mine = scalar("SELECT pg_backend_pid()")(connection)
            run("SET LOCAL idle_in_transaction_session_timeout TO 1")(connection)
            while running(mine):
                pass  # nothing is said
        run("UPDATE things SET n = 7")(connection)

    def running(pid):
        asked = outside.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}")
        return asyncio.run_coroutine_threadsafe(asked, loop).result(5)

    loop = asyncio.get_running_loop()
    await opened.write(work)
    assert len(tries) == 2
    assert await outside.fetch("SELECT n FROM things") == [(7,)]
    assert logs == []


async def test_a_caller_who_is_cancelled_waits_for_its_transaction(opened, outside):
    """What it does next, to undo it perhaps, must not overtake what it began."""
    begun, over = threading.Event(), threading.Event()

    def work(connection):
        insert("a")(connection)
        begun.set()
        rest(connection, over.is_set)

    writing = asyncio.create_task(opened.write(work))
    await until(begun.is_set)
    writing.cancel()
    await asyncio.wait({writing}, timeout=0.05)
    assert not writing.done()
    over.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await outside.fetchval("SELECT count(*) FROM things") == 1


async def test_a_reader_who_is_cancelled_leaves_and_takes_no_connection_along(connect):
    small = connect(pool_size=2)
    for _ in range(6):
        begun = threading.Event()

        def work(connection, begun=begun):
            begun.set()
            rest(connection, lambda: False)

        reading = asyncio.create_task(small.read(work))
        await until(begun.is_set)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert await asyncio.gather(*(small.read(scalar("SELECT 1")) for _ in range(4))) == [1] * 4


async def test_only_what_nobody_was_promised_does_not_wait_for_the_disk(connect):
    """By turns on the one connection; a failure in between changes nothing."""
    single = connect(pool_size=1)
    shown = scalar("SHOW synchronous_commit")
    assert await single.write(shown) == "on"
    assert await single.write(shown, durable=False) == "off"
    assert await single.write(shown) == "on"
    with pytest.raises(ZeroDivisionError):
        await single.write(lambda _: 1 / 0, durable=False)
    assert await single.write(shown) == "on"


async def test_a_statement_that_takes_too_long_is_an_outage_and_passes(connect, opened):
    hasty = connect(timeout_s=0.2)
    begun = time.monotonic()
    with pytest.raises(errors.Unavailable, match="no answer in time"):
        await hasty.write(
            lambda connection: (insert("a")(connection), scalar("SELECT pg_sleep(30)")(connection))
        )
    assert time.monotonic() - begun < 5
    await hasty.write(insert("b"))
    assert await opened.read(count) == 1


async def test_a_lock_that_somebody_else_keeps_is_an_outage(connect, opened, outside):
    hasty = connect(timeout_s=0.2)
    await opened.write(insert("a"))
    transaction = outside.transaction()
    await transaction.start()
    await outside.execute("UPDATE things SET n = 5")
    with pytest.raises(errors.Unavailable):
        await hasty.write(run("UPDATE things SET n = 6"))
    await transaction.rollback()
    await hasty.write(run("UPDATE things SET n = 6"))
    assert await outside.fetchval("SELECT n FROM things") == 6


async def test_more_callers_than_connections_take_turns(connect):
    small = connect(pool_size=2)
    assert await asyncio.gather(*(small.write(scalar("SELECT 1")) for _ in range(20))) == [1] * 20
    ours = scalar("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'webkiln'")
    assert await small.read(ours) == 2


async def test_a_caller_who_gets_no_connection_in_time_meets_an_outage(connect):
    small = connect(pool_size=1, timeout_s=0.2)
    begun, over = threading.Event(), threading.Event()

    def work(connection):
        begun.set()
        rest(connection, over.is_set)

    holding = asyncio.create_task(small.write(work))
    await until(begun.is_set)
    waiting_since = time.monotonic()
    with pytest.raises(errors.Unavailable, match="no answer in time"):
        await small.read(scalar("SELECT 1"))
    assert time.monotonic() - waiting_since < 5
    over.set()
    with contextlib.suppress(errors.Unavailable):  # its own time is nearly over too
        await holding
    assert await small.read(scalar("SELECT 1")) == 1


async def test_a_migration_may_take_its_time(connect, opened):
    hasty = connect(timeout_s=0.05)
    shown = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    told = await hasty.migrate(lambda connection: [scalar(f"SHOW {name}")(connection) for name in shown])
    assert told == ["0", "0", "0"]
    await hasty.migrate(
        lambda connection: (insert("a")(connection), scalar("SELECT pg_sleep(0.3)")(connection))
    )
    assert await opened.read(count) == 1


async def test_a_process_that_freezes_does_not_hold_its_locks_for_long(connect, opened, outside):
    """The server cuts its session off; when it wakes up it finds out and nothing of it is there."""
    hasty = connect(timeout_s=0.3)
    await opened.write(insert("a"))
    frozen, thawed = threading.Event(), threading.Event()

    def work(connection):
        run("UPDATE things SET n = 1")(connection)
        frozen.set()
        thawed.wait(20)  # the whole thread, as a stopped process would
        run("UPDATE things SET n = 2")(connection)

    begun = time.monotonic()
    writing = asyncio.create_task(hasty.write(work))
    await until(frozen.is_set)
    try:
        await outside.execute("UPDATE things SET n = n + 10", timeout=3)
        await until(lambda: time.monotonic() - begun > 0.5)  # more than it has for another try
    finally:
        thawed.set()
    with pytest.raises(errors.Unavailable):
        await writing
    assert await outside.fetchval("SELECT n FROM things") == 10
    assert await hasty.read(count) == 1


async def test_a_client_that_falls_silent_in_the_middle_of_a_statement_loses_its_locks(server, opened, logs):
    """As PostgreSQL sees it, one that does not go on with a COPY, or between Bind and Execute."""
    await opened.write(insert("a"))
    silent = await asyncpg.connect(server.url, server_settings={"application_name": "webkiln"})
    transaction = silent.transaction()
    await transaction.start()
    await silent.execute("UPDATE things SET n = 5")
    never = asyncio.Event()

    async def rows():
        yield b"b\t1\n"
        await never.wait()

    copying = asyncio.create_task(silent.copy_to_table("things", source=rows(), format="text"))
    change = run("UPDATE things SET n = 6")

    async def changed():
        with contextlib.suppress(errors.Unavailable):
            await opened.write(change)
            return True

    assert await until(changed)
    assert await opened.read(scalar("SELECT n FROM things")) == 6
    assert "ended sessions whose clients fell silent" in [entry["event"] for entry in logs]
    copying.cancel()
    await asyncio.wait([copying])
    silent.terminate()


async def test_the_server_lets_go_of_every_session_of_ours_that_falls_silent(connect):
    async def shown(database, name):
        return await database.read(scalar(f"SHOW {name}"))

    usual, hasty = connect(timeout_s=4), connect(timeout_s=0.5)
    assert await shown(usual, "idle_in_transaction_session_timeout") == "1s"
    assert await shown(hasty, "idle_in_transaction_session_timeout") == "500ms"
    assert await shown(usual, "lock_timeout") == "1200ms"
    assert await shown(usual, "statement_timeout") == "5s"
    assert await shown(usual, "client_connection_check_interval") == "2s"


OUTAGES = ["53100", "53200", "53300", "57P01", "57P03", "58030", "08006", "25006", "55P03"]


@pytest.mark.parametrize("code", OUTAGES)
async def test_what_passes_or_is_for_the_operator_to_mend_is_an_outage(opened, code):
    """A full disk, no memory, a shutdown: what the server itself says, under the codes it says it with."""
    with pytest.raises(errors.Unavailable, match="not now"):
        await opened.write(refuse(code, "not now"))
    await opened.write(insert("a"))


@pytest.mark.parametrize(
    ("work", "error"),
    [
        (run("SELECT * FROM nowhere"), exc.ProgrammingError),
        (run("SELECT 1 / 0"), exc.DBAPIError),
        (insert("a", None), exc.IntegrityError),
        (run("SELECT :name", wrong="name"), exc.StatementError),
    ],
)
async def test_a_mistake_of_ours_is_no_outage(opened, logs, work, error):
    """Nobody would ever get past it by waiting."""
    with pytest.raises(error):
        await opened.write(work)
    assert logs == []


def told(caught):
    """Return all that a log with a trace would show."""
    return "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "work",
    [
        insert(SECRET),  # quoted in the detail: Key (name)=(…) already exists
        insert(SECRET, None),  # Failing row contains (…)
        run("INSERT INTO things SELECT name, NULL FROM things"),
        run("UPDATE things SET name = 'taken'"),
    ],
)
async def test_what_was_to_be_stored_does_not_show_in_errors(opened, work):
    for name in (SECRET, "taken"):
        await opened.write(insert(name))
    with pytest.raises(exc.IntegrityError) as caught:
        await opened.write(work)
    assert SECRET not in told(caught)


@pytest.fixture(scope="module")
def guarded(server):
    """Let the server ask for the password of one role, and be full for another."""
    rules = server._folder / "data" / "pg_hba.conf"
    line = "host all guarded 127.0.0.1/32 scram-sha-256\n"
    rules.write_text(line + rules.read_text())

    async def prepare():
        connection = await asyncpg.connect(server.url)
        await connection.execute(
            f"SELECT pg_reload_conf(); CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}';"
            "CREATE ROLE crowded LOGIN CONNECTION LIMIT 0"
        )
        await connection.close()

    asyncio.run(prepare())
    return server


def address(server, user, *, name="postgres", host="127.0.0.1", port=None):
    return f"postgresql://{user}@{host}:{port or server.port}/{name}"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"user": f"guarded:{PASSWORD}-wrong"}, "password authentication failed"),
        ({"user": "guarded"}, ""),
        ({"user": f"nobody:{PASSWORD}"}, "does not exist"),
        ({"user": f"postgres:{PASSWORD}", "name": "nowhere"}, "does not exist"),
        ({"user": f"crowded:{PASSWORD}"}, "too many connections"),
        ({"user": f"postgres:{PASSWORD}", "port": 1}, "refused"),
        ({"user": f"postgres:{PASSWORD}", "port": 1, "host": "localhost"}, ""),
        ({"user": f"postgres:{PASSWORD}", "port": 1, "host": "[::1]"}, ""),
    ],
)
async def test_a_database_that_lets_nobody_in_is_an_outage(connect, guarded, logs, given, reason):
    url = address(guarded, **given)
    closed = connect(url)
    for ask in (closed.read, closed.write, closed.migrate):
        with pytest.raises(errors.Unavailable, match=f"does not answer: .*{reason}") as caught:
            await ask(count)
        parts = urlsplit(url)
        said = caught.value.message
        assert not [secret for secret in (PASSWORD, "127.0.0.1", "::1", f"{parts.port}") if secret in said]
        assert said.rpartition(": ")[2]
    assert [entry["event"] for entry in logs] == ["database lost"]
    assert PASSWORD not in str(logs)


async def test_a_right_password_opens(connect, guarded):
    assert await connect(address(guarded, f"guarded:{PASSWORD}")).read(scalar("SELECT 1")) == 1


async def test_closing_leaves_neither_connection_nor_thread(connect, outside):
    database = connect()
    await asyncio.gather(*(database.read(scalar("SELECT pg_sleep(0.01)")) for _ in range(4)))
    await database.close()
    await database.close()  # again, which is nothing
    assert not database._thread.is_alive()

    async def none_left():
        return not await outside.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'webkiln'"
        )

    await until(none_left)


async def test_closing_ends_what_is_under_way(server, outside):
    """The driver still tells the server of a reading that was cancelled when everything is closed."""
    for _ in range(10):
        database = PostgresDatabase(server.url, pool_size=4, timeout_s=5)
        readings = [asyncio.create_task(database.read(scalar("SELECT pg_sleep(60)"))) for _ in range(4)]
        ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'webkiln' AND query ~ 'sleep'"

        async def at_work(ours=ours):
            return await outside.fetchval(ours) == 4

        await until(at_work)
        for reading in readings[:3]:
            reading.cancel()
        await asyncio.wait(readings[:3])
        await asyncio.wait_for(database.close(), 10)
        await asyncio.wait(readings, timeout=5)
        assert all(reading.done() for reading in readings)  # the one that nobody cancelled too
        with contextlib.suppress(asyncio.CancelledError, errors.Unavailable):
            await readings[3]


async def test_a_session_that_is_cut_off_stores_nothing_and_the_next_one_does(opened, outside):
    begun, cut = threading.Event(), threading.Event()

    def work(connection):
        insert("a")(connection)
        begun.set()
        rest(connection, cut.is_set)
        rest(connection, lambda: False)

    writing = asyncio.create_task(opened.write(work))
    await until(begun.is_set)
    await outside.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'webkiln'"
    )
    cut.set()
    with pytest.raises(errors.Unavailable):
        await writing
    assert await opened.read(count) == 0
    await opened.write(insert("a"))


async def fill_the_pool(database, size):
    """Open all of the pool's connections."""
    arrived = set()

    def work(connection):
        arrived.add(scalar("SELECT pg_backend_pid()")(connection))
        rest(connection, lambda: len(arrived) == size)

    await asyncio.gather(*(database.read(work) for _ in range(size)))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
@pytest.mark.parametrize("callers", [1, 20])
async def test_a_restart_in_a_quiet_moment_is_noticed_by_nobody(connect, server, logs, mode, callers):
    """Every connection that waits in the pool is dead then."""
    database = connect(pool_size=DEFAULT_POOL)
    await fill_the_pool(database, DEFAULT_POOL)
    await asyncio.to_thread(server.restart, mode)
    asked = [partial(database.write, durable=False), database.read] * callers
    found = await asyncio.gather(*(ask(scalar("SELECT 1")) for ask in asked[:callers]))
    assert found == [1] * callers
    assert logs == []


async def test_an_outage_is_said_once_and_its_end_once(connect, server, logs):
    database = connect()
    await fill_the_pool(database, 4)
    await asyncio.to_thread(server.stop)
    try:
        for ask in (database.read, database.write, database.migrate, database.read):
            with pytest.raises(errors.Unavailable, match=r"does not answer: .") as caught:
                await ask(scalar("SELECT 1"))
            assert "127.0.0.1" not in caught.value.message
        assert [entry["event"] for entry in logs] == ["database lost"]
    finally:
        await asyncio.to_thread(server.start)
    assert await asyncio.gather(*(database.read(scalar("SELECT 1")) for _ in range(9))) == [1] * 9
    assert [entry["event"] for entry in logs] == ["database lost", "database is back"]


async def test_transactions_at_work_when_the_server_dies_are_whole_or_not_there(connect, opened, server):
    busy = connect(pool_size=DEFAULT_POOL)
    stored = []

    async def work(number):
        for step in range(10_000):
            name = f"{number}-{step}"

            def both(connection, name=name):
                insert(name)(connection)
                insert(f"{name}-too")(connection)

            try:
                await busy.write(both)
            except errors.Unavailable:
                return
            stored.append(name)

    working = [asyncio.create_task(work(number)) for number in range(6)]
    await until(lambda: len(stored) > 50)
    await asyncio.to_thread(server.kill)
    await asyncio.wait_for(asyncio.gather(*working), 20)
    await asyncio.to_thread(server.start)
    names = set(
        await opened.read(
            lambda connection: connection.execute(text("SELECT name FROM things")).scalars().all()
        )
    )
    assert names >= set(stored)
    assert {name for name in names if not name.endswith("-too")} == {
        name.removesuffix("-too") for name in names if name.endswith("-too")
    }


def send(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def test_when_one_connection_falls_silent_those_beside_it_are_not_waited_for(connect, outside):
    database = connect(timeout_s=0.3)
    await fill_the_pool(database, 4)
    ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'webkiln'"
    silent = [row["pid"] for row in await outside.fetch(ours)]
    assert len(silent) >= 4
    send(silent, signal.SIGSTOP)
    try:
        with pytest.raises(errors.Unavailable):
            await database.read(scalar("SELECT 1"))
        whose = scalar("SELECT pg_backend_pid()")
        answering = await asyncio.gather(*(database.read(whose) for _ in range(4)))
        assert set(answering).isdisjoint(silent)
    finally:
        send(silent, signal.SIGCONT)


async def test_a_server_that_freezes_is_an_outage_and_passes(connect, server):
    database = connect(timeout_s=0.3)
    await fill_the_pool(database, 2)
    pids = server.pids()
    send(pids, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(errors.Unavailable):
            await database.read(scalar("SELECT 1"))
        assert time.monotonic() - begun < 10
    finally:
        send(pids, signal.SIGCONT)

    async def back():
        with contextlib.suppress(errors.Unavailable):
            return await database.read(scalar("SELECT 1"))

    assert await until(back) == 1
