"""Parts of the engine over a real database; fakes stand only where handlers and doorbells do."""

from __future__ import annotations

import pytest

from engine.conftest import blank, clock, database, lifecycle, logs, prepared
from engine.one_store import sqlite_store
from engine.scripted import Scripted

__all__ = ["blank", "clock", "database", "lifecycle", "logs", "prepared", "sqlite_store"]


@pytest.fixture
def handler():
    return Scripted()
