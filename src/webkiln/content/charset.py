"""Bytes to text, as browsers do it and a little more forgiving (WHATWG Encoding, HTML §13.2.3).

Order of belief: byte-order mark, the server's `charset`, the page's own declaration, then the
bytes themselves. A declaration that the bytes contradict is not believed: text that is valid UTF-8
is UTF-8 whatever single-byte label it carries, and text that is not UTF-8 is not decoded as such
when another label is at hand.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

from turbohtml.detect import Detection, detect

_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LABEL: Final = re.compile(r"[a-z0-9_:.-]{1,40}")
_META: Final = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]{1,40})", re.IGNORECASE)
_XML: Final = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-z0-9_:.-]{1,40})", re.IGNORECASE)
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
# Browsers look at 1 KiB; pages that declare later exist, and looking costs microseconds.
_HEAD_BYTES: Final = 16_384
_DETECT_BYTES: Final = 1 << 20

# Names that servers use and the WHATWG table lacks.
_ALIASES: Final = {
    "cp932": "shift_jis",
    "windows-932": "shift_jis",
    "cp936": "gbk",
    "gb_2312-80": "gbk",
    "cp949": "euc-kr",
    "uhc": "euc-kr",
    "ks_c_5601-1987": "euc-kr",
    "cp950": "big5",
    "eucjp": "euc-jp",
    "win-1251": "windows-1251",
    "win1251": "windows-1251",
}
# WHATWG maps these to one replacement character, for safety in scripts; as text they can be read.
_PYTHON_CODECS: Final = {"hz-gb-2312": "hz", "iso-2022-kr": "iso2022_kr"}
_UTF_16: Final = {
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "ucs-2": "utf-16-le",
    "unicode": "utf-16-le",
    "utf-16be": "utf-16-be",
    "unicodefffe": "utf-16-be",
}
_MULTI_BYTE: Final = frozenset({"shift_jis", "euc-jp", "gbk", "gb18030", "big5", "euc-kr"})
_NEVER_UTF8: Final = frozenset({"iso-2022-jp", "utf-16-le", "utf-16-be", *_PYTHON_CODECS})
_CHANCE_BYTES: Final = 24


def decode(body: bytes, label: str | None, *, tld: str | None = None) -> str:
    """Return the text of a body; `label` is the `charset` of its Content-Type.

    Never fails: what cannot be decoded becomes U+FFFD. The text holds no NUL and no lone surrogate.
    `tld` is the last label of the host name, a hint where bytes are ambiguous.
    """
    text = _decode(body, _known(label), tld)
    # Bytes are looked through at once, text in other scripts than Latin letter by letter. No encoding
    # makes a NUL of other bytes.
    return text.replace("\0", "") if b"\0" in body and "\0" in text else text


def _decode(body: bytes, declared: str | None, tld: str | None) -> str:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    name = declared or _declared_inside(body) or _escaped_or_wide(body)
    if name in _NEVER_UTF8:
        return _by_table(body, name)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _broken_utf8(body, tld) if name == "utf-8" else _by_table(body, name or _detected(body, tld))
    # A few bytes of Chinese can be valid UTF-8 by chance; a page full of them cannot.
    if name in _MULTI_BYTE and len(body) - len(text) < _CHANCE_BYTES:
        return _by_table(body, name)
    return text


def _broken_utf8(body: bytes, tld: str | None) -> str:
    """Decode what claims to be UTF-8 and is not: damaged in places, or wrongly labelled."""
    text = body.decode("utf-8", "replace")
    beyond_ascii = len(_BEYOND_ASCII.findall(text, 0, _DETECT_BYTES))
    if text.count("\ufffd", 0, _DETECT_BYTES) * 4 <= beyond_ascii:
        return text
    inside = _declared_inside(body)
    if inside is not None and inside != "utf-8":
        return _by_table(body, inside)
    detected = _detected(body, tld)
    return text if detected == "utf-8" else _by_table(body, detected)


def _escaped_or_wide(body: bytes) -> str | None:
    """Recognise the encodings that look like ASCII or hold NULs: ISO-2022-JP and bare UTF-16."""
    if b"\x1b$" in body:
        return "iso-2022-jp"
    head = body[:1024]
    nulls = head.count(0)
    if nulls * 3 > len(head) > 1:
        return "utf-16-be" if head[::2].count(0) * 2 > nulls else "utf-16-le"
    return None


def _declared_inside(body: bytes) -> str | None:
    """Return the encoding a page names in its XML declaration or a `<meta>` that is no comment."""
    found = _XML.match(body) or _META.search(body, 0, _HEAD_BYTES)
    if found is not None and b"<!--" in body[: found.start()]:
        found = _META.search(_COMMENT.sub(b"", body[:_HEAD_BYTES]))
    if found is None:
        return None
    name = _known(found[1].decode("ascii"))
    # HTML §13.2.3.2: a page that can be read far enough to say UTF-16 is not UTF-16.
    return "utf-8" if name in {"utf-16-le", "utf-16-be"} else name


@lru_cache(maxsize=256)
def _known(label: str | None) -> str | None:
    """Return the canonical name of a WHATWG label; None for labels the web does not know.

    Python's own codecs are never asked: `zlib` and `unicode_escape` are codecs too.
    """
    if not label:
        return None
    name = label[:60].strip(" \t\r\n\f\"'").lower()
    name = _ALIASES.get(name, name)
    if name in _PYTHON_CODECS:
        return name
    if name in _UTF_16:
        return _UTF_16[name]
    if not _LABEL.fullmatch(name):
        return None
    try:
        codecs.lookup(f"whatwg-{name}")
    except LookupError:
        return None
    # A declaration is all there is to detect in these bytes, so the answer is its canonical name.
    declared = detect(f'<meta charset="{name}">'.encode())
    canonical = (declared.encoding or name).lower()
    return None if canonical == "replacement" else canonical


def _by_table(body: bytes, name: str) -> str:
    if name == "utf-8":
        return body.decode("utf-8", "replace")
    if name in _PYTHON_CODECS:
        return body.decode(_PYTHON_CODECS[name], "replace")
    if name in _UTF_16.values():
        return body.decode(name, "replace")
    return codecs.decode(body, f"whatwg-{name}")


def _detected(body: bytes, tld: str | None) -> str:
    hint = tld if tld and re.fullmatch(r"[a-z0-9-]+", tld) else None
    match = detect(body[:_DETECT_BYTES], Detection(tld=hint))
    return (match.encoding or "windows-1252").lower()
