"""Cookies of one page's redirect chain, forgotten when the page is there.

Just enough of RFC 6265 for sites that set a cookie and bounce: nothing is kept between pages, so
no tenant ever sees another's cookies.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING

from webkiln.fetching.addresses import parse_address
from webkiln.sites import is_public_suffix, registrable_domain

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_COOKIES = 50
MAX_COOKIE_LENGTH = 4_096

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie and where it may go."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """What a later cookie must have in common to replace this one."""
        return (self.domain, self.path, self.name)

    def goes_to(self, host: str, path: str, *, secure: bool) -> bool:
        """Return whether a request carries the cookie (RFC 6265 §5.4)."""
        if self.secure and not secure:
            return False
        if host != self.domain and (self.host_only or not host.endswith("." + self.domain)):
            return False
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


class ChainCookies:
    """The cookies that a chain of redirects has set so far, and those that its request brought along.

    A cookie that a site sets or takes back replaces the request's own of that name, whatever its path:
    who wrote the request copied a `Cookie` header, which tells no paths.
    """

    def __init__(self, own: str = "") -> None:
        """Start with those of a request's `Cookie` header."""
        self._cookies: dict[tuple[str, str, str], tuple[int, Cookie]] = {}
        self._born = 0
        self._own: dict[str, list[tuple[int, str]]] = {}
        for name, text in own_cookies(own):
            self._own.setdefault(name, []).append((self._next(), text))

    def _next(self) -> int:
        """Return the number of a cookie that is new: who was there first is sent first."""
        self._born += 1
        return self._born

    def store(self, lines: Iterable[str], host: str, path: str, *, secure: bool) -> None:
        """Take the `Set-Cookie` values of an answer from `host` and `path`; ignore broken ones."""
        for line in lines:
            found = read_cookie(line, host, path, secure=secure)
            if found is None:
                continue
            cookie, expired = found
            replaced = self._own.pop(cookie.name, None)
            before = self._cookies.get(cookie.key)
            if expired:
                self._cookies.pop(cookie.key, None)
            elif before is not None or len(self._cookies) < MAX_COOKIES:
                born = before[0] if before else replaced[0][0] if replaced else self._next()
                self._cookies[cookie.key] = (born, cookie)

    def forget_own(self) -> None:
        """Drop what the request brought along: the chain has left the origin it was meant for."""
        self._own.clear()

    def header(self, host: str, path: str, *, secure: bool) -> str:
        """Return the `Cookie` value for a request, empty when there is none.

        Longest paths first, then the oldest (RFC 6265 §5.4); the request's own count as set for `/`.
        """
        going = [
            (-len(cookie.path), born, f"{cookie.name}={cookie.value}")
            for born, cookie in self._cookies.values()
            if cookie.goes_to(host, path, secure=secure)
        ]
        going += [(-len("/"), born, text) for texts in self._own.values() for born, text in texts]
        return "; ".join(text for _, _, text in sorted(going))


def own_cookies(header: str) -> list[tuple[str, str]]:
    """Return name and text of each cookie in a request's `Cookie` header."""
    pairs = (pair.strip() for pair in header.split(";"))
    return [(pair.partition("=")[0].rstrip(), pair) for pair in pairs if pair]


def read_cookie(line: str, host: str, path: str, *, secure: bool) -> tuple[Cookie, bool] | None:
    """Read one `Set-Cookie` value; answer with the cookie and whether it is already over.

    None is a cookie that `host` may not set, or none at all (RFC 6265 §5.3).
    """
    if len(line) > MAX_COOKIE_LENGTH:
        return None
    pair, *rest = line.split(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(), value.strip()
    attributes = {
        key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)
    }
    needs_tls = "secure" in attributes
    if not equals or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or (needs_tls and not secure):
        return None
    domain = attributes.get("domain", "").lower().removeprefix(".")
    if domain and not _may_set(host, domain):
        return None
    own_path = attributes.get("path", "")
    cookie = Cookie(
        name=name,
        value=value,
        domain=domain or host,
        host_only=not domain or is_public_suffix(domain),
        path=own_path if own_path.startswith("/") else path.rpartition("/")[0] or "/",
        secure=needs_tls,
    )
    return cookie, _is_over(attributes)


def _may_set(host: str, domain: str) -> bool:
    """Return whether a host may set cookies for a domain: its own or a parent, never a public suffix.

    A host that is a public suffix itself may name itself; the cookie is for it alone then.
    """
    if host == domain:
        return True
    owned = len(domain) >= len(registrable_domain(host))  # both end as the host does
    return owned and host.endswith("." + domain) and parse_address(host) is None


def _is_over(attributes: dict[str, str]) -> bool:
    """Return whether a cookie is being taken back: a `Max-Age` of nothing, or a date that has passed."""
    age = attributes.get("max-age")
    if age is not None:
        return age.startswith("-") or age.strip("0") == ""
    try:
        moment = parsedate_tz(attributes.get("expires", ""))
        return moment is not None and mktime_tz(moment) <= time.time()
    except (ValueError, OverflowError):
        return False
