"""Providers over real HTTP, to engines in a thread of their own."""

from __future__ import annotations

import socket

import pytest

from smallsearch import Entry, SmallSearch
from webkiln.websearch.asking import Asking

ENTRIES = [
    Entry(
        f"https://pottery.test/{number}",
        f"Pot number {number}",
        f"It's pot {number}, made of clay",
        "2 days ago",
        f"https://pottery.test/{number}.png",
    )
    for number in range(1, 46)
]


@pytest.fixture(scope="module")
def running():
    with SmallSearch() as started:
        yield started


@pytest.fixture
def engines(running):
    running.entries = list(ENTRIES)
    running.asked.clear()
    running.instead.clear()
    running.silent.clear()
    return running


@pytest.fixture
async def asking():
    made = Asking(timeout_s=10)
    yield made
    await made.close()


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
