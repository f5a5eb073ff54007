"""The sitemaps of a crawl: each is a task of its own, or all are read with the start page.

With a bound on the depth they are read with the start page, for what they list has depth 0 and must be
known before what the start page links to.
"""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from webkiln.engine.outcome import NextTask
from webkiln.fetching.sitemaps import candidates
from webkiln.frontier.rules import Link
from webkiln.sites import registrable_domain, same_site
from webkiln.urls import authority_of, host_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.fetching.sitemaps import Sitemaps
    from webkiln.operations.crawl_site import CrawledSite

_WORD: Final = "sitemap"
_TIMEOUT_S: Final = 30.0
_DEEPEST: Final = 3
_MOST_NESTED: Final = 500  # that one file is followed to
_MOST_AT_START: Final = 500
_SIDE_BY_SIDE: Final = 4
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

    def __init__(self, sitemaps: Sitemaps) -> None:
        """Fetch with `sitemaps`."""
        self._sitemaps = sitemaps

    async def at_start(self, site: CrawledSite, origin: str) -> list[NextTask]:
        """Return what a crawl begins with once its origin is known: tasks of sitemaps, or of their pages."""
        if site.spec.sitemap == "skip":
            return []
        robots = await site.robots(origin)
        domain = registrable_domain(host_of(origin))
        first = [SitemapTask(1, url) for url in candidates(origin, robots, domain=domain)]
        if site.spec.max_depth is None:
            return [sitemap.as_task() for sitemap in first]
        return await self._all_pages(site, first)

    async def read(self, site: CrawledSite, sitemap: SitemapTask) -> list[NextTask]:
        """Return tasks of the pages that a sitemap lists, and of the sitemaps that it names."""
        pages, nested = await self._read(site, sitemap)
        return [*pages, *(inner.as_task() for inner in nested)]

    async def _all_pages(self, site: CrawledSite, first: Iterable[SitemapTask]) -> list[NextTask]:
        """Read all sitemaps, up to a number of them."""
        waiting = list(first)
        known = {sitemap.url for sitemap in waiting}
        pages: list[NextTask] = []
        while waiting:
            now, waiting = waiting[:_SIDE_BY_SIDE], waiting[_SIDE_BY_SIDE:]
            for listed, nested in await asyncio.gather(*(self._read(site, sitemap) for sitemap in now)):
                pages += listed
                new = [inner for inner in nested if inner.url not in known][: _MOST_AT_START - len(known)]
                known.update(inner.url for inner in new)
                waiting += new
        return pages

    async def _read(
        self, site: CrawledSite, sitemap: SitemapTask
    ) -> tuple[list[NextTask], list[SitemapTask]]:
        found = await self._sitemaps.read(sitemap.url, timeout_s=_TIMEOUT_S)
        links: list[Link] = []
        for place, entry in enumerate(found.pages):
            judged = site.rules.judge(entry.url, found_on=None)
            if isinstance(judged, Link):
                links.append(judged)
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)  # there may be 50,000, and others are waiting
        priority = _BEHIND if site.spec.max_depth is None else 0
        pages = await site.tasks(links, sitemap.url, depth=0, priority=priority)
        if sitemap.nested >= _DEEPEST:
            return pages, []
        host = host_of(site.spec.origin)
        own = [url for url in found.sitemaps if same_site(host_of(url), host)][:_MOST_NESTED]
        return pages, [SitemapTask(sitemap.nested + 1, url) for url in own]
