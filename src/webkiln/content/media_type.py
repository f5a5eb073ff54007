"""What kind of thing a body is: its Content-Type, checked against the bytes themselves.

Servers lie in both directions, so the bytes win where they are unmistakable (a PDF is a PDF,
whatever it is called) and the header wins everywhere else (text/plain stays text although it may
look like HTML). Follows the WHATWG MIME Sniffing standard in spirit and in its signatures.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final


class Kind(enum.Enum):
    """What a body can be; the value is how it is called in messages."""

    HTML = "an HTML page"
    JSON = "a JSON document"
    XML = "an XML document"
    TEXT = "plain text"
    PDF = "a PDF document"
    OFFICE = "an office document"
    IMAGE = "an image"
    AUDIO = "a sound file"
    VIDEO = "a video"
    ARCHIVE = "an archive"
    BINARY = "a binary file"


READABLE: Final = frozenset({Kind.HTML, Kind.JSON, Kind.XML, Kind.TEXT})


@dataclass(frozen=True, slots=True)
class MediaType:
    """The kind of a body, its type's `name` (`text/html`; empty when there is none) and `charset`."""

    kind: Kind
    name: str
    charset: str | None


_CHARSET: Final = re.compile(r"charset\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s;,]+)", re.IGNORECASE)

_SIGNATURES: Final = (
    (b"%PDF-", Kind.PDF),
    (b"\x89PNG\r\n\x1a\n", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF87a", Kind.IMAGE),
    (b"GIF89a", Kind.IMAGE),
    (b"\x00\x00\x01\x00", Kind.IMAGE),
    (b"II*\x00", Kind.IMAGE),
    (b"MM\x00*", Kind.IMAGE),
    (b"{\\rtf", Kind.OFFICE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OFFICE),
    (b"\x1f\x8b\x08", Kind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"Rar!\x1a\x07", Kind.ARCHIVE),
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ\x00", Kind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.ARCHIVE),
    (b"OggS\x00", Kind.AUDIO),
    (b"ID3\x02", Kind.AUDIO),
    (b"ID3\x03", Kind.AUDIO),
    (b"ID3\x04", Kind.AUDIO),
    (b"fLaC\x00", Kind.AUDIO),
    (b"\x1aE\xdf\xa3", Kind.VIDEO),
    (b"\x00asm", Kind.BINARY),
    (b"\x7fELF", Kind.BINARY),
    (b"MZ\x90\x00", Kind.BINARY),
    (b"wOFF", Kind.BINARY),
    (b"wOF2", Kind.BINARY),
)
_ZIP: Final = b"PK\x03\x04"
_OFFICE_PARTS: Final = (b"[Content_Types].xml", b"word/", b"xl/", b"ppt/", b"mimetypeapplication/vnd.oasis")
_RIFF: Final = {b"WEBP": Kind.IMAGE, b"WAVE": Kind.AUDIO, b"AVI ": Kind.VIDEO}
_HTML_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s++|<!--.{0,4000}?-->|<\?xml.{0,1000}?\?>)*+"
    rb"<(?:!doctype\s+html|html|head|body|title|script|meta|h1|div|table|p|a|br)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_HTML_FOR_SURE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s++|<!--.{0,4000}?-->|<\?xml.{0,1000}?\?>)*+<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
# How a body begins, and its first element; feeds are told by it, also without a prolog.
_FIRST_ELEMENT: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s++|<!--.{0,4000}?-->|<\?.{0,1000}?\?>|<!doctype\s[^>\[]{0,1000}>)*+<([a-z][a-z0-9:._-]{0,60})",
    re.IGNORECASE | re.DOTALL,
)
_FEEDS: Final = frozenset({b"rss", b"feed", b"rdf:rdf", b"opml", b"urlset", b"sitemapindex"})
_PROLOG: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[\s-]")
_HTML_NAMES: Final = frozenset(
    b"""html head body frameset title base link meta style script noscript template main section article aside
    nav header footer address h1 h2 h3 h4 h5 h6 div p pre blockquote ol ul li dl dt dd figure hr table caption
    thead tbody tr td th form fieldset center font a b i u em strong small span br img picture svg iframe
    object embed video audio canvas map area input button select textarea label dialog details""".split()
)
_JSON_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]\s*[\"\[{}\]\-0-9tfn]")
_XML_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\s")
# The bytes that no text holds (MIME Sniffing §3.1).
_BINARY_BYTES: Final = bytes({*range(9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)})
_SNIFFED: Final = 1445
_LONGEST_HEADER: Final = 1_000

