"""One page in a browser, from its address to what is read of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from webkiln.errors import BlockedAddress, SiteFailed
from webkiln.fetching.browser.actions import Actor
from webkiln.fetching.browser.capture import screenshot
from webkiln.fetching.browser.failures import NotAPage
from webkiln.fetching.browser.plain import PlainContext, PlainPage, PlainSession
from webkiln.fetching.browser.traffic import ask_in, send_headers
from webkiln.fetching.browser.world import World
from webkiln.fetching.page import Page, Rendered
from webkiln.fetching.refresh import SOON_S
from webkiln.urls import without_fragment

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.async_api import CDPSession, Response
    from playwright.async_api import Page as BrowserPage

    from webkiln.errors import ActionFailed
    from webkiln.fetching.browser.pool import Tab
    from webkiln.fetching.page import FetchRequest

log = structlog.get_logger(__name__)

# How long a page may take to come to rest, at most and as a share of the time that is left.
_LOAD_S, _QUIET_S, _SETTLE_S, _SPINNER_S = 15.0, 4.0, 4.0, 6.0
_SHARE = 0.4
_CALM_MS = 120  # without a new element or a loaded file, and the page is done
_AFTER_ACTION_MS = 2_000
_MOST_NAVIGATIONS = 20
_REFRESHES = frozenset({"httpHeaderRefresh", "metaTagRefresh"})
_LATE_S = 2.0
_PICTURE_S = 20.0
_HTML = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", ""})
_SCHEMES = frozenset({"http", "https"})
_CUT_OFF = "The page loads more than a page may; what came later was cut off"


class Visit:
    """What happens in one tab for one request."""

    def __init__(
        self, tab: Tab, request: FetchRequest, *, most_bytes: int, clock: Callable[[], float]
    ) -> None:
        """Read at most `most_bytes` of HTML."""
        self._tab = tab
        self._page = tab.page
        self._request = request
        self._most_bytes = most_bytes
        self._now = clock
        self._deadline = time.monotonic() + request.timeout_s
        self._navigations = 0
        self._hurried = False
        self._actor: Actor | None = None
        self._due: dict[str, tuple[float, str]] = {}

    @property
    def unmet(self) -> ActionFailed | None:
        """What to say when the time ends now, if an action is still looking for its element."""
        return None if self._actor is None else self._actor.unmet

    async def run(self) -> Page:
        """Return the page. Raises a ScrapeError, NotAPage, or Playwright's own error."""
        work = self._request.work
        session = await self._session()
        world = World(session)
        await self._watch(session)
        await ask_in(session, self._request, self._tab.user_agent)
        if self._request.headers:
            await send_headers(self._tab.context, session, self._request.headers, self._request.url)
        response = await self._page.goto(self._request.url, wait_until="commit", timeout=self._left * 1000)
        other = await self._other_than_html(response)
        if other is not None and work.only_shown:
            return other
        await self._settle(world)
        await self._lead_on(world)
        if work.wait_ms:
            await asyncio.sleep(work.wait_ms / 1000)
        rendered = Rendered()
        if not isinstance(self._page, PlainPage) and not isinstance(session, PlainSession):
            rendered = await self._perform(self._page, session, world)
        seen = await world.run("capture", self._most_bytes)
        self._check(seen["url"])
        if work.remembers:
            rendered = replace(rendered, memory=await self._memory())
        return self._made_of(seen, response, rendered)

    async def _session(self) -> CDPSession | PlainSession:
        """Return our own line to the page."""
        page, context = self._page, self._tab.context
        if isinstance(page, PlainPage):
            return page.session
        assert not isinstance(context, PlainContext)  # noqa: S101 (its pages are plain)
        return await context.new_cdp_session(page)

    async def _perform(self, page: BrowserPage, session: CDPSession, world: World) -> Rendered:
        """Do what is asked beyond reading the page."""
        work = self._request.work
        actor = self._actor = Actor(
            page,
            session,
            world,
            settle=lambda: self._calm(world),
            capture=lambda: self._captured(world),
        )
        await actor.perform(work.actions, self._deadline)
        picture = None
        if work.screenshot is not None:
            picture = await screenshot(page, world, work.screenshot, min(self._left, _PICTURE_S))
        brand = None
        if work.brand:
            await world.run("scroll_up")  # colours are looked up at what the window shows
            brand = await world.run("observing_brand")
        results = actor.results
        return Rendered(
            screenshot=picture,
            screenshots=tuple(results.screenshots),
            scrapes=tuple(results.scrapes),
            returns=tuple(results.returns),
            pdfs=tuple(results.pdfs),
            brand=brand,
        )

    @property
    def _left(self) -> float:
        return max(self._deadline - time.monotonic(), 0.001)

    async def _watch(self, session: CDPSession | PlainSession) -> None:
        """Close what a page opens beside itself, count where it leads, and hear where it will lead."""

        def moved(frame: Any) -> None:
            if frame == self._page.main_frame:
                self._navigations += 1

        self._page.on("framenavigated", moved)
        if not isinstance(self._tab.context, PlainContext):  # which closes them itself
            self._tab.context.on("page", _close)
            await session.send("Page.enable")
        session.on("Page.frameScheduledNavigation", self._scheduled)
        session.on("Page.frameClearedScheduledNavigation", self._cleared)

    def _scheduled(self, event: dict[str, Any]) -> None:
        """Keep when and where a frame's `Refresh` header or tag leads."""
        if event["reason"] in _REFRESHES and 0 < event["delay"] <= SOON_S:
            self._due[event["frameId"]] = (time.monotonic() + event["delay"], event["url"])

    def _cleared(self, event: dict[str, Any]) -> None:
        self._due.pop(event["frameId"], None)

    async def _lead_on(self, world: World) -> None:
        """Go along with a page that leads on by itself soon, as over HTTP."""
        while world.frame is not None and (due := self._due.pop(world.frame, None)) is not None:
            at, url = due
            if without_fragment(url) == without_fragment(self._page.url):
                return
            before = self._navigations
            until = min(at + _LATE_S, time.monotonic() + self._left * _SHARE)
            while self._navigations == before:
                if time.monotonic() > until:
                    return
                await asyncio.sleep(_CALM_MS / 1000)
            await self._settle(world)

    async def _other_than_html(self, response: Response | None) -> Page | None:
        """Return what is no HTML as it came: the browser only shows it in a viewer of its own."""
        if isinstance(self._page, PlainPage) and self._page.media_type not in _HTML:
            self._check(self._page.url)  # what the gate answers itself has no type
            raise NotAPage(self._page.media_type)
        if response is None:
            return None
        media_type = (await response.header_value("content-type") or "").partition(";")[0].strip().lower()
        if media_type in _HTML:
            return None
        try:
            body = await response.body()
        except PlaywrightError:
            raise NotAPage(media_type) from None
        headers = tuple((one["name"].lower(), one["value"]) for one in await response.headers_array())
        self._check(response.url)
        return self._page_of(response.url, response.status, headers, body[: self._most_bytes], Rendered())

    async def _settle(self, world: World) -> None:
        """Wait until the page has come to rest; one that never does is read as it is then."""
        for state, limit_s in (("load", _LOAD_S), ("networkidle", _QUIET_S)):
            given_s = min(limit_s, self._left * _SHARE)
            try:
                await self._page.wait_for_load_state(
                    state,  # type: ignore[arg-type]
                    timeout=given_s * 1000,
                )
            except PlaywrightTimeout:
                self._hurried |= given_s < limit_s
            self._check(self._page.url)
        most, patience = (min(limit, self._left * _SHARE) * 1000 for limit in (_SETTLE_S, _SPINNER_S))
        said = await world.run("settle", max(most, patience), _CALM_MS, patience)
        self._hurried |= said == "unsettled" and patience < _SPINNER_S * 1000
        self._check(self._page.url)

    async def _calm(self, world: World) -> None:
        """Wait for what an action has set going."""
        with contextlib.suppress(PlaywrightTimeout):
            await self._page.wait_for_load_state("domcontentloaded", timeout=_AFTER_ACTION_MS)
        most = min(_AFTER_ACTION_MS, self._left * _SHARE * 1000)
        await world.run("settle", most, _CALM_MS, most)
        self._check(self._page.url)

    async def _memory(self) -> dict[str, Any]:
        assert not isinstance(self._tab.context, PlainContext)  # noqa: S101 (nothing there is remembered)
        return dict(await self._tab.context.storage_state(indexed_db=True))

    async def _captured(self, world: World) -> tuple[str, str]:
        seen = await world.run("capture", self._most_bytes)
        return seen["url"], seen["html"]

    def _check(self, url: str) -> None:
        """Stop at what may not be read: the browser's own pages, refused ones, too large or endless ones."""
        if self._navigations > _MOST_NAVIGATIONS:
            raise SiteFailed(
                f"ERR_TOO_MANY_REDIRECTS: tried {self._request.url}, "
                f"the page moved on {self._navigations} times"
            )
        parts = urlsplit(url)
        if parts.scheme in _SCHEMES:
            refused = self._tab.gate.refused.get(parts.hostname or "")
            if refused is not None:
                raise refused
        elif url.startswith("chrome-error:"):
            raise next(
                reversed(self._tab.gate.refused.values()), SiteFailed("ERR_FAILED: the page broke off")
            )
        elif parts.scheme not in ("about", "blob", "data"):
            raise BlockedAddress

    def _made_of(self, seen: dict[str, Any], response: Response | None, rendered: Rendered) -> Page:
        url = seen["url"] if urlsplit(seen["url"]).scheme in _SCHEMES else self._request.url
        first = response.status if response is not None else 200
        status = int(seen["status"]) or first
        body = seen["html"].encode("utf-8", "replace")
        headers = (("content-type", "text/html; charset=utf-8"),)
        return self._page_of(url, status, headers, body, rendered)

    def _page_of(
        self, url: str, status: int, headers: tuple[tuple[str, str], ...], body: bytes, rendered: Rendered
    ) -> Page:
        return Page(
            requested_url=self._request.url,
            url=url,
            status=status,
            headers=headers,
            content_encoding="",
            wire_body=body,
            body=body,
            fetched_at=self._now(),
            rendered=rendered,
            notes=(_CUT_OFF,) if self._tab.gate.cut_off else (),
            hurried=self._hurried,
        )


_closing: set[asyncio.Future[None]] = set()


def _close(popup: Any) -> None:
    async def close() -> None:
        with contextlib.suppress(PlaywrightError):
            await popup.close()

    task = asyncio.ensure_future(close())
    _closing.add(task)  # or nobody would keep it
    task.add_done_callback(_closing.discard)
