import asyncio
import time

from webkiln.store.clock import move_clock, read_clock


def move(before, after):
    return lambda connection: move_clock(connection, before=before, after=after)


async def test_the_time_is_the_databases_and_the_distance_begins_at_nothing(database):
    """Both run on this machine, so that both clocks are its own."""
    begun = time.time()
    moment, ahead_s = await database.read(read_clock)
    assert begun - 0.1 <= moment <= time.time() + 0.1
    assert ahead_s == 0


async def test_the_time_goes_on_inside_a_transaction(database):
    def work(connection):
        first = read_clock(connection)[0]
        end = time.monotonic() + 5
        while (second := read_clock(connection)[0]) == first and time.monotonic() < end:
            pass
        return first, second

    first, second = await database.read(work)
    assert first < second < first + 5


async def test_the_distance_is_moved_from_where_it_was_seen(database):
    assert await database.write(move(0.0, -3600.25))
    assert (await database.read(read_clock))[1] == -3600.25
    assert not await database.write(move(0.0, 5.0))
    assert (await database.read(read_clock))[1] == -3600.25
    assert await database.write(move(-3600.25, 0.0))


async def test_of_several_who_move_it_at_once_one_does(database):
    moved = await asyncio.gather(*(database.write(move(0.0, float(n))) for n in range(1, 9)))
    assert moved.count(True) == 1
    assert (await database.read(read_clock))[1] == moved.index(True) + 1
