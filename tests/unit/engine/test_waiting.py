import asyncio

import pytest

from engine.scripted import until
from webkiln.engine.waiting import EndOfJobs

JOB = "0198a000-0000-7000-8000-00000000abcd"


class Ended:
    def __init__(self):
        self.ended = False
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        return self.ended


@pytest.fixture
def waiting():
    return EndOfJobs()


async def test_a_ring_ends_the_waiting_at_once(waiting, clock):
    ended = Ended()
    with waiting.watching(JOB):
        until_end = asyncio.create_task(waiting.until(JOB, ended, deadline=clock() + 1e6, now=clock))
        await asyncio.sleep(0)
        ended.ended = True
        waiting.hear(f"ended {JOB}")
        assert await asyncio.wait_for(until_end, 0.4)
    assert ended.asked == 1


async def test_a_ring_before_the_waiting_began_is_not_lost(waiting, clock):
    ended = Ended()
    ended.ended = True
    with waiting.watching(JOB):
        waiting.hear(f"ended {JOB}")
        assert await asyncio.wait_for(waiting.until(JOB, ended, deadline=clock() + 1e6, now=clock), 0.4)


async def test_a_lost_ring_costs_a_poll(waiting, clock):
    ended = Ended()
    with waiting.watching(JOB):
        until_end = asyncio.create_task(waiting.until(JOB, ended, deadline=clock() + 1e6, now=clock))
        await until(lambda: ended.asked == 1)
        ended.ended = True
        assert await until_end


async def test_a_deadline_ends_the_waiting(waiting, clock):
    ended = Ended()
    with waiting.watching(JOB):
        assert not await waiting.until(JOB, ended, deadline=clock() - 1, now=clock)
        until_end = asyncio.create_task(waiting.until(JOB, ended, deadline=clock() + 3, now=clock))
        await asyncio.sleep(0)
        clock.advance(5)
        waiting.hear(f"ended {JOB}")
        assert not await until_end


@pytest.mark.parametrize(
    "message", ["", "ended", "ended nobody", "work", f"cancelled {JOB}", "ended \ufffd", f"{JOB} ended"]
)
async def test_other_messages_wake_nobody(waiting, message):
    with waiting.watching(JOB):
        waiting.hear(message)
        assert not waiting._waiters[JOB].is_set()


async def test_nothing_is_kept_of_those_who_have_left(waiting):
    with pytest.raises(ZeroDivisionError), waiting.watching(JOB):
        raise ZeroDivisionError
    assert waiting._waiters == {}
    waiting.hear(f"ended {JOB}")
