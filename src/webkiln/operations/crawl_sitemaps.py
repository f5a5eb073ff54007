"""The sitemaps of a crawl: each is a task of its own, or all are read with the start page.

With a bound on the depth they are read with the start page, for what they list has depth 0 and must be
known before what the start page links to. Of that is held what the crawl has a use for, and no more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from webkiln.engine.discovering import most_wanted
from webkiln.engine.outcome import NextTask
from webkiln.fetching.sitemaps import candidates
from webkiln.frontier.rules import Link
from webkiln.sites import registrable_domain, same_site
from webkiln.urls import authority_of, host_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from webkiln.fetching.sitemaps import Sitemap, Sitemaps
    from webkiln.operations.crawl_site import CrawledSite

_WORD: Final = "sitemap"
_TIMEOUT_S: Final = 30.0
_DEEPEST: Final = 3
_MOST_NESTED: Final = 500  # that one file is followed to
_MOST_AT_START: Final = 500
_SIDE_BY_SIDE: Final = 4
_MOST_HELD: Final = 100_000  # tasks: some 35 MB
_BEHIND: Final = 1_000_000  # pages a sitemap lists come after those that pages link to
_AT_ONCE: Final = 500


class SitemapTask(NamedTuple):
    """A sitemap to read, and how deeply it is nested in others."""

    nested: int
    url: str

    @classmethod
    def of(cls, payload: str) -> SitemapTask | None:
        """Return the sitemap that a task's payload names; None when it is a page's URL."""
        word, _, rest = payload.partition(" ")
        if word != _WORD or not rest:
            return None
        nested, _, url = rest.partition(" ")
        return cls(int(nested), url)

    def as_task(self) -> NextTask:
        """Return the task of reading it."""
        digest = blake2b(f"{_WORD} {self.url}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "big", signed=True)
        return NextTask(f"{_WORD} {self.nested} {self.url}", key, host=authority_of(self.url))


class CrawlSitemaps:
    """Reads sitemaps for crawls."""

    def __init__(self, sitemaps: Sitemaps, *, most_held: int = _MOST_HELD) -> None:
        """Fetch with `sitemaps`; of pages read with a start page up to `most_held` are held at once."""
        self._sitemaps = sitemaps
        self._most_held = most_held

    async def at_start(self, site: CrawledSite, origin: str) -> list[NextTask]:
        """Return what a crawl begins with once its origin is known: tasks of sitemaps, or of their pages."""
        if site.spec.sitemap == "skip":
            return []
        robots = await site.robots(origin)
        domain = registrable_domain(host_of(origin))
        first = [SitemapTask(1, url) for url in candidates(origin, robots, domain=domain)]
        if site.spec.max_depth is None:
            return [sitemap.as_task() for sitemap in first]
        return await self._first_pages(site, first)

    async def read(self, site: CrawledSite, sitemap: SitemapTask) -> list[NextTask]:
        """Return tasks of the pages that a sitemap lists, and of the sitemaps that it names."""
        found = await self._read(sitemap)
        pages, _ = await self._pages(site, sitemap, found, known=(), most=len(found.pages))
        return [*pages, *(inner.as_task() for inner in _nested(site, sitemap, found))]

    async def _first_pages(self, site: CrawledSite, first: Iterable[SitemapTask]) -> list[NextTask]:
        """Read sitemaps until there is as much as the crawl has a use for.

        Where that is more than is held at once, the sitemaps that have not been read to their end are
        tasks; a page of theirs that the start page links to as well then counts as one link away.
        """
        wanted = most_wanted(site.spec.limit)
        most = min(wanted, self._most_held)
        waiting = deque(first)
        known = {sitemap.url for sitemap in waiting}
        pages: dict[int, NextTask] = {}
        unread: list[SitemapTask] = []
        while waiting and len(pages) < most:
            now = [waiting.popleft() for _ in range(min(_SIDE_BY_SIDE, len(waiting)))]
            for sitemap, found in zip(now, await asyncio.gather(*map(self._read, now)), strict=True):
                listed, whole = await self._pages(site, sitemap, found, known=pages, most=most - len(pages))
                pages.update((task.key, task) for task in listed)
                new = [inner for inner in _nested(site, sitemap, found) if inner.url not in known]
                new = new[: max(_MOST_AT_START - len(known), 0)]
                known.update(inner.url for inner in new)
                waiting += new
                if not whole:
                    unread.append(sitemap)
        left = [] if len(pages) >= wanted else [*unread, *waiting]
        return [*pages.values(), *(sitemap.as_task() for sitemap in left)]

    async def _read(self, sitemap: SitemapTask) -> Sitemap:
        return await self._sitemaps.read(sitemap.url, timeout_s=_TIMEOUT_S)

    async def _pages(
        self, site: CrawledSite, sitemap: SitemapTask, found: Sitemap, *, known: Container[int], most: int
    ) -> tuple[list[NextTask], bool]:
        """Return tasks of up to `most` pages that are not `known`, each once; say whether these are all."""
        links: dict[int, Link] = {}
        whole = True
        for place, entry in enumerate(found.pages):
            judged = site.rules.judge(entry.url, found_on=None)
            if isinstance(judged, Link) and judged.key not in known and judged.key not in links:
                if len(links) >= most:
                    whole = False
                    break
                links[judged.key] = judged
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)  # there may be 50,000, and others are waiting
        priority = _BEHIND if site.spec.max_depth is None else 0
        tasks = await site.tasks(list(links.values()), sitemap.url, depth=0, priority=priority)
        return tasks, whole


def _nested(site: CrawledSite, sitemap: SitemapTask, found: Sitemap) -> list[SitemapTask]:
    """Return the sitemaps of the crawl's own site that one names."""
    if sitemap.nested >= _DEEPEST:
        return []
    host = host_of(site.spec.origin)
    own = [url for url in found.sitemaps if same_site(host_of(url), host)][:_MOST_NESTED]
    return [SitemapTask(sitemap.nested + 1, url) for url in own]
