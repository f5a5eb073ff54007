"""The lines of a page: what a reader sees in a row, and on what elements it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from unicodedata import category

from webkiln.content.html_tree import Element, Text

if TYPE_CHECKING:
    from webkiln.content.html_tree import Node, Tree

_IN_LINE_TAGS: Final = """
    a abbr acronym b bdi bdo big
    cite code data del dfn em font i ins kbd label mark meter output q rp rt ruby s
    samp small span strike strong sub sup time tt u var wbr slot nobr
"""
_IN_LINE: Final = frozenset(_IN_LINE_TAGS.split())
_PASSED_TAGS: Final = "script style noscript template svg math select textarea iframe object head canvas"
_PASSED: Final = frozenset(_PASSED_TAGS.split())
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_STRUCK: Final = frozenset({"s", "strike", "del"})
_CENTS: Final = ("cent", "decimal", "fraction", "pence", "kop")
_LONGEST_NUMBER: Final = 20
_TWO_DIGITS: Final = 2
_MOST_LINES: Final = 40_000
_MOST_NODES: Final = 400_000
_LONGEST: Final = 5_000
_LONGEST_STYLE: Final = 300


@dataclass(slots=True, eq=False)
class Part:
    """A text inside a line: where it begins there, and the innermost element around it."""

    start: int
    element: Element
    struck: bool
    linked: bool


@dataclass(slots=True, eq=False)
class Line:
    """A row of text; `place` counts the lines, `level` is that of a heading and 0 of other text."""

    place: int
    block: Element
    level: int
    text: str = ""
    parts: list[Part] = field(default_factory=list)

    def part_at(self, start: int) -> Part:
        """Return the part that a place of the text belongs to."""
        found = self.parts[0]
        for part in self.parts:
            if part.start > start:
                break
            found = part
        return found


@dataclass(slots=True)
class _Around:
    """What an element is inside of."""

    block: Element
    level: int = 0
    struck: bool = False
    linked: bool = False


def lines_of(body: Element | Tree) -> list[Line]:
    """Return the lines below a body, in document order.

    To be called when what no reader sees is gone. Forty thousand lines are read of a page.
    """
    return _Walk(body).lines if isinstance(body, Element) else []


class _Walk:
    """One walk over a body, without recursion, that collects one line after another."""

    def __init__(self, body: Element) -> None:
        self.lines: list[Line] = []
        self._line: Line | None = None
        # What is still to be visited; an element without surroundings is the end of a block.
        self._waiting: list[tuple[Node, _Around | None]] = [(body, _Around(body))]
        for _ in range(_MOST_NODES):
            if not self._waiting or len(self.lines) >= _MOST_LINES:
                break
            node, around = self._waiting.pop()
            if around is None:
                self._break()
            elif isinstance(node, Text):
                self._add(node, around)
            elif isinstance(node, Element) and node.tag not in _PASSED:
                self._enter(node, around)
        self._break()

    def _enter(self, element: Element, around: _Around) -> None:
        tag = element.tag
        if tag in {"br", "hr"}:
            self._break()
            return
        block = around.block
        if tag not in _IN_LINE:
            self._break()
            self._waiting.append((element, None))
            block = element
        style = element.attr("style")
        level = _HEADINGS.get(tag, around.level)
        struck = tag in _STRUCK or (style is not None and "line-through" in style[:_LONGEST_STYLE])
        linked = tag == "a" and element.attr("href") is not None
        if struck or linked or block is not around.block or level != around.level:
            around = _Around(block, level, struck or around.struck, linked or around.linked)
        self._waiting.extend([(child, around) for child in reversed(element.children)])

    def _add(self, node: Text, around: _Around) -> None:
        """Put a text at the end of the line."""
        raw = node.data
        text = " ".join(raw[:_LONGEST].split())
        line = self._line
        if not text:
            if line is not None and raw and not line.text.endswith(" "):
                line.text += " "
            return
        parent = node.parent
        element = parent if isinstance(parent, Element) else around.block
        if line is None:
            line = self._line = Line(len(self.lines), around.block, around.level)
        elif len(line.text) > _LONGEST:
            return
        elif line.text and not line.text.endswith(" "):
            line.text += _between(line, raw, element)
        line.parts.append(Part(len(line.text), element, around.struck, around.linked))
        line.text += text + (" " if raw[-1:].isspace() else "")

    def _break(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.text = line.text.rstrip()
            self.lines.append(line)


def _between(line: Line, raw: str, element: Element) -> str:
    """Return what stands between two texts that touch: boxes that would run together are parted."""
    first, last = raw[:1], line.text[-1]
    if first.isspace():
        return " "
    if element == line.parts[-1].element:
        return ""
    if first.isdigit() and last.isdigit():
        if not _is_cents(raw, element):
            return " "
        return "," if "." in line.text[-_LONGEST_NUMBER:].rpartition(" ")[2] else "."
    return " " if _are_apart(last, first) else ""


def _are_apart(last: str, first: str) -> bool:
    """Return whether two signs hardly stand in one word: `nP`, `c5`, `p£`."""
    if last.isalpha() and first.isalpha():
        return last.islower() and first.isupper()
    return (last.isalpha() and (first.isdigit() or category(first) == "Sc")) or (
        first.isalpha() and (last.isdigit() or category(last) == "Sc")
    )


def _is_cents(raw: str, element: Element) -> bool:
    """Return whether digits are those after the point, set smaller or called so."""
    if len(raw.strip()) != _TWO_DIGITS:
        return False
    names = (element.attr("class") or "")[:_LONGEST_STYLE].lower()
    return element.tag in {"sup", "small"} or any(name in names for name in _CENTS)
