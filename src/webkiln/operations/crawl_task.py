"""The tasks behind a crawl: a page with the links on it, or a sitemap with the pages it lists."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from webkiln import errors
from webkiln.engine.outcome import NOTHING, Completed, Failed, Found, Snoozed
from webkiln.operations.crawl_memory import MEMORY
from webkiln.operations.crawl_site import ROBOTS_NOTE, CrawledSite
from webkiln.operations.crawl_sitemaps import CrawlSitemaps, SitemapTask
from webkiln.operations.crawl_spec import CrawlSpec
from webkiln.operations.failures import failed
from webkiln.operations.page_task import completed, page_events
from webkiln.store.hosts import HostNews
from webkiln.urls import authority_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from webkiln.engine.outcome import NextTask, Outcome
    from webkiln.fetching.robots import Robots, RobotsRules
    from webkiln.fetching.sitemaps import Sitemaps
    from webkiln.frontier.rules import Link
    from webkiln.operations.crawl_memory import CrawlMemory
    from webkiln.operations.page_task import PageHandler
    from webkiln.operations.specs import Specs
    from webkiln.scraping.scraper import Scraped
    from webkiln.store.tasks import ClaimedTask

_AT_ONCE: Final = 500
_SITES_KEPT: Final = 64
_ANNOUNCED_S: Final = 300.0


class CrawlHandler:
    """Scrapes one page of a crawl and finds the next, or reads one sitemap.

    A task's payload is the page's URL, or names a sitemap (`SitemapTask`).
    """

    def __init__(
        self,
        specs: Specs,
        pages: PageHandler,
        robots: Robots,
        sitemaps: Sitemaps,
        memory: CrawlMemory,
        *,
        allow_names: Container[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Scrape with `pages`, which also tries again."""
        self._specs = specs
        self._pages = pages
        self._robots = robots
        self._sitemaps = CrawlSitemaps(sitemaps)
        self._memory = memory
        self._allow_names = allow_names
        self._now = clock
        self._sites: OrderedDict[str, CrawledSite] = OrderedDict()
        self._announced: OrderedDict[str, float] = OrderedDict()

    async def run(self, task: ClaimedTask) -> Outcome:
        """Do one task; a failed start page still leads to the sitemap."""
        site = await self._site(task)
        if site is None:
            raise errors.JobCancelled("The page's job is gone.")
        if task.payload == MEMORY:
            return await self._memory.recall(task, site)
        sitemap = SitemapTask.of(task.payload)
        if sitemap is None:
            return await self._scrape(task, site)
        tasks = await self._sitemaps.read(site, sitemap)
        return Completed(found=Found(tuple(tasks), notes=site.notes(tasks)))

    async def abandon(self, task: ClaimedTask, error: errors.WebkilnError) -> Outcome:
        """Keep the error with the page and tell the receiver; a sitemap that fails is none."""
        if task.payload == MEMORY or SitemapTask.of(task.payload) is not None:
            return Completed()
        site = await self._site(task)
        if site is None:
            return failed(task, error)
        found = NOTHING
        if _is_start(task, site):
            tasks = [*await self._sitemaps.at_start(site, site.spec.origin), *self._memory.at_start(site)]
            found = Found(tuple(tasks), identities=(site.key(site.spec.origin),), notes=site.notes(tasks))
        if isinstance(error, errors.RobotsBlocked):
            return failed(task, error, found=replace(found, notes=(*found.notes, ROBOTS_NOTE)))
        return failed(task, error, page_events(task, site.spec.page, error.message), found)

    async def _scrape(self, task: ClaimedTask, site: CrawledSite) -> Outcome:
        typed = site.target(task.payload)
        robots = await site.ask_robots(typed)
        result = await self._pages.attempt(
            task, site.spec.page, links=True, crawl=site.spec.start, hidden=site.spec.hidden
        )
        if isinstance(result, Snoozed):
            return result
        outcome = await (self._started if _is_start(task, site) else self._followed)(
            task, site, typed, result
        )
        return replace(outcome, news=self._delay_asked(typed, robots))

    async def _started(
        self, task: ClaimedTask, site: CrawledSite, typed: str, result: Scraped
    ) -> Completed | Failed:
        """Go on from the start page, wherever its redirects led."""
        moved = site.moved_to(result.url)
        if moved is not None:
            site = moved
        identities = dict.fromkeys((site.key(typed), site.key(result.url)))
        listed, linked = await self._sitemaps.at_start(site, result.url), await _linked(task, site, result)
        tasks = [*listed, *linked, *self._memory.at_start(site)]
        spec = None if moved is None else site.spec.encode()
        found = Found(tuple(tasks), spec, tuple(identities), site.notes(tasks))
        events = page_events(task, site.spec.page)
        denial = site.rules.permits_start(result.url)
        if denial is not None:
            error = errors.CrawlDenial(
                f"The start page, {result.url}, is not part of its crawl: {denial}. "
                "Start there, or allow more with crawlEntireDomain, includePaths or excludePaths."
            )
            return failed(task, error, page_events(task, site.spec.page, error.message), found)
        return completed(result, events, found)

    async def _followed(
        self, task: ClaimedTask, site: CrawledSite, typed: str, result: Scraped
    ) -> Completed | Failed:
        """Go on from a page that was found; what redirects are about is judged again (contract §21.1)."""
        own, final = site.key(typed), site.key(result.url)
        if own != final:
            denial = site.rules.permits_redirect(result.url)
            if denial is not None:
                raise errors.CrawlDenial(f"The page redirects to one outside of the crawl: {denial}.")
            await site.ask_robots(result.url)
        tasks = await _linked(task, site, result)
        found = Found(tuple(tasks), identities=() if own == final else (final,), notes=site.notes(tasks))
        events = page_events(task, site.spec.page)
        return completed(result, events, found)

    def _delay_asked(self, url: str, robots: RobotsRules | None) -> HostNews | None:
        """Return the pause that robots.txt asks for, every few minutes for a host."""
        if robots is None or not robots.crawl_delay_s:
            return None
        host, now = authority_of(url), self._now()
        if self._announced.get(host, 0.0) > now:
            return None
        while len(self._announced) >= _SITES_KEPT:
            self._announced.popitem(last=False)
        self._announced[host] = now + _ANNOUNCED_S
        return HostNews(host, asked_s=robots.crawl_delay_s)

    async def _site(self, task: ClaimedTask) -> CrawledSite | None:
        site = self._sites.get(task.spec_id)
        if site is None:
            kept = await self._specs.raw(task.spec_id)
            if kept is None:
                return None
            site = CrawledSite(CrawlSpec.decode(kept), self._robots, self._allow_names)
            self._sites[task.spec_id] = site
            while len(self._sites) > _SITES_KEPT:
                self._sites.popitem(last=False)
        self._sites.move_to_end(task.spec_id)
        return site


def _is_start(task: ClaimedTask, site: CrawledSite) -> bool:
    return task.depth == 0 and task.payload == site.spec.start


async def _linked(task: ClaimedTask, site: CrawledSite, result: Scraped) -> list[NextTask]:
    """Return tasks of the pages that a page links to."""
    spec = site.spec
    too_deep = spec.max_depth is not None and task.depth >= spec.max_depth
    if result.outlinks is None or spec.sitemap == "only" or spec.hidden or too_deep:
        return []
    hrefs = result.outlinks
    links: list[Link] = []
    for first in range(0, len(hrefs), _AT_ONCE):
        links += site.rules.links(result.url, hrefs[first : first + _AT_ONCE])
        if first:
            await asyncio.sleep(0)  # others are waiting
    depth = task.depth + 1
    return await site.tasks(links, result.url, depth=depth, priority=depth)
