"""What goes wrong in a browser, in our own words: Playwright's and Chromium's stay inside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webkiln.errors import (
    BlockedAddress,
    BrowserLost,
    ConnectionFailed,
    NameNotResolved,
    NothingScraped,
    ScrapeError,
    SiteFailed,
    TlsFailed,
)

if TYPE_CHECKING:
    from playwright.async_api import Error as PlaywrightError

    from webkiln.fetching.browser.gate import Gate

_NET_ERROR = re.compile(r"net::(ERR_[A-Z0-9_]+)")
_DEAD = ("crashed", "has been closed", "Connection closed", "Browser closed", "Target closed")
_TLS = ("ERR_CERT_", "ERR_SSL_", "ERR_TLS_", "ERR_BAD_SSL_")
_THROUGH_GATE = ("ERR_TUNNEL_", "ERR_EMPTY_")
_BLOCKED = frozenset({"ERR_UNSAFE_PORT", "ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"})
_PASSING = (
    "ERR_CONNECTION_",
    "ERR_EMPTY_RESPONSE",
    "ERR_FAILED",  # among others when the browser's own network process dies
    "ERR_NETWORK_CHANGED",
    "ERR_TIMED_OUT",
    "ERR_TUNNEL_",
    "ERR_PROXY_",
    "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "ERR_CONTENT_LENGTH_MISMATCH",
)


class NotAPage(Exception):
    """The URL gives a file that a browser would only download; HTTP is the way to get it."""


def failure_of(error: PlaywrightError, gate: Gate, url: str) -> ScrapeError | NotAPage:
    """Return what an error means for the page at `url`; the gate knows what it refused."""
    found = _NET_ERROR.search(error.message)
    word = found[1] if found is not None else ""
    if gate.cut_off:
        return too_much()
    if "Download is starting" in error.message or word == "ERR_ABORTED":
        return NotAPage(word)
    if any(sign in error.message for sign in _DEAD):
        return BrowserLost("The browser lost the page: its process ended before the page was read.")
    if gate.refused and word.startswith(_THROUGH_GATE):
        return next(reversed(gate.refused.values()))
    return _of_the_network(word, f"{word}: tried {urlsplit(url).netloc} in a browser", error.message)


def _of_the_network(word: str, text: str, message: str) -> ScrapeError:
    if word in _BLOCKED:
        return BlockedAddress()
    if word == "ERR_NAME_NOT_RESOLVED":
        return NameNotResolved(text)
    if word.startswith(_TLS):
        return TlsFailed(text)
    if not word:
        return NothingScraped(f"The browser could not show the page: {_first_line(message)}")
    return ConnectionFailed(text) if word.startswith(_PASSING) else SiteFailed(text)


def too_much() -> SiteFailed:
    """Return the error of a page that wanted more bytes than it may have."""
    return SiteFailed("ERR_RESPONSE_TOO_LARGE: the page and what it loads are larger than a page may be")


def _first_line(message: str) -> str:
    return message.strip().partition("\n")[0][:300]
