"""For tests that are about something else than the database: one of the two will do."""

from __future__ import annotations

import pytest


@pytest.fixture(name="store")
def sqlite_store():
    """Which database the test runs on."""
    return "sqlite"
