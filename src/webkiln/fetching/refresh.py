"""Where a page says that it leads by itself: the header `Refresh`, or a `<meta http-equiv=refresh>`.

Browsers follow both as if they were redirects, and so do we where they wait five seconds at most. What is
read is what HTML's "shared declarative refresh steps" read, from the beginning of the page: a tag there
counts, text that looks like one (in comments, scripts, styles, templates, `<noscript>`) does not.

The work is linear in what is looked at. Most pages are done with the first look for `http-equiv`.
"""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from webkiln.fetching.page import Page

SOON_S: Final = 5
_EXAMINED: Final = 32 * 1024
_MOST_ATTRIBUTES: Final = 64  # of one tag; what has more is not written for browsers
_MOST_DIGITS: Final = 9

_HTML: Final = ("text/html", "application/xhtml+xml")
_BLANK: Final = rb"[\t\n\f\r ]"
_SUSPECT: Final = re.compile(_BLANK + rb"*+=" + _BLANK + rb"""*+["']?(?:refresh|[refsh]{0,7}&#)""")
_NAME: Final = re.compile(rb"[A-Za-z][^\t\n\f\r />]*")
_GAP: Final = re.compile(rb"[\t\n\f\r /]*")
_ATTRIBUTE: Final = re.compile(rb"=?[^\t\n\f\r />=]*")
_EQUALS: Final = re.compile(_BLANK + rb"*+=" + _BLANK + rb"*+")
_UNQUOTED: Final = re.compile(rb"[^\t\n\f\r >]*")
_TAG_END: Final = re.compile(
    rb"(?:[^>=]++|=" + _BLANK + rb"*+"
    rb"""(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r >"'][^\t\n\f\r >]*+)?+)*+>"""
)
_COMMENT_END: Final = re.compile(rb"--!?>")
# What stands in these is text for a browser that runs scripts.
_TEXT: Final = frozenset(
    {b"script", b"style", b"noscript", b"title", b"textarea", b"iframe", b"xmp", b"noembed", b"noframes"}
)
_DECLARED: Final = re.compile(r"[\t\n\f\r ]*([0-9]*)([0-9.]*)(.*)", re.DOTALL)
_SEPARATED: Final = re.compile(r"(?=[;,\t\n\f\r ])[\t\n\f\r ]*[;,]?[\t\n\f\r ]*(.*)", re.DOTALL)
_URL: Final = re.compile(r"url[\t\n\f\r ]*=[\t\n\f\r ]*(.*)", re.DOTALL | re.IGNORECASE)
_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,40});?")
_DROPPED: Final = re.compile(r"[\t\n\r]")
_STRIPPED: Final = "".join(map(chr, range(0x21)))


class Refresh(NamedTuple):
    """What a page declares: after how many seconds it leads where, as it is written; empty is itself.

    `base` is the page's own `<base href>` before it, as it is written, empty without one.
    """

    delay_s: int
    target: str
    base: str = ""


def refresh_of(page: Page) -> Refresh | None:
    """Return what a page declares first; a header comes before its tags, and hides them."""
    header = page.header("refresh")
    found = declared(_as_utf8(header.encode("latin-1"))) if header is not None else None
    if found is not None:
        return found
    media_type = (page.header("content-type") or "text/html").partition(";")[0].strip().lower()
    return _in_tags(page.body[:_EXAMINED]) if media_type in _HTML else None


def declared(text: str) -> Refresh | None:
    """Read the value of a `Refresh` header or of a tag's `content`; None where browsers see nothing in it."""
    read = _DECLARED.match(text)
    if read is None or not (read[1] or read[2]):
        return None
    delay_s = int(read[1].lstrip("0")[:_MOST_DIGITS] or 0)
    if not read[3]:
        return Refresh(delay_s, "")
    separated = _SEPARATED.match(read[3])
    if separated is None:
        return None
    target = separated[1]
    named = _URL.match(target)
    if named is not None:
        target = named[1]
    if target.startswith(("'", '"')):
        target = target[1:].partition(target[0])[0]
    return Refresh(delay_s, _DROPPED.sub("", target.strip(_STRIPPED)))


def _in_tags(body: bytes) -> Refresh | None:
    """Return what the first tag declares that declares anything."""
    lowered = body.lower()
    at = 0
    while (at := lowered.find(b"http-equiv", at)) >= 0:
        at += len(b"http-equiv")
        if _SUSPECT.match(lowered, at) is not None:
            return _Tags(body, lowered).read()
    return None


