"""RSS and Atom feeds as pages: title, date and text of each entry under a link to it.

RSS 0.9x, 1.0 (RDF) and 2.0, and Atom (RFC 4287), whatever their prefixes. Nothing outside of the feed
is loaded, and one that declares entities of its own is not read.
"""

from __future__ import annotations

import contextlib
import html
import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from webkiln.content.html_tree import body_of, parse

_ROOTS: Final = frozenset({"rss", "rdf", "feed"})
_ENTRIES: Final = frozenset({"item", "entry"})
_HEADS: Final = frozenset({"channel", "feed"})
# What is kept of an entry and of the feed, by the names of elements; the first of a kind counts.
_SLOTS: Final = {
    "title": "title",
    "link": "link",
    "guid": "guid",
    "encoded": "content",
    "content": "content",
    "description": "summary",
    "subtitle": "summary",
    "summary": "summary",
    "pubdate": "date",
    "published": "date",
    "date": "date",
    "updated": "updated",
}
_MARKUP: Final = frozenset({"content", "summary"})
_MOST_ENTRIES: Final = 10_000
_MOST_ELEMENTS: Final = 1_000_000
_DEEPEST: Final = 200
_BLANK: Final = "\ufeff \t\r\n"
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)


@dataclass(slots=True)
class _Entry:
    """An entry, or the feed itself: its texts by slot, and the addresses of its files."""

    texts: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class _GivenUp(Exception):
    """The text is no feed, or there is more of it than is read."""


def page_of_feed(xml: str) -> str | None:
    """Return a feed as an HTML page, as far as it can be read; None for what is no feed or has no entries."""
    reader = _Reader()
    with contextlib.suppress(expat.ExpatError, ValueError, _GivenUp):
        reader.parser.Parse(xml.lstrip(_BLANK), True)  # noqa: FBT003 (expat takes no keywords)
    return _page(reader.head, reader.entries) if reader.entries else None


class _Reader:
    """Handlers for expat that keep what a reader of the feed sees."""

    def __init__(self) -> None:
        self.head = _Entry()
        self.entries: list[_Entry] = []
        self._open: list[str] = []
        self._entry: _Entry | None = None
        self._slot: str | None = None
        self._depth = 0  # of the element whose text is kept
        self._inline = False  # markup that is elements of the feed itself (Atom's `type="xhtml"`)
        self._text: list[str] = []
        self._elements = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        # Feeds use HTML's names (`&nbsp;`) without declaring them; this way they are no errors.
        self.parser.UseForeignDTD(True)  # noqa: FBT003
        self.parser.ExternalEntityRefHandler = lambda *_: 1
        self.parser.SkippedEntityHandler = self._skipped

    def _doctype(self, _name: str, _system: str | None, _public: str | None, inside: int) -> None:
        if inside:
            raise _GivenUp

    def _skipped(self, name: str, is_parameter: int) -> None:
        if not is_parameter:
            self._characters(html.unescape(f"&{name};"))

    def _characters(self, data: str) -> None:
        if self._slot is not None:
            self._text.append(html.escape(data) if self._inline else data)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2].lower()
        self._elements += 1
        if not self._open and local not in _ROOTS:
            raise _GivenUp
        if self._elements > _MOST_ELEMENTS or len(self._open) == _DEEPEST:
            raise _GivenUp
        parent = self._open[-1] if self._open else ""
        self._open.append(local)
        if self._slot is not None:
            if self._inline:
                written = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
                self._text.append(f"<{local}{written}>")
        elif local in _ENTRIES:
            self._entry = _Entry()
        elif parent in (_ENTRIES if self._entry is not None else _HEADS):
            self._begin(local, attributes)

    def _begin(self, local: str, attributes: dict[str, str]) -> None:
        """Begin to keep the text of an element, or take the address that it has."""
        entry = self._entry or self.head
        if local == "enclosure":
            entry.files += filter(None, [attributes.get("url")])
        elif local == "link" and "href" in attributes:
            relation = attributes.get("rel", "alternate")
            if relation == "alternate":
                entry.texts.setdefault("link", attributes["href"])
            elif relation == "enclosure":
                entry.files.append(attributes["href"])
        elif local in _SLOTS:
            self._slot, self._depth, self._text = _SLOTS[local], len(self._open), []
            # What Atom calls XHTML is elements of the feed; in what it calls text `<` is a sign like others.
            self._inline = attributes.get("type") in {"xhtml", "text"} and self._slot in _MARKUP

    def _end(self, _name: str) -> None:
        local = self._open.pop()
        if self._slot is not None:
            if len(self._open) >= self._depth:
                if self._inline:
                    self._text.append(f"</{local}>")
                return
            text = "".join(self._text).strip()
            if text:
                (self._entry or self.head).texts.setdefault(self._slot, text)
            self._slot = None
        elif local in _ENTRIES and self._entry is not None:
            self.entries.append(self._entry)
            self._entry = None
            if len(self.entries) > _MOST_ENTRIES:
                raise _GivenUp


def _page(head: _Entry, entries: list[_Entry]) -> str:
    title = _plain(head.texts.get("title", ""))
    parts = [f"<title>{html.escape(title)}</title><main>", _headline(head, "h1"), _body(head)]
    for entry in entries:
        date = entry.texts.get("date") or entry.texts.get("updated") or ""
        parts += [
            "<article>",
            _headline(entry, "h2"),
            f"<p><time>{html.escape(date)}</time></p>" if date else "",
            _body(entry),
            *(f"<p><a href={_quoted(file)}>{html.escape(_name(file))}</a></p>" for file in entry.files),
            "</article>",
        ]
    return "\n".join((*parts, "</main>"))


def _headline(entry: _Entry, tag: str) -> str:
    """Return the title of an entry as a link to it, or its address where it has no title."""
    link = entry.texts.get("link", "")
    if not link and _WEB.match(entry.texts.get("guid", "")):
        link = entry.texts["guid"]
    title = html.escape(_plain(entry.texts.get("title", "")) or link)
    if not title:
        return ""
    return f"<{tag}><a href={_quoted(link)}>{title}</a></{tag}>" if link else f"<{tag}>{title}</{tag}>"


def _body(entry: _Entry) -> str:
    """Return the text of an entry, and its summary where that says something else."""
    content, summary = _balanced(entry.texts.get("content", "")), _balanced(entry.texts.get("summary", ""))
    if content and _plain(summary) in _plain(content):
        summary = ""
    return "".join(f"<div>{markup}</div>" for markup in (summary, content) if markup)


def _balanced(markup: str) -> str:
    """Return markup whose elements all end, so that it ends with its entry."""
    if "<" not in markup:
        return markup
    return body_of(parse(markup)).inner_html


def _plain(markup: str) -> str:
    """Return what a reader sees of markup, in one line."""
    shown = parse(markup).text if "<" in markup or "&" in markup else markup
    return " ".join(shown.split())


def _quoted(address: str) -> str:
    return f'"{html.escape(address)}"'


def _name(address: str) -> str:
    return address.partition("?")[0].rstrip("/").rpartition("/")[2] or address
