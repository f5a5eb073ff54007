"""When two URLs are one page of a crawl (contract §21.1)."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from webkiln.urls import parse_target

if TYPE_CHECKING:
    from collections.abc import Container

# Names that nothing but a session has, and names that have other uses as well: there the value has
# to be a long token of letters and digits. A story's or a talk's number is none.
_SESSION: Final = re.compile(
    r"(?:phpsessid|jsessionid|aspsessionid[a-z]*|asp\.net_sessionid|zenid|oscsid|xtcsid)=[^&]*"
    r"|(?:sid|sessid|session|sessionid|session_id)=(?=[a-z]*[0-9])(?=[0-9]*[a-z])[0-9a-z]{16,}",
    re.IGNORECASE,
)
_SESSION_IN_PATH: Final = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_COOKIELESS: Final = re.compile(r"/\(S\([0-9a-z]{24}\)\)(?=/)", re.IGNORECASE)  # ASP.NET
# Letters, digits and `-._~` mean the same with and without percent-encoding (RFC 3986 §6.2.2.2).
_ENCODED_PLAIN: Final = re.compile(r"%(?:2[DEde]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])")
_ENCODED: Final = re.compile(r"%[0-9a-fA-F]{2}")


def visited_form(url: str, *, ignore_query: bool, allow_names: Container[str] | None = None) -> str:
    """Return the URL to fetch for a link: in normal form, without fragment, unless it is a hash route.

    A hash route is `#/…` or `#!/…`. With `ignore_query` the query goes too. `allow_names` is as in
    `parse_target`. Raises InvalidUrl.
    """
    form = parse_target(url, allow_names)
    if "#" not in form and "?" not in form:
        return form
    form, _, fragment = form.partition("#")
    path, _, query = form.partition("?")
    if ignore_query or not query:
        form = path
    return f"{form}#{fragment}" if is_hash_route(fragment) else form


def is_hash_route(fragment: str) -> bool:
    """Return whether a fragment, without its `#`, names a page to the site's own script."""
    return fragment.startswith(("/", "!/")) and len(fragment) > 1


def visited_key(url: str, *, similar: bool) -> int:
    """Return 64 bits, signed, that stand for the page of a URL in its visited form.

    With `similar` these are one page: http and https; with and without `www.`; `/index.html`,
    `/index.php`, trailing slash and none; percent-encodings of plain letters; ids of sessions.
    """
    text = _canonical(url) if similar else url
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big", signed=True)


def _canonical(url: str) -> str:
    """Return what all spellings of a page have in common."""
    text = url.partition("://")[2].removeprefix("www.")
    rest = ""
    if "#" in text:
        text, _, fragment = text.partition("#")
        rest = f"#{fragment}"
    if "?" in text:
        text, _, query = text.partition("?")
        if "=" in query:
            query = _without_session(query)
        if query:
            rest = f"?{query}{rest}"
    if "%" in text:
        text = _ENCODED.sub(_upper, _ENCODED_PLAIN.sub(_decoded, text))
    if ";" in text:
        text = _SESSION_IN_PATH.sub("", text)
    if "(" in text:
        text = _COOKIELESS.sub("", text)
    if text.endswith("/"):
        text = text[:-1]
    elif text.endswith(("/index.html", "/index.php")):
        text = text[: text.rindex("/")]
    return text + rest


def _without_session(query: str) -> str:
    """Leave the ids of sessions out of a query; the other parameters stay as and where they are."""
    if _SESSION.search(query) is None:
        return query
    return "&".join(part for part in query.split("&") if _SESSION.fullmatch(part) is None)


def _decoded(match: re.Match[str]) -> str:
    """Return the character behind `%41`."""
    return chr(int(match[0][1:], 16))


def _upper(match: re.Match[str]) -> str:
    """Return `%c3` as `%C3`."""
    return match[0].upper()
