"""The doorbell over PostgreSQL; two databases stand for two processes."""

import asyncio
import time

import asyncpg
import pytest

import smallpg
from engine.conftest import new_database
from engine.scripted import until
from webkiln.store.notify import NotifyDoorbell
from webkiln.store.postgres import PostgresDatabase


@pytest.fixture(scope="module")
def server():
    """A server that these tests may stop."""
    try:
        with smallpg.spawn() as spawned:
            yield spawned
    except smallpg.Unavailable as missing:
        pytest.skip(f"PostgreSQL: {missing}")


@pytest.fixture
async def hang(server):
    """Hang up doorbells, each in a process of its own as far as PostgreSQL can tell."""
    hung = []

    def make(url=server.url):
        database = PostgresDatabase(url, pool_size=2, timeout_s=2)
        hung.append((NotifyDoorbell(database), database))
        return hung[-1][0]

    yield make
    for bell, database in hung:
        await bell.close()
        await database.close()


async def listening(*bells):
    """Return when each bell listens; until then what is rung may pass it by."""
    await until(lambda: all(bell._channel for bell in bells))
    for bell in bells:
        heard = []
        bell._ears.append((asyncio.get_running_loop(), heard.append))
        bell.ring("are you there")
        await until(lambda heard=heard: heard)
        bell._ears.pop()


async def quiet(*bells):
    """Return lists of what the bells hear from now on."""
    lists = [[] for _ in bells]
    for bell, heard in zip(bells, lists, strict=True):
        await bell.open(lambda message, heard=heard: message != "are you there" and heard.append(message))
    await listening(*bells)
    return lists


async def test_everybody_hears_a_ring_the_ringer_too(hang):
    first, second = hang(), hang()
    heard, again, other = *(await quiet(first, first)), []
    await second.open(other.append)
    await listening(second)
    first.ring("ended 7")
    await until(lambda: heard and again and "ended 7" in other)
    assert heard == again == ["ended 7"]


async def test_a_storm_of_rings_drowns_none_of_them(hang):
    ringer, listener = hang(), hang()
    (heard,) = await quiet(listener)
    for number in range(2_000):
        ringer.ring(f"work {number}")
    ringer.ring("cancelled 7")
    await until(lambda: len(heard) == 2_001)
    assert heard == [*(f"work {number}" for number in range(2_000)), "cancelled 7"]


async def test_what_is_rung_again_and_again_is_told_at_least_once(hang):
    ringer, listener = hang(), hang()
    (heard,) = await quiet(listener)
    for _ in range(300):
        ringer.ring("work")
    ringer.ring("cancelled 7")
    await until(lambda: "cancelled 7" in heard)
    assert "work" in heard
    assert len(heard) <= 301


async def test_any_text_is_told_as_it_is(hang):
    bell = hang()
    (heard,) = await quiet(bell)
    bell.ring('it\'s "ö" \\ 100%')
    await until(lambda: heard)
    assert heard == ['it\'s "ö" \\ 100%']


async def test_one_who_only_rings_needs_not_listen(hang):
    ringer, listener = hang(), hang()
    (heard,) = await quiet(listener)
    ringer.ring("work")
    await until(lambda: heard == ["work"])


async def cut_all(server):
    outside = await asyncpg.connect(server.url)
    await outside.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'webkiln'"
    )
    await outside.close()


async def test_a_connection_that_was_cut_is_made_anew(hang, server, logs):
    """The lanes are told to look for what was rung meanwhile, soon and though this one rings nothing."""
    bell = hang()
    (heard,) = await quiet(bell)
    await cut_all(server)
    await until(lambda: heard == ["work"], within_s=4)
    bell.ring("cancelled 7")
    await until(lambda: heard == ["work", "cancelled 7"], within_s=4)
    assert [entry["event"] for entry in logs] == [
        "the doorbell is out of order, polling instead",
        "the doorbell works again",
    ]


async def test_ringing_while_the_server_is_away_neither_fails_nor_waits(hang, server, logs):
    bell, other = hang(), hang()
    heard, elsewhere = await quiet(bell, other)
    await asyncio.to_thread(server.stop)
    try:
        begun = time.monotonic()
        for number in range(1_000):
            bell.ring(f"ended {number}")
        assert time.monotonic() - begun < 1
        await until(lambda: logs)
    finally:
        await asyncio.to_thread(server.start)
    await until(lambda: "ended 999" in heard and "work" in elsewhere, within_s=4)
    assert [f"ended {number}" for number in range(1_000)] == [word for word in heard if word != "work"]
    other.ring("cancelled 7")
    await until(lambda: heard[-1] == elsewhere[-1] == "cancelled 7")


async def test_who_begins_before_the_server_does_hears_as_soon_as_it_is_there(hang, server):
    await asyncio.to_thread(server.stop)
    try:
        bell, heard = hang(), []
        await bell.open(heard.append)
    finally:
        await asyncio.to_thread(server.start)
    bell.ring("ended 7")
    await until(lambda: "ended 7" in heard)


async def test_two_databases_and_two_schemas_do_not_hear_each_other(hang, server):
    outside = await asyncpg.connect(server.url)
    await outside.execute("CREATE SCHEMA beside")
    await outside.close()
    bells = [hang(), hang(await new_database(server.url)), hang(f"{server.url}?search_path=beside")]
    lists = await quiet(*bells)
    for number, bell in enumerate(bells):
        bell.ring(f"ended {number}")
    await until(lambda: all(lists))
    await listening(*bells)  # which comes after whatever else was on its way
    assert lists == [["ended 0"], ["ended 1"], ["ended 2"]]


async def test_closing_sends_what_waits_and_is_quick(hang):
    ringer, listener = hang(), hang()
    (heard,) = await quiet(listener)
    ringer.ring("ended 7")
    begun = time.monotonic()
    await ringer.close()
    assert time.monotonic() - begun < 2
    await until(lambda: heard == ["ended 7"])
    await ringer.close()  # again, which is nothing


async def test_closing_is_quick_although_the_server_is_away(hang, server):
    bell = hang()
    await quiet(bell)
    await asyncio.to_thread(server.stop)
    try:
        bell.ring("ended 7")
        begun = time.monotonic()
        await bell.close()
        assert time.monotonic() - begun < 4
    finally:
        await asyncio.to_thread(server.start)


async def test_closing_what_was_never_used_is_nothing(hang):
    await hang().close()


async def test_a_loop_that_has_ended_does_not_deafen_the_others(hang):
    bell = hang()

    def brief():
        async def listen():
            await bell.open(lambda _: None)

        asyncio.run(listen())

    await asyncio.to_thread(brief)
    (heard,) = await quiet(bell)
    bell.ring("work")
    await until(lambda: heard == ["work"])
