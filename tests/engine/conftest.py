"""Engine tests run on a real database in a temporary file, on a clock that only the test moves."""

from __future__ import annotations

import pytest

from webkiln.engine.lifecycle import Lifecycle
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.upgrade import upgrade


class Clock:
    """Unix time that stands still unless told to move."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def database(tmp_path):
    opened = SqliteDatabase(tmp_path / "engine.db")
    await opened.write(upgrade)
    yield opened
    await opened.close()


@pytest.fixture
def lifecycle(database, clock):
    return Lifecycle(database, SilentDoorbell(), result_ttl_s=86_400, clock=clock)
