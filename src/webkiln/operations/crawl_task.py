"""The tasks behind a crawl: a page with the links on it, or a sitemap with the pages it lists."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from webkiln import errors
from webkiln.engine.outcome import NOTHING, Completed, Failed, Found, NextTask, Snoozed
from webkiln.fetching.sitemaps import candidates
from webkiln.frontier.identity import visited_form, visited_key
from webkiln.frontier.rules import Link, LinkRules
from webkiln.frontier.sites import registrable_domain, same_site
from webkiln.operations.crawl_spec import CrawlSpec
from webkiln.operations.page_task import page_events
from webkiln.store.hosts import HostNews
from webkiln.urls import InvalidUrl, authority_of, host_of, origin_of, parse_target, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from webkiln.engine.outcome import Outcome
    from webkiln.fetching.robots import Robots, RobotsRules
    from webkiln.fetching.sitemaps import Sitemaps
    from webkiln.operations.page_task import PageHandler
    from webkiln.operations.specs import Specs
    from webkiln.scraping.scraper import Scraped
    from webkiln.store.tasks import ClaimedTask

ROBOTS_NOTE: Final = (
    "One or more pages were unable to be crawled because the robots.txt file prevented this. "
    "Please use the /scrape endpoint instead."
)
_SITEMAP: Final = "sitemap"
_SITEMAP_S: Final = 30.0
_SITEMAP_DEPTH: Final = 3
_MOST_SITEMAPS: Final = 500  # nested ones that one file is followed to
_BEHIND: Final = 1_000_000  # pages a sitemap lists come after those that pages link to
_AT_ONCE: Final = 500
_SITES_KEPT: Final = 64
_ANNOUNCED_S: Final = 3_600.0
_JUDGED_KEPT: Final = 20_000


class _Site:
    """What a worker keeps of a crawl: its spec, its rules, and what robots.txt said of single URLs."""

    def __init__(self, spec: CrawlSpec) -> None:
        self.spec = spec
        self.rules = LinkRules(spec.origin, spec.links)
        self._judged: dict[str, bool] = {}

    def key(self, url: str) -> int:
        """Return what a URL in visited form is known by."""
        return visited_key(url, similar=self.spec.links.deduplicate_similar_urls)

    def allowed(self, robots: RobotsRules, url: str) -> bool:
        """Ask robots.txt; links in menus are on every page, so answers are remembered."""
        allowed = self._judged.get(url)
        if allowed is None:
            if len(self._judged) >= _JUDGED_KEPT:
                self._judged.clear()
            allowed = self._judged[url] = robots.allows(url)
        return allowed


class CrawlHandler:
    """Scrapes one page of a crawl and finds the next, or reads one sitemap.

    A task's payload is the page's URL, or `sitemap`, how deeply it is nested, and its URL.
    """

    def __init__(
        self,
        specs: Specs,
        pages: PageHandler,
        robots: Robots,
        sitemaps: Sitemaps,
        *,
        allow_names: Container[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Scrape with `pages`, which also tries again."""
        self._now = clock
        self._specs = specs
        self._pages = pages
        self._robots = robots
        self._sitemaps = sitemaps
        self._allow_names = allow_names
        self._sites: OrderedDict[str, _Site] = OrderedDict()
        self._announced: OrderedDict[str, float] = OrderedDict()

    async def run(self, task: ClaimedTask) -> Outcome:
        """Do one task; a failed start page still leads to the sitemap."""
        site = await self._site(task)
        if site is None:
            raise errors.JobCancelled("The page's job is gone.")
        sitemap = _sitemap_of(task)
        if sitemap is not None:
            return await self._read_sitemap(site, *sitemap)
        return await self._scrape(task, site)

    async def abandon(self, task: ClaimedTask, error: errors.WebkilnError) -> Outcome:
        """Keep the error with the page and tell the receiver; a sitemap that fails is none."""
        if _sitemap_of(task) is not None:
            return Completed()
        site = await self._site(task)
        if site is None:
            return Failed(error)
        found = NOTHING
        if _is_start(task, site.spec):
            tasks = await self._beginnings(site, site.spec.origin)
            found = Found(tasks, identities=(self._own_key(task, site),))
        if isinstance(error, errors.RobotsBlocked):
            return Failed(error, found=Found(found.tasks, identities=found.identities, notes=(ROBOTS_NOTE,)))
        return Failed(error, page_events(task, site.spec.page, error.message), found)

    async def _scrape(self, task: ClaimedTask, site: _Site) -> Outcome:
        spec = site.spec
        typed = self._target(task.payload)
        start = _is_start(task, spec)
        robots = await self._ask_robots(site, typed)
        result = await self._pages.attempt(task, spec.page, links=True)
        if isinstance(result, Snoozed):
            return result
        news = self._delay_asked(typed, robots)
        if start:
            return replace(await self._started(task, site, typed, result), news=news)
        own, final = (site.key(self._form(site, url)) for url in (typed, result.url))
        if own != final:
            denial = site.rules.permits_redirect(result.url)
            if denial is not None:
                raise errors.CrawlDenial(f"The page redirects to one outside of the crawl: {denial}.")
            await self._ask_robots(site, result.url)
        tasks = await self._linked(task, site, result)
        found = Found(tuple(tasks), identities=() if own == final else (final,), notes=_notes(site, tasks))
        return Completed(result.document, result.credits, page_events(task, spec.page), found, news)

    async def _started(
        self, task: ClaimedTask, site: _Site, typed: str, result: Scraped
    ) -> Completed | Failed:
        """Go on from the start page: where it redirects to is where the crawl is (contract §21.1)."""
        next_spec = None
        if host_of(result.url) != host_of(typed):
            site = _Site(_moved(site.spec, result.url))
            next_spec = site.spec.encode()
        identities = dict.fromkeys(site.key(self._form(site, url)) for url in (typed, result.url))
        tasks = [*await self._beginnings(site, result.url), *await self._linked(task, site, result)]
        found = Found(tuple(tasks), next_spec, tuple(identities), _notes(site, tasks))
        denial = site.rules.permits_start(result.url)
        if denial is not None:
            error = errors.CrawlDenial(f"The start page is not part of its crawl: {denial}.")
            return Failed(error, page_events(task, site.spec.page, error.message), found)
        return Completed(result.document, result.credits, page_events(task, site.spec.page), found)

    async def _linked(self, task: ClaimedTask, site: _Site, result: Scraped) -> list[NextTask]:
        """Return the pages that a page links to, those that robots.txt forbids as failed ones."""
        spec = site.spec
        too_deep = spec.max_depth is not None and task.depth >= spec.max_depth
        if result.outlinks is None or spec.sitemap == "only" or too_deep:
            return []
        hrefs = result.outlinks.hrefs
        if result.outlinks.base != result.url:
            hrefs = _resolved(result.outlinks.base, hrefs)
        links: list[Link] = []
        for first in range(0, len(hrefs), _AT_ONCE):
            links += site.rules.links(result.url, hrefs[first : first + _AT_ONCE])
            if first:
                await asyncio.sleep(0)  # others are waiting
        depth = task.depth + 1
        return await self._tasks(site, links, result.url, depth=depth, priority=depth)

    async def _read_sitemap(self, site: _Site, nested: int, url: str) -> Outcome:
        sitemap = await self._sitemaps.read(url, timeout_s=_SITEMAP_S)
        links: list[Link] = []
        for place, entry in enumerate(sitemap.pages):
            judged = site.rules.judge(entry.url, found_on=None)
            if isinstance(judged, Link):
                links.append(judged)
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)  # there may be 50,000, and others are waiting
        priority = _BEHIND if site.spec.max_depth is None else 0
        tasks = await self._tasks(site, links, url, depth=0, priority=priority)
        if nested < _SITEMAP_DEPTH:
            host = host_of(site.spec.origin)
            own = [inner for inner in sitemap.sitemaps if same_site(host_of(inner), host)]
            tasks += [_sitemap_task(inner, nested + 1) for inner in own[:_MOST_SITEMAPS]]
        return Completed(found=Found(tuple(tasks), notes=_notes(site, tasks)))

    async def _tasks(
        self, site: _Site, links: Sequence[Link], found_on: str, *, depth: int, priority: int
    ) -> list[NextTask]:
        """Make tasks of links; of those to other origins robots.txt is asked when their turn comes."""
        if not links:
            return []
        robots = None if site.spec.ignore_robots else await self._rules(site, found_on)
        here = origin_of(found_on)
        tasks = []
        for link in links:
            error = None
            if robots is not None and link.url.startswith(here) and not site.allowed(robots, link.url):
                error = _blocked()
            tasks.append(NextTask(link.url, link.key, depth, priority, authority_of(link.url), error))
        return tasks

    async def _beginnings(self, site: _Site, origin: str) -> tuple[NextTask, ...]:
        """Return the sitemaps that a crawl looks for once its origin is known."""
        if site.spec.sitemap == "skip":
            return ()
        robots = await self._rules(site, origin)
        domain = registrable_domain(host_of(origin))
        return tuple(_sitemap_task(url, 1) for url in candidates(origin, robots, domain=domain))

    async def _ask_robots(self, site: _Site, url: str) -> RobotsRules | None:
        """Return what a site asks of crawlers, None where that is ignored; raises RobotsBlocked."""
        if site.spec.ignore_robots:
            return None
        robots = await self._rules(site, url)
        if not site.allowed(robots, url):
            raise _blocked()
        return robots

    def _delay_asked(self, url: str, robots: RobotsRules | None) -> HostNews | None:
        """Return the pause that robots.txt asks for, once an hour for a host."""
        if robots is None or not robots.crawl_delay_s:
            return None
        host, now = authority_of(url), self._now()
        if self._announced.get(host, 0.0) > now:
            return None
        while len(self._announced) >= _SITES_KEPT:
            self._announced.popitem(last=False)
        self._announced[host] = now + _ANNOUNCED_S
        return HostNews(host, asked_s=robots.crawl_delay_s)

    async def _rules(self, site: _Site, url: str) -> RobotsRules:
        return await self._robots.rules(url, agent=site.spec.robots_agent)

    async def _site(self, task: ClaimedTask) -> _Site | None:
        site = self._sites.get(task.spec_id)
        if site is None:
            kept = await self._specs.raw(task.spec_id)
            if kept is None:
                return None
            site = self._sites[task.spec_id] = _Site(CrawlSpec.decode(kept))
            while len(self._sites) > _SITES_KEPT:
                self._sites.popitem(last=False)
        self._sites.move_to_end(task.spec_id)
        return site

    def _target(self, typed: str) -> str:
        try:
            return parse_target(typed, self._allow_names)
        except InvalidUrl as error:
            raise errors.InvalidTarget(str(error)) from None

    def _form(self, site: _Site, url: str) -> str:
        return visited_form(
            url, ignore_query=site.spec.links.ignore_query_parameters, allow_names=self._allow_names
        )

    def _own_key(self, task: ClaimedTask, site: _Site) -> int:
        return site.key(self._form(site, self._target(task.payload)))


