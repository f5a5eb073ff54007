"""URLs: the one reading every part of the program shares, and the keys derived from it.

There is one parser, WHATWG's as browsers have it (can_ada). What it returns is a normal form:
lower-case ASCII host, no default port, numeric hosts spelled as dotted quads. Nothing else in the
program reads a host out of a string, so two readings can never disagree.

Pure: whether an address may be reached is for the egress guard to judge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import can_ada

if TYPE_CHECKING:
    from collections.abc import Container

INVALID = "Invalid URL"
WITH_CREDENTIALS = (
    "Invalid URL: a user name and password in it are not accepted, for programs read such a URL in "
    'different ways. Send a header instead: "headers": {"Authorization": "Basic …"}, with user:password '
    "in Base64 (RFC 7617)"
)
UNSUPPORTED_PROTOCOL = "URL uses unsupported protocol"
NO_TOP_LEVEL_DOMAIN = "URL must have a valid top-level domain or be an IP address"

MAX_LENGTH = 32_768
"""Longest URL in characters; servers stop at 8 to 16 thousand."""

# The Fetch standard's "bad port" list: ports of other protocols, where a request could be mistaken
# for a command.
_BAD_PORTS = (
    "0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 "
    "115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 "
    "556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 "
    "6666 6667 6668 6669 6679 6697 10080"
)
BAD_PORTS = frozenset(_BAD_PORTS.split())

# Most URLs are this plain, and need none of the slower checks below.
_PLAIN = re.compile(r"https?://([a-z0-9][a-z0-9.\-]{2,62})(?::([0-9]{1,5}))?(?:[/?#][!-\[\]-~]*)?")
# Most references are the rest of a URL, or all of it, and already as the parser would write it.
_PLAIN_REFERENCE = re.compile(
    r"(https?://(?:(?!xn--)[a-z0-9][a-z0-9\-]*\.)+[a-z]{2,63}(?=/))?/(?!/)[a-zA-Z0-9_~!$&()*+,;=:@%/.?#\-]*"
)
_TO_READ = re.compile(r"[\x00-\x20:]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*)://")
_ANY_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")
_OPAQUE = re.compile(r"(?!https?:)[a-z][a-z0-9+\-]*:(?![0-9]+(?:[/?#]|$))", re.IGNORECASE)
_NESTED_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+\-]*://[a-zA-Z][a-zA-Z0-9+\-]*:/")
_AUTHORITY = re.compile(r"[^/?#]*")
_DOTTED_NAME = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_\-])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9\-]{1,59})"
)
_SINGLE_NAME = re.compile(r"[a-z0-9_][a-z0-9_\-]{0,62}(?:\.[a-z0-9_][a-z0-9_\-]{0,62})*")
_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_STRIPPED = "".join(map(chr, range(0x21)))
_TAB_OR_NEWLINE = re.compile(r"[\t\n\r]")
_DEFAULT_PAGE = re.compile(r"/index\.(?:html|htm|php|shtml|xml)$")


class InvalidUrl(ValueError):
    """The text is no URL we fetch; the message is one the caller may read (contract §1.5)."""


def parse_target(text: str, allow_names: Container[str] | None = None) -> str:
    """Return the normal form of a URL to fetch.

    Blanks and control characters around it are dropped, as browsers do. `http://` is put before a text
    without a scheme. The query stays as it was typed, apart from
    what WHATWG percent-encodes. Host names need a dot and something that looks like a top-level
    domain, unless they are in `allow_names` (lower case): names an operator pinned. IP literals
    always parse; the egress guard judges them.

    Raises InvalidUrl for anything that is not plain http(s): another scheme, user information,
    control characters inside, a backslash before the query, a bad port, an odd host (contract §1.5).
    """
    plain = _PLAIN.fullmatch(text)
    if (
        plain is not None
        and _is_plain_host(plain[1])
        and plain[2] not in BAD_PORTS
        and len(text) <= MAX_LENGTH
    ):
        try:
            return str(can_ada.parse(text).href)
        except ValueError:
            raise InvalidUrl(INVALID) from None
    text = trimmed(text)
    if not text or len(text) > MAX_LENGTH or _CONTROL.search(text):
        raise InvalidUrl(INVALID)
    scheme = _SCHEME.match(text)
    if scheme is None:
        if _OPAQUE.match(text):
            raise InvalidUrl(UNSUPPORTED_PROTOCOL)
        text = "http://" + text
        rest = text[7:]
    else:
        if scheme[1].lower() not in {"http", "https"}:
            raise InvalidUrl(UNSUPPORTED_PROTOCOL)
        rest = text[scheme.end() :]
    authority = _AUTHORITY.match(rest)
    # Parsers disagree over "@" and "\" in the authority more than over anything else.
    if authority is None or "\\" in _before_query(rest):
        raise InvalidUrl(INVALID)
    if "@" in authority[0]:
        raise InvalidUrl(WITH_CREDENTIALS)
    try:
        url = can_ada.parse(text)
    except (ValueError, TypeError):  # TypeError: lone surrogates
        raise InvalidUrl(INVALID) from None
    return _checked(url, text, allow_names)


def trimmed(text: str) -> str:
    """Return a URL as typed, without the blanks and control characters around it (WHATWG URL §4.4)."""
    return text.strip(_STRIPPED)


def _is_plain_host(host: str) -> bool:
    """Return whether a lower-case ASCII host of at most 63 characters is an ordinary dotted name or quad."""
    top = host[host.rfind(".") + 1 :]
    if top.isdigit():
        return _IPV4.fullmatch(host) is not None
    return top.isalpha() and 1 < len(top) < len(host) - 1 and ".." not in host


def _before_query(text: str) -> str:
    """Return the part before `?` or `#`."""
    return text.split("?", 1)[0].split("#", 1)[0] if "\\" in text else ""


def _checked(url: can_ada.URL, text: str, allow_names: Container[str] | None) -> str:
    """Judge host and port of a parsed URL; return its normal form."""
    host: str = url.hostname
    href: str = url.href
    if url.port in BAD_PORTS:
        raise InvalidUrl(f"URL uses a port that is not allowed: {url.port}")
    if host.endswith("."):
        # A rooted name is the same name; one spelling keeps pins, cookies and keys in step.
        bare = host[:-1]
        href = href.replace(f"//{host}", f"//{bare}", 1)
        host = bare
    if _DOTTED_NAME.fullmatch(host) or host.startswith("[") or _IPV4.fullmatch(host):
        return href
    if allow_names is not None and host in allow_names and _SINGLE_NAME.fullmatch(host):
        return href
    if not host or ".." in host or host.startswith(".") or _NESTED_SCHEME.match(text):
        raise InvalidUrl(INVALID)
    if not _SINGLE_NAME.fullmatch(host):
        raise InvalidUrl(INVALID)
    raise InvalidUrl(NO_TOP_LEVEL_DOMAIN)


class Base:
    """A URL that references are relative to (WHATWG "relative state")."""

    __slots__ = ("_folder", "_here", "_origin", "_scheme", "_search")

    def __init__(self, url: str) -> None:
        """Take an http(s) URL in normal form; raises InvalidUrl when it is none."""
        try:
            parsed = can_ada.parse(url)
        except (ValueError, TypeError):
            raise InvalidUrl(INVALID) from None
        self._scheme: str = parsed.protocol
        self._origin: str = parsed.origin
        self._here = f"{self._origin}{parsed.pathname}"
        self._folder = f"{self._here.rpartition('/')[0]}/"
        self._search: str = parsed.search

    def resolve(self, href: str) -> str:
        """Return `href` made absolute, in normal form, as a browser reads it.

        The result can have any scheme; `parse_target` says whether it is one we fetch. Raises
        InvalidUrl when there is no reading.
        """
        plain = _PLAIN_REFERENCE.fullmatch(href)
        if plain is not None and "/." not in href and "/%2" not in href:  # `/%2e/` is `/./`
            return href if plain[1] else self._origin + href
        text = self._joined(href) if _TO_READ.search(href) is None else self._read(href)
        try:
            url: str = can_ada.parse(text).href
        except (ValueError, TypeError):
            raise InvalidUrl(INVALID) from None
        return url

    def _read(self, href: str) -> str:
        """Return a reference in full; it may have blanks, and a scheme."""
        text = trimmed(href)
        if "\n" in text or "\t" in text or "\r" in text:
            text = _TAB_OR_NEWLINE.sub("", text)
        scheme = _ANY_SCHEME.match(text)
        if scheme is None:
            return self._joined(text)
        if self._scheme == scheme[0].lower() and not text.startswith(("/", "\\"), scheme.end()):
            # `http:page` is relative to an http base, an old habit WHATWG keeps.
            return self._joined(text[scheme.end() :])
        return text

    def _joined(self, text: str) -> str:
        """Put a relative reference behind the right part of the base; dots are left to the parser."""
        first = text[:1]
        if not first:
            return self._here + self._search
        if first in "/\\":
            return self._scheme + text if text[1:2] in {"/", "\\"} else self._origin + text
        if first == "?":
            return self._here + text
        if first == "#":
            return self._here + self._search + text
        return self._folder + text


def resolve(base: str, href: str) -> str:
    """Return one `href` made absolute against `base`, as `Base` does."""
    return Base(base).resolve(href)


def host_of(url: str) -> str:
    """Return the host of a URL in normal form: a lower-case name, or an IP literal without brackets.

    Raises InvalidUrl when it is no URL.
    """
    try:
        host: str = can_ada.parse(url).hostname
    except (ValueError, TypeError):
        raise InvalidUrl(INVALID) from None
    return host[1:-1] if host.startswith("[") else host


def authority_of(url: str) -> str:
    """Return the host of a URL with its port, where that is not the scheme's own: what is asked politely.

    At most 255 characters. Raises InvalidUrl when it is no URL.
    """
    try:
        host: str = can_ada.parse(url).host
    except (ValueError, TypeError):
        raise InvalidUrl(INVALID) from None
    return host[-255:]


def origin_of(url: str) -> str:
    """Return scheme, host and port as `https://example.com:8443` (RFC 6454), default ports left out.

    Raises InvalidUrl when it is no URL.
    """
    try:
        return str(can_ada.parse(url).origin)
    except (ValueError, TypeError):
        raise InvalidUrl(INVALID) from None


class Parts(NamedTuple):
    """What a request needs to know of its URL; `host` has no brackets, `path` no query."""

    host: str
    port: int
    origin: str
    path: str
    secure: bool


def parts_of(url: str) -> Parts:
    """Take a URL in normal form apart.

    Raises InvalidUrl when it is no URL.
    """
    try:
        parsed = can_ada.parse(url)
    except (ValueError, TypeError):
        raise InvalidUrl(INVALID) from None
    host: str = parsed.hostname
    secure: bool = parsed.protocol == "https:"
    port = int(parsed.port) if parsed.port else 443 if secure else 80
    return Parts(host.strip("[]"), port, parsed.origin, parsed.pathname, secure)


def without_fragment(url: str) -> str:
    """Return the URL without its fragment, which never travels to a server."""
    return url.partition("#")[0]


def page_key(url: str) -> str:
    """Return the key that the spellings of one page have in common (contract §21.6).

    https, no `www.`, no default port, no `index.html` and its kin, no trailing slash, no fragment
    unless it is a hash route (`#/…`, `#!/…`). Raises InvalidUrl when it is no URL.
    """
    try:
        parsed = can_ada.parse(url)
    except (ValueError, TypeError):
        raise InvalidUrl(INVALID) from None
    host: str = parsed.host.removeprefix("www.")
    path: str = _DEFAULT_PAGE.sub("/", parsed.pathname).rstrip("/")
    fragment: str = parsed.hash
    if not (fragment.startswith(("#/", "#!/")) and len(fragment) > len("#/")):
        fragment = ""
    return f"https://{host}{path}{parsed.search}{fragment}"


def cache_key(url: str) -> str:
    """Return the key under which copies of one page meet: its `page_key`, under its own scheme.

    What a host answers to http and to https need not be the same site. Raises InvalidUrl when it is
    no URL.
    """
    key = page_key(url)
    return key if url.startswith("https:") else f"http{key.removeprefix('https')}"


def has_controls(text: str) -> bool:
    """Return whether a text has control characters, which parsers drop in silence."""
    return _CONTROL.search(text) is not None


def has_scheme(text: str) -> bool:
    """Return whether a reference names its own scheme, as against being relative to a base."""
    return _ANY_SCHEME.match(text) is not None
