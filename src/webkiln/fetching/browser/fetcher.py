"""A Fetcher that shows pages in a browser."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError

from webkiln.contract.headers import InvalidHeader, check_headers
from webkiln.errors import BrowserLost, InvalidTarget
from webkiln.fetching.browser.failures import failure_of
from webkiln.fetching.browser.locations import locale, time_zone
from webkiln.fetching.browser.pool import Way
from webkiln.fetching.browser.traffic import split_headers
from webkiln.fetching.browser.visit import Visit
from webkiln.fetching.failures import timed_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.fetching.browser.pool import BrowserPool, Tab
    from webkiln.fetching.page import BrowserWork, FetchRequest, Page

_DESKTOP = {"width": 1280, "height": 800}
_PHONE: dict[str, Any] = {
    "viewport": {"width": 412, "height": 839},
    "device_scale_factor": 2.625,
    "is_mobile": True,
    "has_touch": True,
}
_TRIES = 4  # of a page whose browser died: mostly it was not the page that killed it
_OWN_TRIES = 2  # of a page whose own process died
_LEAST_S = 0.1


class BrowserFetcher:
    """Shows each page in a context of its own; errors are those of the Fetcher protocol, and NotAPage."""

    def __init__(
        self,
        pool: BrowserPool,
        plain: BrowserPool | None = None,
        *,
        most_bytes: int,
        own_trust: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read at most `most_bytes` of a page's HTML; `plain` has browsers for what is shown and no more.

        `own_trust` says that certificates are judged on the way out, not by the browser.
        """
        self._pool = pool
        self._plain = plain
        self._most_bytes = most_bytes
        self._own_trust = own_trust
        self._now = clock

    def pool(self, work: BrowserWork) -> BrowserPool:
        """Return the browsers that can do this work for the least."""
        plain = work.only_shown and not work.mobile and work.memory is None
        return self._plain if plain and self._plain is not None else self._pool

    async def fetch(self, request: FetchRequest) -> Page:
        """Show one page and read it; cancelling closes its connections at once and its context soon."""
        try:
            check_headers(request.headers)
        except InvalidHeader as error:
            raise InvalidTarget(str(error)) from None
        visits: list[Visit] = []
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._persist(request, visits)
        except TimeoutError:
            unmet = visits[-1].unmet if visits else None
            if unmet is not None:
                raise unmet from None
            raise timed_out(f"{request.url} in a browser", request.timeout_s) from None

    async def close(self) -> None:
        """End the browsers."""
        await self._pool.close()
        if self._plain is not None:
            await self._plain.close()

    async def _persist(self, request: FetchRequest, visits: list[Visit]) -> Page:
        """Try again when the browser dies under a page; `died` counts what may be the page's own doing.

        `visits` gets each one that begins.
        """
        deadline = time.monotonic() + request.timeout_s
        died = 0
        for tries in range(1, _TRIES + 1):
            try:
                return await self._once(request, deadline, visits)
            except BrowserLost as error:
                died += not error.message.startswith("The browser was lost")
                if tries == _TRIES or died >= _OWN_TRIES:
                    raise
        raise AssertionError  # the last try has returned or raised

    async def _once(self, request: FetchRequest, deadline: float, visits: list[Visit]) -> Page:
        options = _context(request) | {"ignore_https_errors": self._own_trust or not request.verify_tls}
        way = Way(without_ads=request.work.block_ads, proven=request.verify_tls)
        async with self.pool(request.work).tab(urgent=request.urgent, way=way, **options) as tab:
            left = replace(request, timeout_s=max(deadline - time.monotonic(), _LEAST_S))
            visit = Visit(tab, left, most_bytes=self._most_bytes, clock=self._now)
            visits.append(visit)
            visiting = asyncio.ensure_future(visit.run())
            crashed = asyncio.Event()
            tab.page.on("crash", lambda _: crashed.set())
            crash = asyncio.ensure_future(crashed.wait())
            try:
                await asyncio.wait((visiting, crash), return_when=asyncio.FIRST_COMPLETED)
                if not visiting.done():
                    tab.blame()
                    raise BrowserLost("The page's process ended before the page was read.")
                return visiting.result()
            except PlaywrightError as error:
                raise _explained(error, tab, request) from None
            finally:
                visiting.cancel()
                crash.cancel()
                # Without its sockets and then without its page, what is under way ends by itself.
                tab.gate.close()
                await asyncio.wait([visiting])
                if not visiting.cancelled():
                    visiting.exception()


def _explained(error: PlaywrightError, tab: Tab, request: FetchRequest) -> Exception:
    if not tab.alive():
        return BrowserLost("The browser was lost: it ended before the page was read.")
    failure = failure_of(error, tab.gate, request.url)
    if isinstance(failure, BrowserLost):
        tab.blame()
    return failure


def _context(request: FetchRequest) -> dict[str, Any]:
    """Return the options of the context that a request's page lives in."""
    work = request.work
    own, _ = split_headers(request.headers)
    options: dict[str, Any] = {
        "service_workers": "block",
        "accept_downloads": False,
        "viewport": _DESKTOP,
        "locale": locale(work.country, request.languages),
    }
    zone = time_zone(work.country)
    if zone is not None:
        options["timezone_id"] = zone
    if work.memory is not None:
        options["storage_state"] = work.memory
    if work.mobile:
        options |= _PHONE
    if work.screenshot is not None and work.screenshot.viewport is not None:
        viewport = work.screenshot.viewport
        options["viewport"] = {"width": viewport.width, "height": viewport.height}
    if "user-agent" in own:
        options["user_agent"] = own["user-agent"]
    return options
