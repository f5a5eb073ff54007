"""The ladder: HTTP first, a browser when that is not enough, and what each rung found and cost."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import structlog

from webkiln.errors import ActionsNotSupported, BrowserLost, NothingScraped, ScrapeError, ScrapeTimeout
from webkiln.fetching.browser.failures import NotAPage
from webkiln.fetching.page_verdict import page_verdict
from webkiln.telemetry.redaction import for_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from webkiln.fetching.fetcher import Fetcher
    from webkiln.fetching.page import FetchRequest, Page

log = structlog.get_logger(__name__)

_LEAST_S = 2.0  # with less time left no browser is tried


class Rung(Protocol):
    """A fetcher that shows pages; it may also raise NotAPage."""

    async def fetch(self, request: FetchRequest) -> Page:
        """Show one page and read it."""
        ...

    async def close(self) -> None:
        """End what is open."""
        ...


class Ladder:
    """A Fetcher of one or two rungs; the log says of every page that needed the second why."""

    def __init__(
        self,
        http: Fetcher,
        browser: Rung | None,
        *,
        marking: Callable[[str], AbstractContextManager[None]] = lambda _: contextlib.nullcontext(),
    ) -> None:
        """Climb no higher than `http` without a browser; `marking` names the task whose page is judged."""
        self._marking = marking
        self._http = http
        self._browser = browser

    @property
    def http(self) -> Fetcher:
        """The rung for what is never shown: robots.txt, sitemaps."""
        return self._http

    @property
    def has_browser(self) -> bool:
        """Whether pages can be shown in a browser."""
        return self._browser is not None

    async def fetch(self, request: FetchRequest) -> Page:
        """Return the page of the first rung that is enough; raises what the Fetcher protocol says."""
        if request.render == "always":
            return await self._insist(request)
        begun = time.monotonic()
        page = await self._http.fetch(request)
        verdict = self._judge(page, request.holder) if request.render == "if_needed" else None
        if verdict is None:
            return page
        spent_s = time.monotonic() - begun
        found = f"over HTTP ({spent_s:.1f} s, status {page.status}) {verdict}"
        return await self._climb(replace(request, timeout_s=request.timeout_s - spent_s), page, found)

    def _judge(self, page: Page, holder: str) -> str | None:
        with self._marking(holder) if holder else contextlib.nullcontext():
            return page_verdict(page)

    async def _climb(self, request: FetchRequest, page: Page, found: str) -> Page:
        """Show what HTTP did not bring; where that is no better, `page` is something, with a note."""
        if self._browser is None:
            return replace(page, notes=(*page.notes, f"{found}, and this server has no browser to show it"))
        if request.timeout_s < _LEAST_S:
            return replace(page, notes=(*page.notes, f"{found}, and no time was left for a browser"))
        try:
            return await self._show(request, found)
        except ScrapeError as error:
            log.info("no better in a browser", url=for_log(page.url), found=found, error=error.message)
            return replace(page, notes=(*page.notes, f"{found}, and in a browser: {error.message}"))

    async def _insist(self, request: FetchRequest) -> Page:
        """Show a page that was asked to be; only what no browser survives is read over HTTP instead."""
        begun = time.monotonic()
        try:
            return await self._show(request, "asked for")
        except BrowserLost as error:
            left_s = request.timeout_s - (time.monotonic() - begun)
            if not request.work.text_will_do or left_s <= 0:
                raise
            page = await self._http.fetch(replace(request, timeout_s=left_s))
            log.info("no browser survived it", url=for_log(page.url), error=error.message)
            instead = "It was read over HTTP instead"
            if request.work.screenshot is not None:
                instead += ", and there is no picture of it"
            return replace(page, notes=(*page.notes, f"{error.message} {instead}"))

    async def close(self) -> None:
        """Close both rungs."""
        if self._browser is not None:
            await self._browser.close()
        await self._http.close()

    async def _show(self, request: FetchRequest, why: str) -> Page:
        if self._browser is None:
            raise NothingScraped("The page has to be shown in a browser, and this server has none.")
        begun = time.monotonic()
        try:
            page = await self._browser.fetch(request)
        except NotAPage:
            return await self._download(request, begun)
        log.info(
            "shown in a browser",
            url=for_log(page.url),
            status=page.status,
            why=why,
            seconds=round(time.monotonic() - begun, 2),
        )
        return page

    async def _download(self, request: FetchRequest, begun: float) -> Page:
        """Get a file that a browser does not show, the way files are got."""
        if request.work.actions:
            raise ActionsNotSupported("The URL gives a file, which no actions can be done on.")
        left_s = request.timeout_s - (time.monotonic() - begun)
        if left_s <= 0:
            raise ScrapeTimeout("The file was found when no time was left to get it.")
        return await self._http.fetch(replace(request, timeout_s=left_s))