_BY_NAME: Final = {
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/vnd.wap.xhtml+xml": Kind.HTML,
    "application/pdf": Kind.PDF,
    "application/json": Kind.JSON,
    "text/json": Kind.JSON,
    "application/xml": Kind.XML,
    "text/xml": Kind.XML,
    "application/javascript": Kind.TEXT,
    "application/x-javascript": Kind.TEXT,
    "application/ecmascript": Kind.TEXT,
    "application/typescript": Kind.TEXT,
    "application/yaml": Kind.TEXT,
    "application/x-yaml": Kind.TEXT,
    "application/toml": Kind.TEXT,
    "application/x-sh": Kind.TEXT,
    "application/sql": Kind.TEXT,
    "application/graphql": Kind.TEXT,
    "application/x-ndjson": Kind.TEXT,
    "application/ndjson": Kind.TEXT,
    "application/jsonl": Kind.TEXT,
    "application/x-tex": Kind.TEXT,
    "application/x-subrip": Kind.TEXT,
    "message/rfc822": Kind.TEXT,
}
_FAMILIES: Final = {"text": Kind.TEXT, "image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}
_OFFICE_NAMES: Final = (
    "application/msword",
    "application/rtf",
    "text/rtf",
    "application/vnd.ms-",
    "application/vnd.openxmlformats-",
    "application/vnd.oasis.opendocument",
    "application/epub+zip",
)
_VAGUE: Final = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/unknown", "*/*"}
)


def classify(content_type: str | None, body: bytes) -> MediaType:
    """Decide what a body is; `content_type` is the header as received, None when there was none."""
    name, charset = _parsed(content_type[:_LONGEST_HEADER] if content_type else "")
    return MediaType(_kind(_named(name), body, charset), name, charset)


def _kind(declared: Kind | None, body: bytes, charset: str | None) -> Kind:
    if body.startswith(b"<"):
        found = None
    elif (found := _signature(body)) is not None and not (declared is Kind.OFFICE and found is Kind.ARCHIVE):
        return found
    if declared is Kind.HTML or declared is Kind.TEXT:
        return _if_text(declared, body, charset)
    if declared is None or declared is Kind.BINARY:
        return _sniffed(body)
    sure = _HTML_FOR_SURE if declared in READABLE else _HTML_START
    return Kind.HTML if sure.match(body) else declared


def _if_text(declared: Kind, body: bytes, charset: str | None) -> Kind:
    """Believe that a body is text unless its bytes cannot be; data may be called a page."""
    if declared is Kind.HTML and _is_xml(body):
        return Kind.XML
    if body.startswith(b"<"):
        return declared
    if _looks_binary(body) and not _is_wide(charset):
        return Kind.BINARY
    is_data = declared is Kind.HTML and _JSON_START.match(body) and b"<" not in body[:_SNIFFED]
    return Kind.JSON if is_data else declared


def _is_xml(body: bytes) -> bool:
    """Return whether what is called a page is XML: a feed, or a document with a prolog and no HTML in it."""
    first = _FIRST_ELEMENT.match(body)
    if first is None:
        return False
    name = first[1].lower()
    return name in _FEEDS or (_PROLOG.match(body) is not None and name not in _HTML_NAMES)


@lru_cache(maxsize=512)
def _parsed(content_type: str) -> tuple[str, str | None]:
    """Split a Content-Type into the type's name in lower case and the charset as written."""
    name = content_type.partition(";")[0].partition(",")[0].strip().lower()
    found = _CHARSET.search(content_type)
    return name, found[1].strip("\"'") if found is not None else None


def _named(name: str) -> Kind | None:
    """Return the kind a type's name stands for; None when it says nothing."""
    if name in _VAGUE or "/" not in name:
        return None
    family, _, subtype = name.partition("/")
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith(_OFFICE_NAMES):
        return Kind.OFFICE
    if subtype.endswith(("+json", "+xml")):
        return Kind.JSON if subtype.endswith("+json") else Kind.XML
    return _FAMILIES.get(family, Kind.BINARY)


def _signature(body: bytes) -> Kind | None:
    for start, kind in _SIGNATURES:
        if body.startswith(start):
            return kind
    if body.startswith(_ZIP):
        head = body[:4096]
        return Kind.OFFICE if any(part in head for part in _OFFICE_PARTS) else Kind.ARCHIVE
    if body.startswith(b"RIFF"):
        return _RIFF.get(body[8:12])
    if body[4:8] == b"ftyp":
        return Kind.IMAGE if body[8:12] in {b"avif", b"avis", b"heic", b"heix", b"mif1"} else Kind.VIDEO
    return None


def _is_wide(charset: str | None) -> bool:
    return charset is not None and charset.lower().startswith(("utf-16", "utf16", "utf-32", "ucs-2"))


def _looks_binary(body: bytes) -> bool:
    """Tell bytes from text: more than a tenth of the start are bytes no text holds, and it is not UTF-16."""
    head = body[:_SNIFFED]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    odd = len(head) - len(head.translate(None, _BINARY_BYTES))
    if odd * 10 <= len(head):
        return False
    nulls = max(head[::2].count(0), head[1::2].count(0))
    return nulls * 3 < len(head)


def _sniffed(body: bytes) -> Kind:
    """Judge a body without a useful name by its bytes alone."""
    if _HTML_START.match(body):
        return Kind.HTML
    if _XML_START.match(body) or _is_xml(body):
        return Kind.XML
    if _looks_binary(body):
        return Kind.BINARY
    if _JSON_START.match(body):
        return Kind.JSON
    return Kind.TEXT
