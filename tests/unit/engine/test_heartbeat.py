import asyncio
import os
from pathlib import Path

import pytest

from engine.scripted import until
from webkiln.engine.heartbeat import Heartbeat


@pytest.fixture
def heartbeat():
    made = Heartbeat.make()
    yield made
    made.close()


async def test_it_counts_while_the_loop_turns_and_is_silent_before_and_after(heartbeat):
    assert heartbeat.count == 0
    beating = asyncio.create_task(heartbeat.beat(Path("/a/suspects/slot"), every_s=0.001))
    await until(lambda: heartbeat.count > 5)
    assert heartbeat.marks == Path("/a/suspects/slot")
    beating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beating
    assert heartbeat.count == 0


async def test_whoever_inherits_it_beats_in_the_same_memory(heartbeat, monkeypatch):
    ((variable, value),) = heartbeat.environment().items()
    monkeypatch.setenv(variable, str(os.dup(int(value))))
    inherited = Heartbeat.inherited()
    assert Heartbeat.inherited() is None  # it is no descriptor of this process's children
    beating = asyncio.create_task(inherited.beat(Path("x"), every_s=60))
    await until(lambda: heartbeat.count == 1)
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    inherited.close()
