import asyncio
import contextlib

from webkiln.fetching.places import Places


async def hold(places, name, order, release, *, urgent=False):
    async with places.place(urgent=urgent):
        order.append(name)
        await release.wait()


async def test_those_who_are_waited_for_come_first_and_others_in_their_order():
    places, order, release = Places(1), [], asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(hold(places, "first", order, release))
        await asyncio.sleep(0)
        for name, urgent in (("batch", False), ("another", False), ("client", True)):
            group.create_task(hold(places, name, order, release, urgent=urgent))
            await asyncio.sleep(0)
        assert order == ["first"]
        release.set()
    assert order == ["first", "client", "batch", "another"]


async def test_who_stops_waiting_leaves_the_place_to_others():
    places, order, release = Places(1), [], asyncio.Event()
    first = asyncio.ensure_future(hold(places, "first", order, release))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(hold(places, "second", order, release))
    third = asyncio.ensure_future(hold(places, "third", order, release))
    await asyncio.sleep(0)
    second.cancel()
    release.set()
    await asyncio.gather(first, third)
    with contextlib.suppress(asyncio.CancelledError):
        await second
    assert order == ["first", "third"]


async def test_who_is_cancelled_with_the_place_in_hand_gives_it_back():
    places, order, release = Places(1), [], asyncio.Event()
    release.set()
    async with places.place(urgent=False):
        second = asyncio.ensure_future(hold(places, "second", order, release))
        await asyncio.sleep(0)
    second.cancel()  # it has the place, and has not run since
    await asyncio.wait([second])
    async with asyncio.timeout(1):
        await hold(places, "third", order, release)
    assert order == ["third"]
