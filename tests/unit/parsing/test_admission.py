import asyncio

import pytest

from webkiln.parsing.admission import Admission


class Hall:
    """Lets jobs in and keeps who is inside."""

    def __init__(self, **bounds):
        self.admission = Admission(**bounds)
        self.inside = []
        self.tasks = {}
        self.doors = {}

    async def come(self, name, size, *, urgent=False):
        door = self.doors[name] = asyncio.Event()

        async def stay():
            async with self.admission.admitted(size, urgent=urgent):
                self.inside.append(name)
                await door.wait()
            self.inside.remove(name)

        self.tasks[name] = asyncio.create_task(stay())
        await self.settle()

    async def leave(self, name):
        self.doors[name].set()
        await self.settle()

    async def settle(self):
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
async def hall():
    made = Hall(places=2, largest=100, small=20)
    yield made
    for task in made.tasks.values():
        task.cancel()
    await asyncio.gather(*made.tasks.values(), return_exceptions=True)


async def test_so_many_are_in_at_once_in_the_order_they_came(hall):
    for name in "abcd":
        await hall.come(name, 1)
    assert hall.inside == ["a", "b"]
    await hall.leave("b")
    await hall.leave("a")
    assert hall.inside == ["c", "d"]


async def test_who_is_urgent_has_a_place_more_and_goes_first(hall):
    for name in "abc":
        await hall.come(name, 1)
    await hall.come("urgent", 1, urgent=True)
    await hall.come("more urgent", 1, urgent=True)
    assert hall.inside == ["a", "b", "urgent"]
    await hall.leave("a")
    assert hall.inside == ["b", "urgent", "more urgent"]
    await hall.leave("urgent")
    assert hall.inside == ["b", "more urgent"]
    await hall.leave("more urgent")
    assert hall.inside == ["b", "c"]


async def test_together_they_take_no_more_than_there_is(hall):
    await hall.come("a", 100)
    await hall.come("b", 100)
    assert hall.inside == ["a"]
    await hall.leave("a")
    assert hall.inside == ["b"]


async def test_a_small_one_goes_past_one_that_waits_for_memory_and_a_large_one_does_not(hall):
    await hall.come("a", 60)
    await hall.come("b", 100)
    await hall.come("large", 50)
    await hall.come("small", 20)
    assert hall.inside == ["a", "small"]
    await hall.leave("a")
    assert hall.inside == ["small", "b"]  # what is small leaves room for the largest


async def test_more_than_there_ever_is_counts_as_all_there_is(hall):
    await hall.come("a", 10_000)
    assert hall.inside == ["a"]


@pytest.mark.parametrize("moment", ["waiting", "called", "inside"])
async def test_whoever_gives_up_takes_nothing_along(hall, moment):
    await hall.come("a", 100)
    await hall.come("b", 100)
    if moment == "called":
        hall.doors["a"].set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    elif moment == "inside":
        await hall.leave("a")
    hall.tasks["b"].cancel()
    await hall.settle()
    await hall.leave("a")
    for name in "cd":
        await hall.come(name, 60)
    assert hall.inside[-2:] == ["c", "d"]
