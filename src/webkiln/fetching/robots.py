"""The robots.txt of origins: fetched when first asked for, kept for a day, shared by all who ask.

What a site's answer means (RFC 9309 §2.3.1):

- 2xx: the rules of the file, unless it is an HTML page.
- 4xx, and more than five redirects: there is no file, and everything is allowed.
- 5xx, no answer in time, no connection: the site cannot say. Rules known from before, up to 30 days
  old, hold on; without any, everything is allowed. It is asked again after five minutes. The RFC
  would have nothing allowed then; the wire contract (§21.3) has, and a crawl that ends without a page
  because one file was slow is nothing a user would understand.
- The name does not resolve, the guard refuses the address, TLS fails, a redirect leads nowhere we
  go: everything is allowed, for the page fails for the same reason and is the one to say so.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog

from webkiln import urls
from webkiln.errors import BlockedAddress, InvalidTarget, NameNotResolved, ScrapeError, TlsFailed
from webkiln.fetching.page import FetchRequest
from webkiln.fetching.robots_rules import ALLOW_ALL, MAX_BYTES, RobotsRules, read_rules
from webkiln.telemetry.redaction import for_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.fetching.fetcher import Fetcher
    from webkiln.fetching.page import Page

__all__ = ["AGENT", "Robots", "RobotsRules"]

log = structlog.get_logger(__name__)

AGENT: Final = "Webkiln"
"""The name by which a robots.txt can address us.

A group for this name holds, else the one for `*`. Groups for other crawlers' names, those of
compatible products among them, are not ours to obey or to hide behind.
"""

TIMEOUT_S: Final = 10.0
MAX_REDIRECTS: Final = 5
KEPT_S: Final = 24 * 3600
"""RFC 9309 §2.4."""
SHORTLY_S: Final = 300
STALE_S: Final = 30 * 24 * 3600

_MAX_KEPT: Final = 1_000
_MAX_KEPT_BYTES: Final = 32 << 20
_LARGE: Final = 32 << 10  # bytes of a file whose reading would hold up the event loop
_TOO_MANY_REDIRECTS: Final = "ERR_TOO_MANY_REDIRECTS"
_PAGE_SAYS_SO: Final = (BlockedAddress, InvalidTarget, NameNotResolved, TlsFailed)
_IN_PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


@dataclass(frozen=True, slots=True)
class _Known:
    """Rules of an origin, until when they hold, and when the site itself said so (Unix time)."""

    rules: RobotsRules
    until: float
    said_at: float | None


class Robots:
    """The rules of origins for one worker process, at most 1,000 origins and 32 MiB of them.

    Those not asked for longest are forgotten first. Who asks while an origin's file is being
    fetched waits for that fetch; it goes on when one of them gives up.
    """

    def __init__(self, fetcher: Fetcher, *, clock: Callable[[], float] = time.time) -> None:
        """Keep the fetcher; `clock` gives Unix time in seconds."""
        self._fetcher = fetcher
        self._now = clock
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._size = 0
        self._asking: dict[tuple[str, str], asyncio.Task[RobotsRules]] = {}

    async def rules(self, url: str, *, agent: str | None = None) -> RobotsRules:
        """Return the rules of a URL's origin for a robot, `Webkiln` when none is named.

        `url` is in normal form. Never raises for what a site does.
        """
        key = (urls.origin_of(url), AGENT if agent is None else agent)
        known = self._known.get(key)
        if known is not None and self._now() < known.until:
            self._known.move_to_end(key)
            return known.rules
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(*key))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, origin: str, agent: str) -> RobotsRules:
        """Fetch an origin's file and remember what it says."""
        url = f"{origin}/robots.txt"
        before = self._known.get((origin, agent))
        try:
            page = await self._fetcher.fetch(
                FetchRequest(
                    url, TIMEOUT_S, verify_tls=False, first_bytes=MAX_BYTES, max_redirects=MAX_REDIRECTS
                )
            )
        except ScrapeError as error:
            gone = isinstance(error, _PAGE_SAYS_SO) or error.message.startswith(_TOO_MANY_REDIRECTS)
            log.info("no robots.txt", url=for_log(url), error=error.message, allowed=gone)
            known = self._for_now(ALLOW_ALL) if gone else self._unreachable(before)
        else:
            known = await self._said(page, agent, before)
        self._remember((origin, agent), known)
        return known.rules

    async def _said(self, page: Page, agent: str, before: _Known | None) -> _Known:
        """Return what an answer means."""
        if page.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.info("no robots.txt", url=for_log(page.url), status=page.status)
            return self._unreachable(before)
        if page.status in _IN_PASSING:
            return self._for_now(ALLOW_ALL)
        now = self._now()
        if not HTTPStatus.OK <= page.status < HTTPStatus.MULTIPLE_CHOICES:
            return _Known(ALLOW_ALL, now + KEPT_S, now)
        if len(page.body) <= _LARGE:
            rules = read_rules(page.body, page.url, agent)
        else:
            rules = await asyncio.to_thread(read_rules, page.body, page.url, agent)
        return _Known(rules, now + KEPT_S, now)

    def _unreachable(self, before: _Known | None) -> _Known:
        """Return what holds while a site cannot say: what it said last, else that nothing is allowed."""
        now = self._now()
        if before is not None and before.said_at is not None and now - before.said_at < STALE_S:
            return _Known(before.rules, now + SHORTLY_S, before.said_at)
        return self._for_now(ALLOW_ALL)

    def _for_now(self, rules: RobotsRules) -> _Known:
        return _Known(rules, self._now() + SHORTLY_S, None)

    def _remember(self, key: tuple[str, str], known: _Known) -> None:
        """Keep the rules, at the cost of those not asked for longest."""
        self._forget(key)
        self._known[key] = known
        self._size += known.rules.size
        while len(self._known) > _MAX_KEPT or (self._size > _MAX_KEPT_BYTES and len(self._known) > 1):
            self._forget(next(iter(self._known)))

    def _forget(self, key: tuple[str, str]) -> None:
        gone = self._known.pop(key, None)
        if gone is not None:
            self._size -= gone.rules.size
