"""Parts of the engine over a real database; fakes stand only where handlers and doorbells do."""

from __future__ import annotations

import pytest

from engine.conftest import blank, clock, database, lifecycle, logs
from engine.scripted import Scripted

__all__ = ["blank", "clock", "database", "lifecycle", "logs"]


@pytest.fixture
def handler():
    return Scripted()
