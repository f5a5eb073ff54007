"""What a sitemap lists, read out of its bytes within bounds; pure.

Read are the formats of sitemaps.org (`urlset`, `sitemapindex`, text with a URL a line), RSS and
Atom feeds, each plain or gzipped, whatever the server calls them. Namespaces and prefixes do not
matter. What comes before a broken place counts; behind it, locations are looked for in the text.

Hostile files are bounded by what is kept of them: 50 MiB are read, 50,000 URLs taken, no text
longer than a URL is held, and a file that declares entities, nests deeper or has more elements
than any sitemap is given up. Nothing outside the file is ever loaded.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from webkiln import urls
from webkiln.fetching.decoding import Undecodable, decode_start

MAX_BYTES: Final = 50 << 20
MAX_URLS: Final = 50_000
"""The limits of the protocol, https://www.sitemaps.org/protocol.html."""

_MAX_DEPTH: Final = 32
_MAX_ELEMENTS: Final = 2_000_000
_MAX_NAMES: Final = 1_000
_MAX_TITLE: Final = 500
_MAX_GZIPS: Final = 2
_GZIP: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 20
_MAX_TOKEN: Final = 2 << 20
_HEAD: Final = 4_096
_BLANK: Final = b" \t\r\n\v\f"
_TOO_MANY: Final = f"lists more than {MAX_URLS:,} URLs, and what is over was not read"

_LOCATION: Final = re.compile(rb"<(?:[a-z]+:)?loc>\s*(?:<!\[CDATA\[)?([^<]{1,4096})", re.IGNORECASE)
_FIVE: Final = re.compile(rb"&(amp|lt|gt|quot|apos);")
_ENTITIES: Final = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_HTML: Final = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"<\?xml[^>]{1,100}?encoding\s*=\s*[\"']([a-z0-9-]{1,20})", re.IGNORECASE)
_ONE_BYTE: Final = re.compile(r"us-ascii|iso-8859-[0-9]{1,2}|windows-125[0-8]|koi8-[ru]")
_LINE: Final = re.compile(rb"[^\s]+[^\r\n]*")
_ADDRESS: Final = re.compile(rb"https?://[^\s<>\"]{1,32768}\s*", re.IGNORECASE)
_NESTED: Final = re.compile(r"\.xml(?:\.gz)?$", re.IGNORECASE)

# Where the addresses and titles are: the names of an element and of those around it.
_ADDRESSES: Final = frozenset({("url", "loc"), ("sitemap", "loc"), ("item", "link"), ("entry", "link")})
_TITLES: Final = frozenset({("item", "title"), ("entry", "title"), ("news", "title")})
_ENTRIES: Final = frozenset({"url", "sitemap", "item", "entry"})
_ROOTS: Final = frozenset({"urlset", "sitemapindex", "rss", "rdf", "feed"})


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A page that a sitemap lists: its URL in normal form, and its title if it is a feed's or a news page."""

    url: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one file lists: pages and further sitemaps, http(s) URLs of any host, each once.

    `warning` is a sentence about what is missing, and why.
    """

    pages: tuple[SitemapEntry, ...] = ()
    sitemaps: tuple[str, ...] = ()
    warning: str | None = None


def read_sitemap(body: bytes, url: str) -> Sitemap:
    """Read a file; `url` is where it was. Never fails: what cannot be read is a warning.

    Takes some 0.1 s for each MiB of it.
    """
    try:
        for _ in range(_MAX_GZIPS):
            if body.startswith(_GZIP):
                body = decode_start(body, "gzip", MAX_BYTES)
    except Undecodable as error:
        return Sitemap(warning=f"The sitemap {url} cannot be unpacked: {error}.")
    listing = _Listing(url)
    start = body[:MAX_BYTES].removeprefix(codecs.BOM_UTF8).lstrip(_BLANK)
    warning = _read_xml(start, listing) if _is_xml(start) else _read_text(start, listing)
    if warning is None and len(body) >= MAX_BYTES:
        warning = f"is larger than {MAX_BYTES >> 20} MiB, and what is over was not read"
    return listing.sitemap(warning)


class _Full(Exception):
    """The file lists more than we take."""


class _GivenUp(Exception):
    """The file is nothing to go on with; the message says why."""


class _Listing:
    """What has been found in a file."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._own_host = {urls.host_of(url)}
        self._pages: dict[str, str | None] = {}
        self._sitemaps: dict[str, None] = {}
        self._seen = 0

    def add(self, reference: str, title: str | None = None, *, nested: bool = False) -> None:
        """Take an address, relative ones too; what is no http(s) URL is passed over. Raises _Full."""
        if self._seen == MAX_URLS:
            raise _Full
        self._seen += 1
        try:
            target = urls.parse_target(urls.resolve(self._url, reference), self._own_host)
        except urls.InvalidUrl:
            return
        if nested or _NESTED.search(urls.parts_of(target).path):
            self._sitemaps[target] = None
        else:
            self._pages[target] = self._pages.get(target) or title

    def sitemap(self, warning: str | None) -> Sitemap:
        """Return it all; `warning` goes on from "The sitemap …"."""
        if warning is None and not self._seen:
            warning = "lists no pages"
        return Sitemap(
            tuple(SitemapEntry(url, title) for url, title in self._pages.items()),
            tuple(self._sitemaps),
            None if warning is None else f"The sitemap {self._url} {warning}.",
        )


