"""The caller's own headers in a browser: for the origin they are meant for, and no other."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError

from webkiln.errors import InvalidTarget
from webkiln.fetching.browser.locations import accept_language, tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import BrowserContext, CDPSession

    from webkiln.fetching.browser.plain import PlainContext, PlainSession
    from webkiln.fetching.browser.world import Line
    from webkiln.fetching.page import FetchRequest

# Else it says to sites over TLS that it has no head.
_BRANDS = ("Chromium", "Google Chrome")
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
    if "cookie" in own:
        try:
            await context.add_cookies(_cookies(own["cookie"], url))  # type: ignore[arg-type]
        except PlaywrightError as error:
            if "Invalid cookie" not in error.message:
                raise
            raise InvalidTarget(
                "The header Cookie has one that a browser does not send to this URL"
            ) from None
    if not others:
        return
    origin = _origin(url)
    named = {name.lower() for name in others}
    under_way: set[asyncio.Future[Any]] = set()

    async def go_on(paused: dict[str, Any]) -> None:
        given: dict[str, Any] = {"requestId": paused["requestId"]}
        sent = paused["request"]["headers"]
        kept = {name: value for name, value in sent.items() if name.lower() not in named}
        if _origin(paused["request"]["url"]) == origin:
            kept |= others
        if kept != sent:
            given["headers"] = [{"name": name, "value": value} for name, value in kept.items()]
        with contextlib.suppress(PlaywrightError):
            await session.send("Fetch.continueRequest", given)

    def paused(event: dict[str, Any]) -> None:
        task = asyncio.ensure_future(go_on(event))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    session.on("Fetch.requestPaused", paused)
    await session.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})


def _cookies(header: str, url: str) -> list[dict[str, str]]:
    pairs = (part.partition("=") for part in header.split(";"))
    return [
        {"name": name.strip(), "value": value.strip(), "url": url} for name, _, value in pairs if name.strip()
    ]


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
