"""What an answer itself says of being kept: by its status and by its headers (RFC 9111 §3)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webkiln.fetching.page import Page

_MOMENTARY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_ERROR_S = 3_600.0  # pages that are not there today are put up, and bans end


def is_momentary(status: int) -> bool:
    """Return whether an answer tells of a moment alone: the site's trouble, not the page.

    Every 5xx counts, also those that only some proxies send (520 to 530).
    """
    return status in _MOMENTARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def lifetime_s(status: int) -> float:
    """Return for how many seconds a copy may stand for the page, whatever age a request accepts.

    Only a page that was given (2xx) has no bound of its own.
    """
    if is_momentary(status):
        return 0.0
    good = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return float("inf") if good else _ERROR_S


def may_be_stored(page: Page) -> bool:
    """Return whether the site lets the answer be stored at all (RFC 9111 §5.2.2.5)."""
    return "no-store" not in _directives(page)


def may_be_shared(page: Page) -> bool:
    """Return whether the answer may be stored and given to others (RFC 9111 §3, §4.1, §5.2.2.7).

    `Vary: *` says that no two requests are alike. `Set-Cookie` forbids nothing: no cookie is sent
    along, so every page is the one that a stranger sees, and no copy's cookies are used again.
    """
    directives = _directives(page)
    if "no-store" in directives or "private" in directives:
        return False
    return not any(name == "vary" and "*" in value for name, value in page.headers)


def _directives(page: Page) -> set[str]:
    """Return the names in every `Cache-Control`, in lower case.

    An argument's parts (`private="x, y"`) count as names too; that can only forbid more.
    """
    return {
        part.partition("=")[0].strip().lower()
        for name, value in page.headers
        if name == "cache-control"
        for part in value.split(",")
    }
