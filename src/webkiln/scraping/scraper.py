"""One URL to one document: find a stored copy or fetch, render, and say what it cost."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from webkiln import errors
from webkiln.content.main_content import MainContent
from webkiln.contract.formats import ScreenshotFormat
from webkiln.contract.served import SHOWN
from webkiln.contract.supported import needs_browser
from webkiln.fetching.page import BrowserWork, FetchRequest
from webkiln.scraping.documents import Asked
from webkiln.scraping.making import Worth
from webkiln.scraping.page_cache import may_keep, may_read
from webkiln.scraping.prices import price_of
from webkiln.scraping.shown import keep_shown
from webkiln.scraping.snapshots import Followed, Snapshots
from webkiln.scraping.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.contract.scrape import ScrapeOptions
    from webkiln.fetching.fetcher import Fetcher
    from webkiln.fetching.page import Page
    from webkiln.scraping.likenesses import Likenesses
    from webkiln.scraping.making import Maker
    from webkiln.scraping.outline import Outline
    from webkiln.scraping.page_cache import PageCache
    from webkiln.scraping.page_index import PageIndex
    from webkiln.scraping.profiles import Profiles
    from webkiln.store.blobs import BlobStore
    from webkiln.store.snapshots import Snapshot

_BUSY = frozenset({429, 500, 502, 503, 504})
_KEPT_S = 86_400.0  # what the contract gives pictures (§4.1)
_UNRETAINED_S = 3_600.0  # long enough to fetch what the answer names
_LEAST_S = 1.0  # for reading a page that came in the last moment


@dataclass(frozen=True, slots=True)
class Target:
    """One page to scrape: `typed` is the URL as the client wrote it, `url` its normal form.

    `timeout_s` is what is left of the whole scrape's time. With `links` those of the page are wanted
    too. Unless `final`, an answer that asks for another try is not made a document of. An `urgent`
    page is rendered before others; one to be `careful` with has cost a worker its life. `job_id` is
    that of a job of several pages, `crawl` the start of the crawl that met the page, which is `hidden`
    when nothing leads to it any more.
    """

    id: str
    typed: str
    url: str
    options: ScrapeOptions
    timeout_s: float
    warnings: tuple[str, ...] = ()
    zero_retention: bool = False
    final: bool = True
    urgent: bool = False
    base_url: str = ""
    team_id: str = ""
    links: bool = False
    careful: bool = False
    job_id: str = ""
    crawl: str | None = None
    hidden: bool = False

    @property
    def followed(self) -> Followed:
        """The page as one whose changes are followed."""
        return Followed(self.team_id, self.typed, self.crawl, self.hidden, forgotten=self.zero_retention)


@dataclass(frozen=True, slots=True)
class Scraped:
    """A document as the JSON it is kept and sent as, and what it costs.

    `url` is where the page was found in the end; `outlinks`, relative to it,
    are there if they were wanted. `snapshot` is to be kept with it. `held` is the page's place among the
    large ones.
    """

    document: bytes
    credits: int
    url: str = ""
    outlinks: list[str] | None = None
    snapshot: Snapshot | None = None
    held: object = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The site answered that it is busy; `asked_s` is its Retry-After in seconds, if it sent one.

    `page` is that answer: what the document is made of when there is no other try.
    """

    page: Page
    asked_s: float | None


