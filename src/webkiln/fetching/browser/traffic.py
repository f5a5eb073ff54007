"""The caller's own headers in a browser: for the origin they are meant for, and no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError

from webkiln import urls
from webkiln.errors import InvalidTarget
from webkiln.fetching.browser.locations import accept_language, tags_of
from webkiln.fetching.cookies import own_cookies, read_cookie

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import BrowserContext, CDPSession

    from webkiln.fetching.browser.plain import PlainContext, PlainSession
    from webkiln.fetching.browser.world import Line
    from webkiln.fetching.page import FetchRequest

# Else it says to sites over TLS that it has no head.
_BRANDS = ("Chromium", "Google Chrome")
_SAID_S = 1.0  # what an answer sets is told beside the answer, a little before or after
_OF_THE_CONTEXT = frozenset({"user-agent", "accept-language", "cookie"})


def split_headers(headers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers that describe the browser (names in lower case), and the rest."""
    own = {name.lower(): value for name, value in headers.items() if name.lower() in _OF_THE_CONTEXT}
    return own, {name: value for name, value in headers.items() if name.lower() not in _OF_THE_CONTEXT}


async def ask_in(session: Line, request: FetchRequest, user_agent: str) -> None:
    """Introduce the browser, in the languages of a request: Playwright's own `locale` is a single one."""
    own, _ = split_headers(request.headers)
    tags = tags_of(own.get("accept-language", "")) or tags_of(
        accept_language(request.work.country, request.languages)
    )
    spoken: dict[str, Any] = {"userAgent": user_agent, "acceptLanguage": ",".join(tags)}
    if "user-agent" not in own:
        phone = request.work.mobile
        release = user_agent.partition("Chrome/")[2].partition(".")[0]
        spoken["userAgentMetadata"] = {
            "brands": [{"brand": brand, "version": release} for brand in _BRANDS],
            "fullVersionList": [{"brand": brand, "version": f"{release}.0.0.0"} for brand in _BRANDS],
            "mobile": phone,
            "model": "",
            "architecture": "" if phone else "x86",
            "platform": "Android" if phone else "Linux",
            "platformVersion": "10" if phone else "",
        }
    await session.send("Emulation.setUserAgentOverride", spoken)


async def send_headers(
    context: BrowserContext | PlainContext,
    session: CDPSession | PlainSession,
    headers: Mapping[str, str],
    url: str,
) -> None:
    """Send `headers` with every request to the origin of `url`; redirects are looked at anew.

    Headers that a browser is given as a whole would go to every site a page asks for anything.
    Raises InvalidTarget for a cookie that no browser would send there.
    """
    own, others = split_headers(headers)
    patterns: list[dict[str, str]] = []
    watched: _OwnCookies | None = None
    if "cookie" in own:
        watched = _OwnCookies(session, own["cookie"], url)
        await watched.bring(context)
        await watched.watch()
        patterns += watched.patterns
    if others:
        patterns.append({"urlPattern": "*"})
    if not patterns:
        return
    origin = _origin(url)
    named = {name.lower() for name in others}
    under_way: set[asyncio.Future[Any]] = set()

    async def go_on(paused: dict[str, Any]) -> None:
        given: dict[str, Any] = {"requestId": paused["requestId"]}
        with contextlib.suppress(PlaywrightError):
            if "responseStatusCode" in paused and watched is not None:
                await watched.heed(paused)
            else:
                sent = paused["request"]["headers"]
                kept = {name: value for name, value in sent.items() if name.lower() not in named}
                if _origin(paused["request"]["url"]) == origin:
                    kept |= others
                if kept != sent:
                    given["headers"] = [{"name": name, "value": value} for name, value in kept.items()]
            await session.send("Fetch.continueRequest", given)

    def paused(event: dict[str, Any]) -> None:
        task = asyncio.ensure_future(go_on(event))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    session.on("Fetch.requestPaused", paused)
    await session.send("Fetch.enable", {"patterns": patterns})


class _OwnCookies:
    """The cookies of a request's own header, which those that the site sets replace by their names.

    The browser would keep both where their paths differ, and of the header's nobody knows the path.
    """

    def __init__(self, session: CDPSession | PlainSession, header: str, url: str) -> None:
        """They are for the host of `url`."""
        self._session = session
        self._url = url
        self._host = urls.parts_of(url).host
        self._cookies = dict(own_cookies(header))
        self._said: defaultdict[str, asyncio.Queue[list[str]]] = defaultdict(asyncio.Queue)

    @property
    def patterns(self) -> list[dict[str, str]]:
        """What of the site's answers is to be held until `heed` has seen it: documents and data."""
        host = urlsplit(self._url).hostname
        spelled = f"[{host}]" if host is not None and ":" in host else host
        return [
            {"urlPattern": pattern, "resourceType": kind, "requestStage": "Response"}
            for pattern in (f"*://{spelled}/*", f"*://{spelled}:*/*")
            for kind in ("Document", "XHR", "Fetch")
        ]

    async def bring(self, context: BrowserContext | PlainContext) -> None:
        """Have the browser send them to every path, as over HTTP; raises InvalidTarget for one it refuses."""
        root = urls.resolve(self._url, "/")
        cookies = [
            {"name": name, "value": text.partition("=")[2].strip(), "url": root}
            for name, text in self._cookies.items()
            if name
        ]
        try:
            await context.add_cookies(cookies)  # type: ignore[arg-type]
        except PlaywrightError as error:
            if "Invalid cookie" not in error.message:
                raise
            raise InvalidTarget(
                "The header Cookie has one that a browser does not send to this URL"
            ) from None

    async def watch(self) -> None:
        """Hear which cookies answers set: what `heed` is shown of them leaves those out."""
        self._session.on("Network.responseReceivedExtraInfo", self._heard)
        await self._session.send("Network.enable")

    def _heard(self, answer: dict[str, Any]) -> None:
        headers = answer["headers"].items()
        lines = [
            line for name, value in headers if name.lower() == "set-cookie" for line in value.split("\n")
        ]
        self._said[answer["requestId"]].put_nowait(lines)

    async def heed(self, answer: dict[str, Any]) -> None:
        """Drop those that an answer sets or takes back, before the browser asks for anything more."""
        parts = urls.parts_of(answer["request"]["url"])
        if parts.host != self._host or not self._cookies:
            return
        lines: list[str] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SAID_S):
                lines = await self._said[answer.get("networkId", "")].get()
        for line in lines:
            found = read_cookie(line, parts.host, parts.path, secure=parts.secure)
            if found is None or self._cookies.pop(found[0].name, None) is None:
                continue
            if not (found[0].host_only and found[0].path == "/"):  # else the browser has done it
                mine = {"name": found[0].name, "domain": parts.host, "path": "/"}
                await self._session.send("Network.deleteCookies", mine)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
