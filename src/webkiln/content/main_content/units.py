"""A page as a row of text units: the blocks that a reader keeps or leaves as a whole.

A unit is a paragraph, a heading, a list, a table, a small box, or a run of text between blocks. What
contains units is a container; containers know which units are theirs by their places in the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Node, Text
from webkiln.content.main_content.names import LONGEST_NAMES, names_overlay

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree

# Boxes are looked into.
_BOXES: Final = frozenset(
    {
        *(
            "div",
            "section",
            "article",
            "main",
            "aside",
            "header",
            "footer",
            "nav",
            "form",
            "center",
            "fieldset",
        ),
        *("figure", "details", "dialog", "hgroup", "search", "body", "html", "noscript", "template", "slot"),
        *("tr", "tbody", "thead", "tfoot", "td", "th", "li", "dd"),
    }
)
_LISTS: Final = {"ul": ("li",), "ol": ("li",), "menu": ("li",), "dl": ("dd",), "table": ("tr",)}
_WHOLE: Final = frozenset(
    {
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "summary", "address", "legend"),
        *("figcaption", "hr", "caption", "dt", "listing", "xmp", "math", "a", "button"),
    }
)
_BLOCKS: Final = (_BOXES | _LISTS.keys() | _WHOLE) - {"a", "button"}
_USUAL_BLOCKS: Final = ("div", "p", "ul", "h2", "h3", "h4", "section", "article", "table", "header")
_NEVER_IN_OVERLAYS: Final = ("h1", "main")
# A box with less text is one thing to read, and so is a list whose entries are short.
_SMALL_BOX: Final = 60
_LONG_ENTRY: Final = 160
# Text marks of this length may be wrapped around whole blocks.
_LONG_MARK: Final = 200
_DEEPEST: Final = 100
_TIMES_MEASURED: Final = 40
_ALWAYS_MEASURED: Final = 100_000
_PER_ELEMENT: Final = 20

Names = tuple[str, str, str, str]
_Part = tuple[list[Node], str, Names]


class TooNested(Exception):
    """The page has so many boxes in boxes that dividing it would cost more than its size."""


@dataclass(slots=True)
class Container:
    """An element that is looked into; its units are those from `first` up to `end`.

    `names` are its tag, class, id and role; `twins` says how many siblings have the same tag and class.
    """

    element: Element | Tree
    parent: int
    depth: int
    names: Names
    twins: int
    first: int
    end: int = 0


@dataclass(slots=True)
class Unit:
    """One block of text: the nodes it is made of, its container, and how many characters are links."""

    nodes: list[Node]
    text: str
    container: int
    names: Names
    twins: int
    linked: int


def divide(body: Element | Tree, spared: frozenset[Element] = frozenset()) -> Division:
    """Divide a page into its units, in their order, and the containers around them, outer ones first.

    Boxes that vendors of consent layers, advertisements and share buttons put into pages become no
    units, but for `spared` ones. Raises TooNested for a page that would cost more than in proportion
    to its size.
    """
    division = Division(body, spared)
    division.look_into(Container(body, -1, 0, ("body", "", "", ""), 1, 0), division.parts_of(body))
    return division


class Division:
    """The units of a page and their containers, as they are found; overlays are set aside."""

    def __init__(self, body: Element | Tree, spared: frozenset[Element]) -> None:
        self.units: list[Unit] = []
        self.containers: list[Container] = []
        self.overlays: list[Element] = []
        self._spared = spared
        self._left = len(body.text) * _TIMES_MEASURED + _ALWAYS_MEASURED

    def look_into(self, container: Container, found: list[_Part]) -> None:
        """Add a container with all that was found in it."""
        here = len(self.containers)
        self.containers.append(container)
        twins: dict[tuple[str, str], int] = {}
        for _, _, names in found:
            alike = names[0], names[1]
            twins[alike] = twins.get(alike, 0) + 1
        for nodes, text, names in found:
            twin = twins[names[0], names[1]]
            inner = self._inside(nodes[0], names[0], len(text), container.depth) if len(nodes) == 1 else None
            if inner is None:
                self.units.append(Unit(nodes, text, here, names, twin, _linked(nodes)))
            elif inner:
                box = Container(nodes[0], here, container.depth + 1, names, twin, len(self.units))  # type: ignore[arg-type]
                self.look_into(box, inner)
        container.end = len(self.units)

    def parts_of(self, element: Element | Tree) -> list[_Part]:
        """Return the blocks in an element and the runs of text between them, with their texts and names."""
        found: list[_Part] = []
        run: list[Node] = []
        said: list[str] = []
        for child in element.children:
            if not isinstance(child, Element):
                if isinstance(child, Text) and not child.data.isspace():
                    run.append(child)
                    said.append(child.data)
                continue
            text = child.text
            self._left -= len(text) + _PER_ELEMENT
            if self._left < 0:
                raise TooNested
            if not text or text.isspace():
                continue
            tag = child.tag
            if _is_block(child, tag, len(text)):
                if run:
                    found.append((run, " ".join(said), _names_of_run(run)))
                    run, said = [], []
                names = _names_of(child, tag)
                if (names[1] or names[2]) and self._is_overlay(child, names):
                    self.overlays.append(child)
                else:
                    found.append(([child], text, names))
            else:
                run.append(child)
                said.append(text)
        if run:
            found.append((run, " ".join(said), _names_of_run(run)))
        return found

    def _is_overlay(self, element: Element, names: Names) -> bool:
        return (
            names_overlay(names[1], names[2])
            and element not in self._spared
            and next(element.iter_elements(_NEVER_IN_OVERLAYS), None) is None
        )

    def _inside(self, node: Node, tag: str, characters: int, depth: int) -> list[_Part] | None:
        """Return what a block is divided into; None when it is read as a whole."""
        if tag in _WHOLE or depth >= _DEEPEST or not isinstance(node, Element):
            return None
        entry = _LISTS.get(tag)
        if entry is not None:
            if characters <= _LONG_ENTRY * max(sum(1 for _ in node.iter_elements(entry)), 1):
                return None
            return self.parts_of(node)
        if characters < _SMALL_BOX:
            return None
        inner = self.parts_of(node)
        return None if len(inner) == 1 and inner[0][2][0] not in _BLOCKS else inner


def _linked(nodes: list[Node]) -> int:
    linked = 0
    for node in nodes:
        if isinstance(node, Element):
            for link in node.iter_elements("a", include_self=True):
                linked += len(link.text)
    return linked


def _is_block(element: Element, tag: str, characters: int) -> bool:
    """Return whether an element is a block of its own; links and text marks around blocks are, too."""
    return tag in _BLOCKS or (
        (characters >= _LONG_MARK or tag == "a" or "-" in tag)
        and next(element.iter_elements(_USUAL_BLOCKS), None) is not None
    )


def _names_of(element: Element, tag: str) -> Names:
    return (
        tag,
        (element.attr("class") or "")[:LONGEST_NAMES],
        (element.attr("id") or "")[:LONGEST_NAMES],
        element.attr("role") or "",
    )


def _names_of_run(nodes: list[Node]) -> Names:
    first = nodes[0]
    return _names_of(first, first.tag) if isinstance(first, Element) else ("", "", "", "")
