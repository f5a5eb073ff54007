"""Finding the pages of a site: its sitemaps, the links of its start page, and those of further pages.

How much is read is bounded by time, by pages, and by what is enough for the answer; what has been
found when a bound is met is there all the same.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from webkiln import errors
from webkiln.fetching.page import BrowserWork, FetchRequest
from webkiln.fetching.sitemaps import candidates
from webkiln.frontier.coverage import Coverage
from webkiln.frontier.rules import Link, LinkRules
from webkiln.operations.map_links import Entry, start_after
from webkiln.operations.side_by_side import side_by_side
from webkiln.sites import registrable_domain, same_site
from webkiln.urls import host_of, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.fetching.page import Page
    from webkiln.fetching.robots import Robots
    from webkiln.fetching.sitemaps import SitemapEntry, Sitemaps
    from webkiln.operations.map_spec import MapSpec
    from webkiln.scraping.outline import Outline
    from webkiln.scraping.scraper import Scraper

_START_S: Final = 30.0
_PAGE_S: Final = 10.0
_SITEMAP_S: Final = 30.0
_SITEMAP_DEPTH: Final = 3
_MOST_SITEMAPS: Final = 500
_SITEMAPS_AT_ONCE: Final = 4
_PAGES_AT_ONCE: Final = 8
_MOST_SHOWN: Final = 50  # pages that a browser has to show cost a hundred times the others
_SHOWN_AT_ONCE: Final = 2
_SHOWN_SAMPLE: Final = 8
_MOST_HOSTS: Final = 20
_MOST_BYTES: Final = 2 << 20  # of a page; links further down are not seen
_AT_ONCE: Final = 500
_REFUSALS: Final = 5
_ANSWER_S: Final = 40e-6  # for a page that has been found, to rank and to store it
_FIRST_ERROR: Final = 400
_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
# Files that have a place in a map and no links to follow.
_FILES: Final = (
    ".pdf",
    ".doc",
    ".docx",
    ".odt",
    ".rtf",
    ".xls",
    ".ppt",
    ".epub",
    ".csv",
    ".xml",
    ".json",
    ".rss",
)


class Tools(NamedTuple):
    """What a survey reads the web with."""

    scraper: Scraper
    robots: Robots
    sitemaps: Sitemaps


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a survey ends: seconds, pages fetched, pages found."""

    seconds: float
    pages: int
    enough: int


class _Next(NamedTuple):
    """A page to read, or the root of a host that was not known at the start, to be asked for sitemaps."""

    url: str
    new_host: bool = False


