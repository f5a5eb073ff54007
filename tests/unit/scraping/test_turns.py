import asyncio
from itertools import pairwise

import pytest

from webkiln.scraping.turns import Turns


@pytest.fixture
def turns():
    return Turns()


async def passes_of_the_loop(until_done):
    """Count how often the loop comes round while the tasks are not all done."""
    count = 0
    while not all(task.done() for task in until_done):
        await asyncio.sleep(0)
        count += 1
    return count


async def test_pages_that_arrive_together_have_the_loop_one_after_the_other(turns):
    """Each pass of the loop works on one of them at most, so that others are heard in between."""
    begun = []

    async def page(number):
        async with turns.turn(urgent=False):
            begun.append(number)

    pages = [asyncio.create_task(page(number)) for number in range(20)]
    assert await passes_of_the_loop(pages) >= 20
    assert begun == list(range(20))


async def test_somebody_else_is_heard_between_any_two_turns(turns):
    heard = []

    async def page(number):
        async with turns.turn(urgent=False):
            heard.append(number)

    async def claim():
        for _ in range(8):
            heard.append("claim")
            await asyncio.sleep(0)

    await asyncio.gather(*(page(number) for number in range(4)), claim())
    places = [place for place, what in enumerate(heard) if what != "claim"]
    assert all(later - earlier > 1 for earlier, later in pairwise(places))


async def test_a_page_that_somebody_waits_for_goes_first(turns):
    order = []

    async def page(name, *, urgent):
        async with turns.turn(urgent=urgent):
            order.append(name)

    pages = [page(f"batch {number}", urgent=False) for number in range(3)]
    await asyncio.gather(*pages, page("scrape", urgent=True))
    assert order == ["batch 0", "scrape", "batch 1", "batch 2"]


async def test_a_page_that_fails_gives_its_turn_on(turns):
    async def page(error):
        async with turns.turn(urgent=False):
            if error is not None:
                raise error

    results = await asyncio.gather(page(ValueError()), page(None), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, type(None)]


@pytest.mark.parametrize("passes", [0, 1, 2, 3, 4])
async def test_a_page_that_is_cancelled_while_it_waits_loses_nobody_a_turn(turns, passes):
    """Whenever it comes: before its turn, or at the moment it is given to it."""
    order = []

    async def page(name):
        async with turns.turn(urgent=False):
            order.append(name)

    first, doomed, last = (asyncio.create_task(page(name)) for name in ("first", "doomed", "last"))
    for _ in range(passes):
        await asyncio.sleep(0)
    doomed.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(first, last)
        await page("later")
    assert order[0] == "first"
    assert order[-2:] == ["last", "later"]
