"""Operations over a real engine on a real database; the test itself is the worker."""

from __future__ import annotations

import pytest

from engine.conftest import blank, clock, database, lifecycle, logs, prepared
from engine.one_store import sqlite_store
from engine.scenes import TEAM
from webkiln.fetching.egress import EgressGuard
from webkiln.operations.caller import Caller
from webkiln.operations.targets import Targets
from webkiln.settings import FetchSettings

__all__ = ["blank", "clock", "database", "lifecycle", "logs", "prepared", "sqlite_store"]


@pytest.fixture
def caller():
    return Caller(TEAM, None)


@pytest.fixture
def targets():
    return Targets(EgressGuard(FetchSettings()), frozenset())
