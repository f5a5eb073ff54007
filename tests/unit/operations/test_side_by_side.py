from __future__ import annotations

import asyncio

import pytest

from webkiln.operations.side_by_side import side_by_side


async def test_what_comes_up_meanwhile_is_worked_on_too():
    waiting, seen = [1], []

    async def work(number):
        await asyncio.sleep(0)
        seen.append(number)
        if number < 8:
            waiting.extend((number * 2, number * 2 + 1))

    await side_by_side(lambda: waiting.pop() if waiting else None, work, at_once=3)
    assert sorted(seen) == list(range(1, 16))


async def test_no_more_than_so_many_at_once():
    waiting, open_, most = list(range(20)), 0, 0

    async def work(_):
        nonlocal open_, most
        open_ += 1
        most = max(most, open_)
        await asyncio.sleep(0)
        open_ -= 1

    await side_by_side(lambda: waiting.pop() if waiting else None, work, at_once=4)
    assert (most, open_) == (4, 0)


@pytest.mark.parametrize("cancelled", [True, False])
async def test_an_end_in_the_middle_leaves_nothing_running(cancelled):
    waiting, ended = ["stays", "stays", "fails"], []

    async def work(what):
        try:
            await asyncio.sleep(0)
            if what == "fails" and not cancelled:
                raise LookupError
            await asyncio.Event().wait()
        finally:
            ended.append(what)

    running = asyncio.ensure_future(side_by_side(lambda: waiting.pop() if waiting else None, work, at_once=3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if cancelled:
        running.cancel()
    with pytest.raises(asyncio.CancelledError if cancelled else LookupError):
        await running
    assert len(ended) == 3
