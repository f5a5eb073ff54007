"""One page's way through its redirects: what is asked next, and what may be sent along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from webkiln import urls
from webkiln.errors import InvalidTarget
from webkiln.fetching.cookies import ChainCookies

if TYPE_CHECKING:
    from collections.abc import Container

    from webkiln.fetching.page import FetchRequest

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_LANGUAGE = re.compile(r"[A-Za-z0-9\-]{1,35}|\*")
_MAX_LANGUAGES = 10

_HARMLESS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "dnt",
        "pragma",
        "priority",
        "save-data",
        "upgrade-insecure-requests",
        "user-agent",
    }
)
"""The caller's headers that still go along once the redirects have left the first origin.

Any other may be a credential (`Authorization`, `Cookie`, `X-Api-Key`): the other site must not see it.
"""


class Chain:
    """The hops of one page so far; `url` is the one to ask now."""

    def __init__(self, request: FetchRequest, names: Container[str]) -> None:
        """Start at the request's URL. Raises InvalidTarget when it is none."""
        self._names = names
        self._headers = _own_headers(request)
        self._cookies: ChainCookies | None = None
        self.hops = 0
        self._go(request.url)

    def _go(self, text: str) -> None:
        """Take the next URL, as strictly as the first."""
        try:
            self.url = urls.parse_target(text, self._names)
        except urls.InvalidUrl as error:
            raise InvalidTarget(
                f"the redirect cannot be followed: {error}" if self.hops else str(error)
            ) from None
        self.parts = urls.parts_of(self.url)

    def follow(self, location: str, cookies: list[str]) -> None:
        """Go where a redirect points, taking the cookies its answer set.

        A fragment is inherited when the target has none (Fetch standard). Raises InvalidTarget when
        the target is no URL we fetch.
        """
        before = self.parts
        self._take(cookies, before)
        self.hops += 1
        if urls.has_controls(location):
            raise InvalidTarget(f"the redirect cannot be followed: {urls.INVALID}")
        fragment = self.url.partition("#")[1:]
        target = _resolved(self.url, location)
        self._go(target if "#" in target or not fragment[0] else target + "".join(fragment))
        self._leave(before)

    def follow_refresh(self, target: str, base: str, cookies: list[str]) -> bool:
        """Go where a page leads by itself, taking the cookies it set; say whether that is anywhere.

        `base` is what the page says that its references are relative to. Where a browser would reload
        the page, or go to what we do not fetch, the page stays what it is.
        """
        before, start = self.parts, self.url
        try:
            if urls.has_controls(target) or urls.has_controls(base):
                return False
            found = _resolved(_resolved(start, base) if base else start, target)
            found = urls.parse_target(found, self._names)
        except (InvalidTarget, urls.InvalidUrl):
            return False
        if urls.without_fragment(found) == urls.without_fragment(start):
            return False
        self._take(cookies, before)
        self.hops += 1
        self._go(found)
        self._leave(before)
        return True

    def _take(self, cookies: list[str], before: urls.Parts) -> None:
        """Keep the cookies that an answer set."""
        if cookies:
            if self._cookies is None:
                self._cookies = ChainCookies(self._headers.get("cookie", ""))
            self._cookies.store(cookies, before.host, before.path, secure=before.secure)

    def _leave(self, before: urls.Parts) -> None:
        """Drop what only the origin may know that is left, if it is."""
        if self._headers and _is_foreign(before, self.parts):
            self._headers = {name: value for name, value in self._headers.items() if name in _HARMLESS}
            if self._cookies is not None:
                self._cookies.forget_own()

    def headers(self) -> dict[str, str]:
        """Return the headers of the next request, beyond the browser profile's."""
        if self._cookies is None:
            return self._headers
        parts = self.parts
        collected = self._cookies.header(parts.host, parts.path, secure=parts.secure)
        headers = {name: value for name, value in self._headers.items() if name != "cookie"}
        return {**headers, "cookie": collected} if collected else headers


def _resolved(base: str, location: str) -> str:
    """Return a redirect's target in full.

    A target that names its own scheme is judged as it is written: the normal form would already
    have hidden a backslash or a user name.
    """
    if urls.has_scheme(location):
        return location
    if "\\" in location.partition("#")[0].partition("?")[0]:
        raise InvalidTarget(f"the redirect cannot be followed: {urls.INVALID}")
    try:
        return urls.resolve(base, location)
    except urls.InvalidUrl as error:
        raise InvalidTarget(f"the redirect cannot be followed: {error}") from None


def _is_foreign(before: urls.Parts, after: urls.Parts) -> bool:
    """Return whether a redirect leaves its origin; going from http to https on one host does not."""
    if before.origin == after.origin:
        return False
    upgraded = after.secure and not before.secure and (before.port, after.port) == (80, 443)
    return before.host != after.host or not upgraded


def _own_headers(request: FetchRequest) -> dict[str, str]:
    """Return the request's headers with lower-case names, its languages among them."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if request.languages and "accept-language" not in headers:
        tags = [tag for tag in request.languages if _LANGUAGE.fullmatch(tag)][:_MAX_LANGUAGES]
        if tags:
            ranked = (f"{tag};q={1 - place / 10:.1f}" for place, tag in enumerate(tags[1:], 1))
            headers["accept-language"] = ",".join([tags[0], *ranked])
    return headers
