"""Stored copies of pages: when one may be served, when one may be kept (contract §21.6)."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

import orjson
import structlog

from webkiln import errors
from webkiln.fetching.page import Page
from webkiln.scraping.storable import is_momentary, lifetime_s, may_be_shared
from webkiln.scraping.variant import is_single, variant_of
from webkiln.store import pages
from webkiln.urls import cache_key, page_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webkiln.contract.scrape import ScrapeOptions
    from webkiln.store.database import Database
    from webkiln.store.pages import StoredEntry, StoredPage

log = structlog.get_logger(__name__)

_BATCH = 32
_LINGER_S = 0.25
# Beyond it new pages are not kept: a cache must never be what fills the memory.
_MOST_WAITING_BYTES = 64 * 1024 * 1024
_BATCH_BYTES = 4 * 1000 * 1000  # everybody else who writes waits while a batch is written
_ERRORS_BELIEVED = 3
_MOST_BYTES = 16 * 1024 * 1024
_GOOD, _MOVED, _WRONG = 200, 300, 400  # where HTTP's classes of status begin


class PageCache:
    """Finds and keeps pages; look-ups of one moment share a query, writes a transaction."""

    def __init__(self, database: Database, decode: Callable[[bytes, str], bytes]) -> None:
        """Keep pages in `database`; `decode` undoes a content encoding."""
        self._database = database
        self._decode = decode
        self._asked: dict[bytes, asyncio.Future[list[StoredEntry]]] = {}
        self._waiting: list[StoredPage] = []
        self._waiting_bytes = 0
        self._filled = asyncio.Event()

    async def find(self, url: str, options: ScrapeOptions, now: float) -> Page | None:
        """Return the stored page that these options accept, or None."""
        if not may_read(options):
            return None
        entries = await self._entries(_key(url, options))
        # minAge alone asks for any copy that is old enough.
        open_ended = options.min_age is not None and options.max_age is None
        max_age_s = float("inf") if open_ended else options.max_age_ms / 1000
        chosen = choose(entries, now=now, max_age_s=max_age_s, min_age_s=(options.min_age or 0) / 1000)
        if chosen is None:
            return None
        stored = await self._database.read(lambda connection: pages.read_page(connection, chosen.id))
        return None if stored is None else self._thaw(stored)

    def keep(self, url: str, page: Page, options: ScrapeOptions) -> None:
        """Keep a freshly fetched page, unless it says itself that it is of this moment or this reader.

        It is written a moment later, together with others.
        """
        if page.hurried or is_momentary(page.status) or not may_be_shared(page):
            return
        if options.verify_tls and not _is_proven(url, page):
            return
        size = len(page.wire_body)
        if size > _MOST_BYTES or self._waiting_bytes + size > _MOST_WAITING_BYTES:
            return
        try:
            head = orjson.dumps([page.requested_url, page.url, page.headers, page.content_encoding])
        except TypeError:  # a header with half a character
            return
        # http and https are two pages, unless the site itself has sent the one's reader to the other.
        keys = {_key(url, options)}
        if page.url != url and page_key(page.url) == page_key(url):
            keys.add(_key(page.url, options))
        for key in keys:
            self._waiting.append(pages.StoredPage(key, page.fetched_at, page.status, head, page.wire_body))
            self._waiting_bytes += size
        self._filled.set()

    async def run(self) -> None:
        """Write what is kept until cancelled."""
        while True:
            await self._filled.wait()
            if len(self._waiting) < _BATCH:
                await asyncio.sleep(_LINGER_S)
            self._filled.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write everything kept so far; a database that does not answer only costs the copies."""
        while self._waiting:
            batch = self._take()
            with contextlib.suppress(errors.Unavailable):
                await self._database.write(partial(pages.insert_pages, stored=batch), durable=False)

    def _take(self) -> list[StoredPage]:
        """Take the pages of the next transaction off the waiting ones: one at least, and no more than fit."""
        count, size = 0, 0
        for page in self._waiting[:_BATCH]:
            size += len(page.body)
            if count and size > _BATCH_BYTES:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._waiting_bytes -= sum(len(page.body) for page in batch)
        return batch

    async def _entries(self, key: bytes) -> list[StoredEntry]:
        if key not in self._asked:
            loop = asyncio.get_running_loop()
            if not self._asked:
                loop.call_soon(self._ask)
            self._asked[key] = loop.create_future()
        return await asyncio.shield(self._asked[key])

    def _ask(self) -> None:
        """Start one query for every key asked about in this turn of the event loop."""
        asked, self._asked = self._asked, {}

        def answer(task: asyncio.Task[dict[bytes, list[StoredEntry]]]) -> None:
            failed = task.exception()
            if failed is not None:
                log.warning("cannot look for stored pages", error=str(failed))
            found = {} if failed is not None else task.result()
            for key, future in asked.items():
                if not future.done():
                    future.set_result(found.get(key, []))

        query = self._database.read(lambda connection: pages.find_entries(connection, list(asked)))
        asyncio.ensure_future(query).add_done_callback(answer)

    def _thaw(self, stored: StoredPage) -> Page:
        requested_url, url, headers, content_encoding = orjson.loads(stored.head)
        return Page(
            requested_url=requested_url,
            url=url,
            status=stored.status,
            headers=tuple((name, value) for name, value in headers),
            content_encoding=content_encoding,
            wire_body=stored.body,
            body=self._decode(stored.body, content_encoding),
            fetched_at=stored.fetched_at,
        )


def may_read(options: ScrapeOptions) -> bool:
    """Return whether a stored copy may answer these options at all."""
    if options.wants("changeTracking") or is_single(options):
        return False
    return options.max_age_ms > 0 or options.min_age is not None


def may_keep(options: ScrapeOptions, *, zero_retention: bool) -> bool:
    """Return whether a page fetched under these options may be kept for others."""
    return options.store_in_cache and not zero_retention and not is_single(options)


def _is_proven(url: str, page: Page) -> bool:
    """Return whether a page asked for by https came by it, so that certificates say who sent it."""
    return page.url.startswith("https:") or not url.startswith("https:")


def choose(
    entries: Sequence[StoredEntry], *, now: float, max_age_s: float, min_age_s: float
) -> StoredEntry | None:
    """Pick among the entries of a key, the newest first: the newest good one of the right age.

    An error is believed only when the three newest, or all, are errors, and for as long as an error is.
    """
    usable = [
        entry
        for entry in entries[:5]
        if not is_momentary(entry.status)
        and min_age_s <= now - entry.fetched_at <= min(max_age_s, lifetime_s(entry.status))
    ]
    for entry in usable:
        if _GOOD <= entry.status < _MOVED:
            break
    else:
        return usable[0] if usable else None
    newest = usable[:_ERRORS_BELIEVED]
    return (
        usable[0]
        if len(newest) == _ERRORS_BELIEVED and all(one.status >= _WRONG for one in newest)
        else entry
    )


def _key(url: str, options: ScrapeOptions) -> bytes:
    return pages.digest(f"{cache_key(url)}\n{variant_of(options)}")