class _Reader:
    """Handlers for expat: keep the address and title of each entry, and little else."""

    def __init__(self, listing: _Listing, encoding: str | None) -> None:
        self._listing = listing
        self._open: list[str] = []
        self._names: dict[str, str] = {}
        self._elements = 0
        self._text: list[str] | None = None
        self._room = 0
        self._address = ""
        self._title: str | None = None
        self.parser = expat.ParserCreate(encoding)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.SkippedEntityHandler = self._skipped

    def _doctype(self, _name: str, _system: str | None, _public: str | None, inside: int) -> None:
        """Refuse declarations, with which a few bytes can stand for many; a DTD elsewhere is not loaded."""
        if inside:
            raise _GivenUp("has declarations of its own, which no sitemap needs, and was not read")

    def _skipped(self, *_: object) -> None:
        """Note that a text lacks what an entity of an outside DTD stands for."""
        self._room = -1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._name(name)
        for attribute in attributes:
            self._name(attribute)
        if not self._open and local not in _ROOTS:
            raise _GivenUp(f"is no sitemap but <{local[:20]}>")
        self._elements += 1
        if len(self._open) == _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise _GivenUp("has more elements, or deeper ones, than any sitemap, and was read up to there")
        parent = self._open[-1] if self._open else ""
        self._open.append(local)
        place = (parent, local)
        if local in _ENTRIES:
            self._address, self._title = "", None
        if place in _ADDRESSES or place in _TITLES:
            if place == ("entry", "link") and attributes.get("rel", "alternate") == "alternate":
                self._address = self._address or attributes.get("href", "")[: urls.MAX_LENGTH + 1]
            self._text = []
            self._room = _MAX_TITLE if local == "title" else urls.MAX_LENGTH
            self.parser.CharacterDataHandler = self._characters

    def _name(self, name: str) -> str:
        """Return a name without its prefix; prefixes nobody declared occur, too.

        The parser remembers every name until its end, so there may not be many.
        """
        local = self._names.get(name)
        if local is None:
            if len(self._names) == _MAX_NAMES:
                raise _GivenUp("has more kinds of elements than any sitemap, and was read up to there")
            local = self._names[name] = name.rpartition(":")[2].lower()
        return local

    def _characters(self, data: str) -> None:
        if self._text is not None and self._room >= 0:
            self._text.append(data[: self._room + 1])
            self._room -= len(data)

    def _end(self, _name: str) -> None:
        local = self._open.pop()
        place = (self._open[-1] if self._open else "", local)
        if place in _ADDRESSES or place in _TITLES:
            text = "".join(self._text or ()).strip()
            self._text = None
            self.parser.CharacterDataHandler = None
            if place in _TITLES:
                self._title = text[:_MAX_TITLE] or None
            elif self._room >= 0:  # a cut address is another address
                self._address = self._address or text
        elif local in _ENTRIES and self._address:
            address, self._address = self._address, ""
            self._listing.add(address, self._title, nested=local == "sitemap")


def _read_xml(body: bytes, listing: _Listing) -> str | None:
    """Read an XML file into the listing; return what is wrong with it."""
    if _HTML.match(body):
        return "is an HTML page"
    parser = _Reader(listing, _encoding(body)).parser
    try:
        for position in range(0, len(body), _PIECE):
            if position - parser.CurrentByteIndex > _MAX_TOKEN:
                return "holds a piece of markup without end, and was read up to there"
            parser.Parse(body[position : position + _PIECE], False)  # noqa: FBT003 (expat takes no keywords)
        parser.Parse(b"", True)  # noqa: FBT003
    except _Full:
        return _TOO_MANY
    except _GivenUp as reason:
        return str(reason)
    except (expat.ExpatError, LookupError, ValueError) as error:
        _rescue(body, max(parser.CurrentByteIndex, 0), listing)
        return f"is broken ({error}), and was read as far as that goes"
    return None


def _encoding(body: bytes) -> str | None:
    """Return the encoding to read a file in; None leaves UTF-16 to the parser.

    The parser would ask Python for an encoding it does not know, and `unicode_escape` is one of Python's.
    """
    if not body.startswith(b"<") or body[1:2] == b"\0":
        return None
    found = _DECLARED.match(body)
    name = found[1].decode("ascii").lower() if found is not None else ""
    return name if _ONE_BYTE.fullmatch(name) else "utf-8"


def _rescue(body: bytes, place: int, listing: _Listing) -> None:
    """Look for locations behind a broken place, such as an `&` that should have been `&amp;`.

    The entry that is broken is among them: it was not taken, for it had not ended.
    """
    nested = b"<sitemapindex" in body[:_HEAD]
    begin = max(body.rfind(b"<loc>", 0, place), 0)
    with contextlib.suppress(_Full):
        for found in _LOCATION.finditer(body, begin):
            address = _FIVE.sub(_five, found[1].removesuffix(b"]]>"))
            listing.add(_decoded(address).strip(), nested=nested)


def _five(entity: re.Match[bytes]) -> bytes:
    return _ENTITIES[entity[1]]


def _read_text(body: bytes, listing: _Listing) -> str | None:
    """Read a file with a URL a line into the listing; return what is wrong with it."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body.decode("utf-16", "replace").encode("utf-8", "replace")
    try:
        for line in _LINE.finditer(body):
            if _ADDRESS.fullmatch(line[0]):
                listing.add(_decoded(line[0]))
    except _Full:
        return _TOO_MANY
    return None


def _is_xml(body: bytes) -> bool:
    return body.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<"))


def _decoded(text: bytes) -> str:
    """Return the text of a few bytes, UTF-8 if they can be."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")
