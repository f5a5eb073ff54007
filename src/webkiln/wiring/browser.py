"""The browsers of a worker, as the settings want them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import structlog

from webkiln.fetching.browser.gate import Gate, upstream_of
from webkiln.fetching.browser.installed import find_chromium
from webkiln.fetching.browser.memory import available_bytes, available_cores, most_bytes_for, places_for
from webkiln.fetching.browser.trust import trust_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.fetching.browser.fetcher import BrowserFetcher
    from webkiln.fetching.browser.pool import Way
    from webkiln.fetching.egress import EgressGuard
    from webkiln.settings import BrowserSettings, Settings

log = structlog.get_logger(__name__)

_MB = 1024 * 1024


def has_browser(settings: BrowserSettings) -> bool:
    """Say whether pages can be shown in a browser, without starting one."""
    if settings.browser == "off":
        return False
    return settings.browser_cdp_url is not None or find_chromium(settings.browser_executable) is not None


def open_browser(
    settings: Settings, guard: EgressGuard, *, clock: Callable[[], float]
) -> BrowserFetcher | None:
    """Return what shows pages in a browser, which is started with the first of them; None without one."""
    wanted = settings.browser
    if not has_browser(wanted):
        if wanted.browser != "off":
            log.warning("no Chromium was found; pages are read over HTTP only")
        return None
    # Only who has a browser loads what drives it.
    from webkiln.fetching.browser.fetcher import BrowserFetcher  # noqa: PLC0415
    from webkiln.fetching.browser.launching import Launcher  # noqa: PLC0415
    from webkiln.fetching.browser.pool import BrowserPool  # noqa: PLC0415

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
    pool = BrowserPool(
        Launcher(executable, wanted.browser_cdp_url, sandbox=wanted.browser_sandbox),
        gate,
        host=wanted.browser_proxy_host,
        places=wanted.browser_pages or places_for(workers, cores=available_cores(), memory=memory),
        most_pages=wanted.browser_recycle_pages,
        page_bytes=wanted.browser_page_mb * _MB,
        most_bytes=most_bytes_for(workers, memory=memory),
    )
    return BrowserFetcher(pool, most_bytes=most_bytes, own_trust=trust is not None, clock=clock)