class _Tags:
    """The tags of a page's beginning, one after the other."""

    def __init__(self, body: bytes, lowered: bytes) -> None:
        """Start at the first byte."""
        self._body = body
        self._lowered = lowered
        self._at = 0
        self._templates = 0
        self._base = ""
        self._found: Refresh | None = None

    def read(self) -> Refresh | None:
        """Return what the first of them declares that declares anything."""
        while self._found is None and (opened := self._body.find(b"<", self._at)) >= 0:
            self._at = opened + 1
            self._read_one()
        return self._found

    def _read_one(self) -> None:
        """Read what begins with the `<` just passed."""
        body, at = self._body, self._at
        first = body[at : at + 1]
        if first in (b"!", b"?"):
            self._at = _after_comment(body, at)
            return
        closing = first == b"/"
        named = _NAME.match(self._lowered, at + closing)
        if named is None:
            if closing:
                self._at = _after(body, b">", at)
        elif not closing and named[0] in (b"meta", b"base"):
            self._read_attributes(named[0], named.end())
        else:
            self._pass(named[0], named.end(), closing=closing)

    def _read_attributes(self, name: bytes, at: int) -> None:
        attributes, self._at = _attributes(self._body, at)
        if self._templates:
            return
        if name == b"base":
            self._base = self._base or attributes.get("href", "").strip(_STRIPPED)
        elif attributes.get("http-equiv", "").lower() == "refresh":
            found = declared(attributes.get("content", ""))
            self._found = found and found._replace(base=self._base)

    def _pass(self, name: bytes, at: int, *, closing: bool) -> None:
        """Go past a tag, and past the text that some begin."""
        ended = _TAG_END.match(self._body, at)
        self._at = len(self._body) if ended is None else ended.end()
        if name == b"template":
            self._templates = max(self._templates - 1, 0) if closing else self._templates + 1
        elif name == b"plaintext" and not closing:
            self._at = len(self._body)
        elif name in _TEXT and not closing:
            self._at = _after_text(self._lowered, name, self._at)


def _after(body: bytes, mark: bytes, at: int) -> int:
    found = body.find(mark, at)
    return len(body) if found < 0 else found + len(mark)


def _after_comment(body: bytes, at: int) -> int:
    """Return where a comment or declaration ends that begins after its `<`."""
    if not body.startswith(b"!--", at):
        return _after(body, b">", at)
    at += len(b"!--")
    for closed in (b">", b"->"):
        if body.startswith(closed, at):
            return at + len(closed)
    ended = _COMMENT_END.search(body, at)
    return len(body) if ended is None else ended.end()


def _after_text(lowered: bytes, name: bytes, at: int) -> int:
    """Return where the end tag stands that ends the text of an element."""
    end = b"</" + name
    while (at := lowered.find(end, at)) >= 0:
        if lowered[at + len(end) : at + len(end) + 1] in b"\t\n\f\r />":
            return at
        at += len(end)
    return len(lowered)


def _attributes(body: bytes, at: int) -> tuple[dict[str, str], int]:
    """Return a tag's attributes, the first of each name, and where it ends; none for one that never ends."""
    attributes: dict[str, str] = {}
    for _ in range(_MOST_ATTRIBUTES):
        at = _matched(_GAP, body, at)
        if at >= len(body):
            break
        if body[at : at + 1] == b">":
            return attributes, at + 1
        after = _matched(_ATTRIBUTE, body, at)
        name, value, at = _as_utf8(body[at:after]).lower(), b"", after
        equals = _EQUALS.match(body, at)
        if equals is not None:
            at = equals.end()
            quote = body[at : at + 1]
            if quote in (b'"', b"'"):
                after = body.find(quote, at + 1)
                if after < 0:
                    break
                value, at = body[at + 1 : after], after + 1
            else:
                after = _matched(_UNQUOTED, body, at)
                value, at = body[at:after], after
        attributes.setdefault(name, _REFERENCE.sub(_meant, _as_utf8(value)))
    else:
        return {}, _after(body, b">", at)
    return {}, len(body)


def _meant(reference: re.Match[str]) -> str:
    """Return what a character reference in an attribute means; `&copy=1` in a URL is none."""
    text = reference[0]
    if text.startswith("&#"):
        return html.unescape(text)
    follows = reference.string[reference.end() : reference.end() + 1]
    if not text.endswith(";") and (follows == "=" or follows.isalnum()):
        return text
    return html5.get(text[1:], text)


def _matched(pattern: re.Pattern[bytes], body: bytes, at: int) -> int:
    """Return where a match ends, of a pattern that matches everywhere."""
    found = pattern.match(body, at)
    return at if found is None else found.end()


def _as_utf8(value: bytes) -> str:
    """Read bytes as UTF-8 where they are, else as browsers read what has no encoding."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")
