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

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_COOKIES = 50
MAX_COOKIE_LENGTH = 4_096

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gob", "gov", "go", "mil", "ne", "net", "or", "org"})
_COUNTRY_LENGTH = 2


@dataclass(frozen=True, slots=True)
class _Cookie:
    """One cookie and where it may go."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool

    def goes_to(self, host: str, path: str, *, secure: bool) -> bool:
        """Say whether a request carries the cookie (RFC 6265 §5.4)."""
        if self.secure and not secure:
            return False
        if host != self.domain and (self.host_only or not host.endswith("." + self.domain)):
            return False
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


class ChainCookies:
    """The cookies that a chain of redirects has set so far."""

    def __init__(self) -> None:
        """Start without any."""
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}

    def store(self, lines: Iterable[str], host: str, path: str, *, secure: bool) -> None:
        """Take the `Set-Cookie` values of an answer from `host` and `path`; ignore broken ones."""
        for line in lines:
            if len(line) > MAX_COOKIE_LENGTH:
                continue
            found = _read(line, host, path, secure=secure)
            if found is None:
                continue
            cookie, expired = found
            key = (cookie.domain, cookie.path, cookie.name)
            if expired:
                self._cookies.pop(key, None)
            elif key in self._cookies or len(self._cookies) < MAX_COOKIES:
                self._cookies[key] = cookie

    def header(self, host: str, path: str, *, secure: bool) -> str:
        """Return the `Cookie` value for a request, empty when there is none; longest paths first."""
        going = [cookie for cookie in self._cookies.values() if cookie.goes_to(host, path, secure=secure)]
        going.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in going)


def _read(line: str, host: str, path: str, *, secure: bool) -> tuple[_Cookie, bool] | None:
    """Read one `Set-Cookie` value; answer with the cookie and whether it is already over."""
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
    cookie = _Cookie(
        name=name,
        value=value,
        domain=domain or host,
        host_only=not domain,
        path=own_path if own_path.startswith("/") else path.rpartition("/")[0] or "/",
        secure=needs_tls,
    )
    return cookie, _is_over(attributes)


def _may_set(host: str, domain: str) -> bool:
    """Say whether a host may set cookies for a domain: its own or a parent, never a whole registry."""
    if host == domain:
        return True
    second, _, top = domain.rpartition(".")
    registry = not second or (len(top) == _COUNTRY_LENGTH and second in _SECOND_LEVEL)
    return not registry and host.endswith("." + domain) and parse_address(host) is None


def _is_over(attributes: dict[str, str]) -> bool:
    """Say whether a cookie is being taken back: a `Max-Age` of nothing, or a date that has passed."""
    age = attributes.get("max-age")
    if age is not None:
        return age.startswith("-") or age.strip("0") == ""
    try:
        moment = parsedate_tz(attributes.get("expires", ""))
        return moment is not None and mktime_tz(moment) <= time.time()
    except (ValueError, OverflowError):
        return False