class Survey:
    """Looks at one site; what it has found so far can be read at any time."""

    def __init__(self, tools: Tools, spec: MapSpec, bounds: Bounds, *, holder: str) -> None:
        """Look for what `spec` asks for, as the work of the task `holder`."""
        self._tools = tools
        self._spec = spec
        self._bounds = bounds
        self._holder = holder
        self._rules = LinkRules(spec.url, spec.links)
        self._coverage = Coverage()
        self._entries: dict[int, Entry] = {}
        self._count = 0
        self._ends_at = math.inf
        self._sitemaps_seen: set[str] = set()
        self._hosts: set[str] = set()
        self._new_hosts: deque[_Next] = deque()
        self._gone: set[int] = set()
        self._fetched = 0
        self._most_pages = bounds.pages
        self._refusals = 0
        self._shown = False
        self.start_error: errors.ScrapeError | None = None
        self.start_status: int | None = None
        self.sitemap_warning: str | None = None
        self.out_of_time = False
        self.linked = False

    @property
    def entries(self) -> list[Entry]:
        """The pages found, in the order they were."""
        return list(self._entries.values())

    @property
    def out_of_pages(self) -> bool:
        """Whether more pages would have been fetched, had the bound on them allowed it."""
        return self._fetched >= self._most_pages

    @property
    def turned_away(self) -> bool:
        """Whether the site asked for fewer requests than a survey takes."""
        return self._refusals >= _REFUSALS

    @property
    def fetched(self) -> int:
        """How many pages were fetched besides the start page."""
        return self._fetched

    async def run(self) -> None:
        """Look until all is known or a bound is met; never raises for what a site does."""
        self._ends_at = asyncio.get_running_loop().time() + self._bounds.seconds
        try:
            async with asyncio.timeout_at(self._ends_at) as limit:
                await self._look()
        except TimeoutError:
            if not limit.expired():
                raise
            self.out_of_time = True

    async def _look(self) -> None:
        url = self._spec.url
        start, _ = await asyncio.gather(self._read_start(), self._tools.robots.rules(url))
        if start is not None:
            url = start_after(url, start[0].url)
            self._rules = LinkRules(url, self._spec.links)
        if start is not None and self._spec.sitemap != "only" and start[0].status < _FIRST_ERROR:
            self._add(self._rules.judge(start[0].url, found_on=None), outline=start[1], to_read=False)
        self._hosts.add(host_of(url).removeprefix("www."))
        if self._spec.sitemap != "skip":
            await self._read_sitemaps(url)
        if self._spec.sitemap != "only":
            if start is not None:
                await self._follow(start[0], start[1])
            await self._read_pages()

    async def _read_start(self) -> tuple[Page, Outline] | None:
        try:
            page, outline = await self._fetch(self._spec.url, within_s=_START_S, may_show=True)
        except errors.ScrapeError as error:
            self.start_error = error
            return None
        self.start_status = page.status
        if page.rendered is not None:  # then the others will be of that kind as well
            self._shown = True
            self._coverage = Coverage(sample=_SHOWN_SAMPLE)
            self._most_pages = min(self._most_pages, _MOST_SHOWN)
        return page, outline

    async def _fetch(self, url: str, *, within_s: float, may_show: bool) -> tuple[Page, Outline]:
        spec = self._spec
        request = FetchRequest(
            url,
            min(within_s, self._bounds.seconds),
            headers=dict(spec.headers),
            languages=spec.languages,
            verify_tls=bool(spec.headers),
            render="if_needed" if may_show and spec.sitemap != "only" else "never",
            work=BrowserWork(country=spec.country),
            urgent=True,
            first_bytes=_MOST_BYTES,
            leads_on=True,
        )
        return await self._tools.scraper.outline(request, holder=self._holder)

    async def _read_sitemaps(self, url: str) -> None:
        """Read the sitemaps of a URL's host, and what they lead to."""
        robots = await self._tools.robots.rules(url)
        domain = registrable_domain(host_of(url))
        waiting = deque((place, 0) for place in candidates(url, robots, domain=domain))

        def take() -> tuple[str, int] | None:
            while waiting and not self._is_done() and len(self._sitemaps_seen) < _MOST_SITEMAPS:
                place, nested = waiting.popleft()
                if place not in self._sitemaps_seen:
                    self._sitemaps_seen.add(place)
                    return place, nested
            return None

        async def read(item: tuple[str, int]) -> None:
            place, nested = item
            within_s = min(_SITEMAP_S, self._bounds.seconds)
            sitemap = await self._tools.sitemaps.read(place, timeout_s=within_s, headers=self._spec.headers)
            self.sitemap_warning = self.sitemap_warning or sitemap.warning
            if nested < _SITEMAP_DEPTH:
                host = host_of(url)
                waiting.extend(
                    (inner, nested + 1) for inner in sitemap.sitemaps if same_site(host_of(inner), host)
                )
            await self._take_list(sitemap.pages)

        await side_by_side(take, read, at_once=_SITEMAPS_AT_ONCE)

    async def _take_list(self, listed: Sequence[SitemapEntry]) -> None:
        """Enter what a sitemap lists, in its order, up to what is enough."""
        links: list[Link] = []
        for number, entry in enumerate(listed, 1):
            link = self._rules.judge(entry.url, found_on=None)
            if isinstance(link, Link):
                self._enter(link, title=entry.title)
                links.append(link)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # there may be 50,000, and others are waiting
                if self._is_done():
                    break
        # What is near the root is what leads to others, and is looked at first.
        links.sort(key=lambda link: (link.url.count("/"), len(link.url)))
        for number, link in enumerate(links, 1):
            self._note(link, listed=True)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _is_done(self) -> bool:
        """Return whether there is enough, or no more time than it takes to answer with what there is."""
        if asyncio.get_running_loop().time() > self._ends_at - len(self._entries) * _ANSWER_S:
            self.out_of_time = True
        return self.out_of_time or self._count >= self._bounds.enough

    async def _read_pages(self) -> None:
        """Read further pages as long as they show what is not known yet."""

        def take() -> _Next | None:
            if self._is_done():
                return None
            if self._new_hosts and self._spec.sitemap == "include":
                return self._new_hosts.popleft()
            if self.out_of_pages or self.turned_away:
                return None
            url = self._coverage.next()
            return None if url is None else _Next(url)

        async def read(item: _Next) -> None:
            if item.new_host:
                await self._read_sitemaps(item.url)
            else:
                await self._read_page(item.url)

        await side_by_side(take, read, at_once=_SHOWN_AT_ONCE if self._shown else _PAGES_AT_ONCE)

    async def _read_page(self, url: str) -> None:
        robots = await self._tools.robots.rules(url)
        news = 0
        if robots.allows(url) and not self.out_of_pages:
            self._fetched += 1
            try:
                page, outline = await self._fetch(url, within_s=_PAGE_S, may_show=self._shown)
            except errors.NameNotResolved:
                self._forget(url)
            except errors.ScrapeError:
                news = 0  # the page may be there all the same
            else:
                news = await self._take_in(url, page, outline)
        self._coverage.read(url, news)

    async def _take_in(self, url: str, page: Page, outline: Outline) -> int:
        """Note what a page is and what it links to; return how many of these were not known."""
        if page.status in _BUSY:
            self._refusals += 1
        if page.status in _GONE:
            self._forget(url)
        if page.status >= _FIRST_ERROR:
            return 0
        link = self._rules.judge(page.url, found_on=None)
        if not isinstance(link, Link):
            return 0  # it leads out of the site; its own address is of the site all the same
        asked = self._rules.judge(url, found_on=None)
        if isinstance(asked, Link) and asked.key != link.key:
            self._forget(url)
        self._add(link, outline=outline, to_read=False)
        return await self._follow(page, outline)

    async def _follow(self, page: Page, outline: Outline) -> int:
        """Note the links of a page; return how many were not known."""
        news = 0
        hrefs = outline.hrefs
        for first in range(0, len(hrefs), _AT_ONCE):
            for link in self._rules.links(page.url, hrefs[first : first + _AT_ONCE]):
                news += self._add(link)
            if first:
                await asyncio.sleep(0)
        return news

    def _add(self, link: object, *, outline: Outline | None = None, to_read: bool = True) -> bool:
        """Note a page that a link shows; say whether it is news."""
        if not isinstance(link, Link):
            return False
        fresh = self._note(link, listed=False, to_read=to_read)
        if outline is None:
            if fresh:
                self._enter(link)
                self.linked = True
        else:
            self._enter(link, title=outline.title, description=outline.description)
        return fresh

    def _note(self, link: Link, *, listed: bool, to_read: bool = True) -> bool:
        """Note a page as one to read; a host that has not been seen is one to ask for its sitemaps."""
        parts = parts_of(link.url)
        to_read = to_read and not link.external and not parts.path.lower().endswith(_FILES)
        if not link.external:
            host = parts.host.removeprefix("www.")
            if host not in self._hosts and len(self._hosts) < _MOST_HOSTS:
                self._hosts.add(host)
                self._new_hosts.append(_Next(f"{parts.origin}/", new_host=True))
        return self._coverage.add(link.url, link.key, listed=listed, to_read=to_read)

    def _enter(self, link: Link, *, title: str | None = None, description: str | None = None) -> None:
        """Enter a page into the map."""
        if link.key in self._gone:
            return
        entry = self._entries.get(link.key)
        if entry is None:
            entry = self._entries[link.key] = Entry(link.url)
            self._count += not (self._spec.ignore_query and "?" in link.url)
        entry.title = title or entry.title
        entry.description = description or entry.description

    def _forget(self, url: str) -> None:
        """Take a page that turned out not to be one off the map."""
        link = self._rules.judge(url, found_on=None)
        if isinstance(link, Link):
            self._gone.add(link.key)
            if self._entries.pop(link.key, None) is not None:
                self._count -= not (self._spec.ignore_query and "?" in link.url)
