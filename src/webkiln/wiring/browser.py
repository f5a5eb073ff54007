"""The browsers of a worker, as the settings want them."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from webkiln.fetching.browser.gate import Gate, upstream_of
from webkiln.fetching.browser.installed import find_chromium
from webkiln.fetching.browser.memory import available_bytes, available_cores, most_bytes_for, places_for
from webkiln.fetching.browser.trust import trust_of
from webkiln.fetching.places import Places
from webkiln.wiring.browser_findings import recall

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.fetching.browser.fetcher import BrowserFetcher
    from webkiln.fetching.browser.pool import Way
    from webkiln.fetching.egress import EgressGuard
    from webkiln.fetching.page import FetchRequest, Page
    from webkiln.settings import Settings

_MB = 1024 * 1024


class Browser:
    """Shows pages in a browser; it, and all that drives it, is loaded with the first of them.

    A worker that starts has pages to fetch, and most of them need none.
    """

    def __init__(self, settings: Settings, guard: EgressGuard, clock: Callable[[], float]) -> None:
        """Decide how many pages there will be at once, and nothing else yet."""
        self._make = partial(_fetcher, settings, guard, clock=clock)
        self._making = asyncio.Lock()
        self._fetcher: BrowserFetcher | None = None
        self.places = _places(settings)

    async def fetcher(self) -> BrowserFetcher:
        """Return what shows the pages."""
        async with self._making:
            if self._fetcher is None:
                await asyncio.to_thread(import_module, "webkiln.fetching.browser.fetcher")
                self._fetcher = self._make(places=self.places)
            return self._fetcher

    async def fetch(self, request: FetchRequest) -> Page:
        """Show one page and read it."""
        return await (await self.fetcher()).fetch(request)

    async def close(self) -> None:
        """End the browsers there are."""
        if self._fetcher is not None:
            await self._fetcher.close()


def open_browser(settings: Settings, guard: EgressGuard, *, clock: Callable[[], float]) -> Browser | None:
    """Return what shows pages in a browser; None where that does not work.

    Without its driver it still shows what needs none, and raises DriverUnavailable for the rest.
    """
    return Browser(settings, guard, clock) if recall(settings).shows is None else None


def _places(settings: Settings) -> int:
    workers = settings.engine.workers or len(os.sched_getaffinity(0))
    return settings.browser.browser_pages or places_for(
        workers, cores=available_cores(), memory=available_bytes()
    )


def _fetcher(
    settings: Settings, guard: EgressGuard, *, clock: Callable[[], float], places: int
) -> BrowserFetcher:
    # Only who shows a page loads what drives a browser.
    from webkiln.fetching.browser.fetcher import BrowserFetcher  # noqa: PLC0415
    from webkiln.fetching.browser.launching import Launcher  # noqa: PLC0415
    from webkiln.fetching.browser.pool import BrowserPool  # noqa: PLC0415

    wanted = settings.browser
    most_bytes = settings.fetch.max_page_mb * _MB
    upstream = upstream_of(settings.fetch)

    trust = trust_of(settings.fetch)

    def gate(way: Way) -> Gate:
        return Gate(
            guard,
            most_bytes=most_bytes,
            upstream=upstream,
            without_ads=way.without_ads,
            trust=trust if way.proven else None,
        )

    workers = settings.engine.workers or len(os.sched_getaffinity(0))
    memory = available_bytes()
    executable = None if wanted.browser_cdp_url else find_chromium(wanted.browser_executable)
    shared = Places(places)

    def pool(*, piped: bool) -> BrowserPool:
        return BrowserPool(
            Launcher(executable, wanted.browser_cdp_url, sandbox=wanted.browser_sandbox, piped=piped),
            gate,
            host=wanted.browser_proxy_host,
            places=shared,
            most_pages=wanted.browser_recycle_pages,
            page_bytes=wanted.browser_page_mb * _MB,
            most_bytes=most_bytes_for(workers, memory=memory),
        )

    # A browser elsewhere is not at the end of a pipe.
    plain = None if wanted.browser_cdp_url else pool(piped=True)
    return BrowserFetcher(
        pool(piped=False), plain, most_bytes=most_bytes, own_trust=trust is not None, clock=clock
    )
