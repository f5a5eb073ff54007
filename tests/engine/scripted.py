"""A handler that does as the test says, and small waits for what other tasks bring about."""

from __future__ import annotations

import asyncio
import contextlib
import time

from webkiln.engine.outcome import Completed, Failed
from webkiln.fetching.page import Page
from webkiln.parsing.pool import ParsingPool
from webkiln.scraping.making import Maker
from webkiln.store.sqlite import SqliteDatabase


class Scripted:
    """Completes every task with its payload, unless `do` says otherwise; keeps what it saw."""

    def __init__(self, do=None):
        self.do = do
        self.begun = []
        self.abandoned = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def run(self, task):
        self.begun.append(task)
        await self.gate.wait()
        if self.do is not None:
            return await self.do(task)
        return Completed(task.payload.encode(), credits=1)

    async def abandon(self, task, error):
        self.abandoned.append((task, error))
        return Failed(error)


def maker(*, marking=lambda _: contextlib.nullcontext(), **more):
    """Make what makes documents; children of it end with these tests' process."""
    pool = ParsingPool(2, most_bytes=320 << 20, small_bytes=96 << 20)
    return Maker(pool, marking=marking, **{"most_s": 20.0, **more})


HTML = b"<html><head><title>T</title></head><body><h1>Hello</h1></body></html>"


class Web:
    """Stands at the seam to the web: fails as told, then answers with one page; keeps what was asked for."""

    def __init__(self, clock):
        self.clock = clock
        self.status, self.headers, self.body = 200, (), HTML
        self.asked = []
        self.failures = []

    async def fetch(self, request):
        self.asked.append(request)
        if self.failures:
            raise self.failures.pop(0)
        return Page(
            requested_url=request.url,
            url=request.url,
            status=self.status,
            headers=(("content-type", "text/html"), *self.headers),
            content_encoding="",
            wire_body=self.body,
            body=self.body,
            fetched_at=self.clock(),
        )

    async def close(self):
        """Hold nothing."""


class Gated(SqliteDatabase):
    """A real database whose answers can be held up on their way back, after they took effect."""

    def __init__(self, path):
        super().__init__(path)
        self.gate = asyncio.Event()
        self.gate.set()
        self.writes = 0

    async def write(self, work, *, durable=True):
        result = await super().write(work, durable=durable)
        self.writes += 1
        await self.gate.wait()
        return result


class Flaky(SqliteDatabase):
    """A real database that answers nothing while `away` holds an error."""

    def __init__(self, path):
        super().__init__(path)
        self.away = None
        self.refused = 0

    def _refuse(self):
        if self.away is not None:
            self.refused += 1
            raise self.away

    async def read(self, work):
        self._refuse()
        return await super().read(work)

    async def write(self, work, *, durable=True):
        self._refuse()
        return await super().write(work, durable=durable)


async def until(happened, within_s=20.0):
    """Wait for other tasks to bring something about; `happened` may be a coroutine function."""
    end = time.monotonic() + within_s
    while True:
        found = happened()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < end, f"{happened} did not come about"
        await asyncio.sleep(0.002)