def _is_start(task: ClaimedTask, spec: CrawlSpec) -> bool:
    return task.depth == 0 and task.payload == spec.start


def _moved(spec: CrawlSpec, origin: str) -> CrawlSpec:
    kept = {name: getattr(spec, name) for name in CrawlSpec.__slots__}
    return CrawlSpec(**{**kept, "origin": origin})


def _notes(site: _Site, tasks: Sequence[NextTask]) -> tuple[str, ...]:
    robots = (ROBOTS_NOTE,) if any(task.error is not None for task in tasks) else ()
    return (*site.rules.trap_warnings, *robots)


def _blocked() -> errors.RobotsBlocked:
    return errors.RobotsBlocked("The site's robots.txt asks crawlers not to fetch the page.")


def _sitemap_of(task: ClaimedTask) -> tuple[int, str] | None:
    """Return how deeply a task's sitemap is nested and its URL; None when the task is a page."""
    word, _, rest = task.payload.partition(" ")
    if word != _SITEMAP or not rest:
        return None
    nested, _, url = rest.partition(" ")
    return int(nested), url


def _sitemap_task(url: str, nested: int) -> NextTask:
    digest = blake2b(f"{_SITEMAP} {url}".encode(), digest_size=8).digest()
    key = int.from_bytes(digest, "big", signed=True)
    return NextTask(f"{_SITEMAP} {nested} {url}", key, host=authority_of(url))


def _resolved(base: str, hrefs: Sequence[str]) -> list[str]:
    """Return links in full where the page says that they are relative to something else than itself."""
    absolute = []
    for href in hrefs:
        try:
            absolute.append(resolve(base, href))
        except InvalidUrl:
            continue
    return absolute
