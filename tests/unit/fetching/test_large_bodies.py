"""Places for large bodies: as long as anybody holds one, and not a moment longer."""

import asyncio
import gc
import threading

import pytest

from engine.scripted import until
from webkiln.fetching.large_bodies import LARGE, MEDIUM, LargeBodies

MOST = 64 << 20


@pytest.fixture
def large():
    made = LargeBodies()
    gc.disable()  # what is given back is given back at once
    yield made
    gc.enable()
    made.close()


async def is_free(large, size):
    """Return whether a body of a size gets a place now."""
    try:
        async with asyncio.timeout(0.02):
            await large.place().take(size)
    except TimeoutError:
        return False
    await asyncio.sleep(0)  # the place that was tried is given back
    return True


async def test_small_bodies_need_no_place(large):
    held = [large.place() for _ in range(100)]
    for place in held:
        await place.take(MEDIUM)


@pytest.mark.parametrize(("size", "count"), [(MEDIUM + 1, 8), (LARGE + 1, 2), (MOST, 2)])
async def test_so_many_are_there_at_once(large, size, count):
    held = [large.place() for _ in range(count)]
    for place in held:
        await place.take(size)
        await place.take(size)  # it has its place
    assert not await is_free(large, size)
    assert await is_free(large, MEDIUM)
    del place
    held.pop()
    assert await is_free(large, size)


async def test_one_that_turns_out_smaller_leaves_its_place_to_a_larger_one(large):
    held = [large.place() for _ in range(2)]
    for place in held:
        await place.take(MOST)
    held[0].lessen(MEDIUM + 1)
    assert await is_free(large, MOST)
    held[1].lessen(LARGE + 1)
    assert await is_free(large, MOST)
    assert len(held[0]._taken) == 1


async def test_larger_ones_that_wait_for_a_place_among_the_largest_get_it(large):
    """All places among the larger are taken by bodies that go on growing: none waits for ever."""

    async def grow():
        place = large.place()
        await place.take(MEDIUM + 1)
        await asyncio.sleep(0)
        await place.take(MOST)

    async with asyncio.timeout(5):
        await asyncio.gather(*(grow() for _ in range(30)))


async def test_who_is_cancelled_while_waiting_holds_nothing(large):
    held = [large.place() for _ in range(2)]
    for place in held:
        await place.take(MOST)
    waiting = [asyncio.create_task(large.place().take(MOST)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    waiting.clear()
    held.clear()
    del place, task
    assert await is_free(large, MOST)
    assert large._large._value == 2
    assert large._medium._value == 8


async def test_a_thread_counts_until_it_ends_whoever_has_gone(large):
    """Cancelling lets nobody else begin: the thread goes on, and so does what it holds."""
    go_on = threading.Event()
    at_work = []

    async def read():
        place = large.place()
        await place.take(MOST)
        await large.beside(place, lambda: (at_work.append(1), go_on.wait(10)))

    reading = [asyncio.create_task(read()) for _ in range(2)]
    await until(lambda: len(at_work) == 2)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    reading.clear()
    del task
    assert not await is_free(large, MOST)
    go_on.set()
    await until(lambda: large._large._value == 2)
    assert await is_free(large, MOST)


async def test_a_failure_in_the_thread_is_told_and_holds_nothing(large):
    async def read():
        place = large.place()
        await place.take(MOST)
        await large.beside(place, lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        await read()
    await until(lambda: large._large._value == 2)