class Scraper:
    """Scrapes pages; holds no state of its own besides its tools."""

    def __init__(
        self,
        fetcher: Fetcher,
        cache: PageCache,
        index: PageIndex,
        blobs: BlobStore,
        profiles: Profiles,
        snapshots: Snapshots,
        likenesses: Likenesses,
        maker: Maker,
        *,
        main_content: MainContent = MainContent.RULES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Fetch with `fetcher`, and let `maker` read what came. Pictures go to `blobs`."""
        self._fetcher = fetcher
        self._blobs = blobs
        self._profiles = profiles
        self._snapshots = snapshots
        self._likenesses = likenesses
        self._cache = cache
        self._index = index
        self._maker = maker
        self._main_content = main_content
        self._now = clock

    async def scrape(self, target: Target) -> Scraped | TryAgain:
        """Return the document, or that the site wants another try.

        Raises the ScrapeError that says why there is none.
        """
        begun = asyncio.get_running_loop().time()
        options = target.options
        page = await self._cache.find(target.url, options, self._now())
        hit = page is not None
        if page is None:
            _require_fetching(options)
            page = await self._fetch(target)
            if page.status in _BUSY and not target.final and page.rendered is None:
                return TryAgain(page, _retry_after_s(page, self._now()))
        spent_s = asyncio.get_running_loop().time() - begun
        return await self.document(target, page, hit=hit, spent_s=spent_s)

    async def _fetch(self, target: Target) -> Page:
        profile = target.options.profile
        request = _request(target)
        if profile is None:
            return await self._fetcher.fetch(request)
        opening = self._profiles.open(target.team_id, profile, holder=target.id, timeout_s=target.timeout_s)
        async with opening as held:
            work = replace(request.work, memory=held.before, remembers=held.writes)
            page = await self._fetcher.fetch(replace(request, work=work))
            if page.rendered is not None:
                held.after = page.rendered.memory
            return page

    async def document(
        self, target: Target, page: Page, *, hit: bool = False, spent_s: float = 0.0
    ) -> Scraped:
        """Make the document of a page; `hit` says that the page is a stored copy.

        `spent_s` of the target's time are over.
        """
        options = target.options
        kept_s = _UNRETAINED_S if target.zero_retention else _KEPT_S
        shown = await keep_shown(page, self._blobs, base_url=target.base_url, expires_at=self._now() + kept_s)
        credits_used = price_of(options, hit=hit, zero_retention=target.zero_retention)
        about = _about(target, page, credits_used, hit=hit)
        tracking, troubles = await self._snapshots.tracking(target.followed, page, options)
        wishes = Wishes.of(options, self._main_content)
        asked = Asked(wishes, about, shown, (*target.warnings, *troubles), target.links, tracking)
        left_s = max(target.timeout_s - spent_s, _LEAST_S)
        worth = Worth(target.id, left_s, urgent=target.urgent, careful=target.careful)
        made = await self._maker.document(page, asked, worth)
        if not page.notes and may_keep(options, zero_retention=target.zero_retention):
            self._index.note(target.team_id, page, made.said)
            if not hit:
                self._cache.keep(target.url, page, options)
        snapshot = self._snapshots.snapshot(target.followed, page, options, made.remembered)
        document = await self._likenesses.told(made, target.job_id, target.id)
        return Scraped(document, credits_used, page.url, made.outlinks, snapshot, page.held)

    async def outline(self, request: FetchRequest, *, holder: str) -> tuple[Page, Outline]:
        """Fetch a page for a map and read its title and its links, as a turn of the task `holder`'s.

        Raises the ScrapeError that says why there is no page.
        """
        page = await self._fetcher.fetch(replace(request, holder=holder))
        return page, await self._maker.outline(page, Worth(holder, request.timeout_s))


def _require_fetching(options: ScrapeOptions) -> None:
    if options.lockdown:
        raise errors.LockdownCacheMiss(
            "Lockdown mode serves stored copies only, and there is none of this page."
        )
    if options.min_age is not None and not options.wants("changeTracking"):
        raise errors.NoCachedData("There is no stored copy of this page that is old enough for minAge.")


def _request(target: Target) -> FetchRequest:
    options = target.options
    location = options.location
    picture = options.format("screenshot")
    return FetchRequest(
        url=target.url,
        timeout_s=target.timeout_s,
        headers=dict(options.headers),
        languages=location.languages if location is not None else (),
        verify_tls=options.verify_tls,
        render="always" if needs_browser(options) else "never" if options.fast_mode else "if_needed",
        work=BrowserWork(
            wait_ms=options.wait_for,
            actions=options.actions,
            screenshot=picture if isinstance(picture, ScreenshotFormat) else None,
            brand=options.wants("branding"),
            mobile=options.mobile,
            country=location.country if location is not None else None,
            block_ads=options.block_ads,
            text=any(wanted.type not in SHOWN for wanted in options.formats),
        ),
        urgent=target.urgent,
        holder=target.id,
        leads_on=True,
    )


def _about(target: Target, page: Page, credits_used: int, *, hit: bool) -> dict[str, Any]:
    """Return what is known of the scrape itself (contract §5); it wins over the page's own tags."""
    about: dict[str, Any] = {
        "sourceURL": target.typed,
        "scrapeId": target.id,
        "proxyUsed": "basic",
        "creditsUsed": credits_used,
    }
    if hit:
        cached = datetime.fromtimestamp(page.fetched_at, UTC).isoformat(timespec="milliseconds")
        about |= {"cacheState": "hit", "cachedAt": cached.replace("+00:00", "Z")}
    elif may_read(target.options):
        about["cacheState"] = "miss"
    return about


def _retry_after_s(page: Page, now: float) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110 §10.2.3)."""
    value = (page.header("retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    with contextlib.suppress(ValueError, OverflowError):
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0)
    return None
