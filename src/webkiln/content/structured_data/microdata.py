"""Microdata: `itemscope` and `itemprop` on the elements of a page (WHATWG HTML §5).

Where pages write more than the standard reads, they are understood: `content` counts on any element, and
a link whose property is no address stands for its text.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from webkiln.content.structured_data.items import MOST_ITEMS, Item, short_name, short_types

if TYPE_CHECKING:
    from webkiln.content.html_tree import Element, Node, Tree

_MOST_NESTED: Final = 16  # properties in properties; each reads all the text in it
_MOST_NAMES: Final = 8
_MOST_REFERENCES: Final = 1_000
_LONGEST: Final = 20_000
_SOURCES: Final = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    "object": "data",
    "data": "value",
    "meter": "value",
    "time": "datetime",
}
_ADDRESS_NAMES: Final = """
    url image sameas availability itemcondition hasmenu menu contenturl logo suitablefordiet additionaltype
    item thumbnailurl itemavailability photo seller
"""
_ADDRESSES: Final = frozenset(_ADDRESS_NAMES.split())


def read_microdata(tree: Tree) -> list[Item]:
    """Return the items of a page in document order, each before those inside it."""
    if tree.select_one("[itemscope]") is None:
        return []
    return _Walk(tree).items


class _Scope:
    """Where an element stands: the items its properties belong to, and how many properties it is in."""

    __slots__ = ("items", "nested")

    def __init__(self, items: tuple[Item, ...], nested: int) -> None:
        self.items = items
        self.nested = nested


class _Walk:
    """One walk over a page, which keeps the elements around the one it is at."""

    def __init__(self, tree: Tree) -> None:
        self.items: list[Item] = []
        self._begun: dict[Element, Item] = {}
        self._referring: dict[str, tuple[Item, ...]] = {}
        for begin in islice(tree.select("[itemscope][itemref]"), _MOST_REFERENCES):
            item = self._begun[begin] = Item()
            for name in (begin.attr("itemref") or "").split()[:_MOST_NAMES]:
                self._referring[name] = (*self._referring.get(name, ()), item)[:_MOST_NAMES]
        around: list[tuple[Node, _Scope]] = []
        outside = _Scope((), 0)
        for element in tree.iter_elements():
            parent = element.parent
            while around and around[-1][0] != parent:
                around.pop()
            scope = self._enter(element, around[-1][1] if around else outside)
            around.append((element, scope))

    def _enter(self, element: Element, scope: _Scope) -> _Scope:
        """Read one element that stands in `scope`, and return what those in it stand in."""
        if self._referring and (referring := self._referring.get(element.attr("id") or "")):
            scope = _Scope(referring, scope.nested)
        names = element.attr("itemprop")
        if element.attr("itemscope") is not None:
            return _Scope((self._begin(element, names, scope),), scope.nested)
        if not names or not scope.items or scope.nested >= _MOST_NESTED:
            return scope
        for name in map(short_name, names.split()[:_MOST_NAMES]):
            value = _value(element, name)
            for item in scope.items:
                item.add(name, value)
        return _Scope(scope.items, scope.nested + 1)

    def _begin(self, element: Element, names: str | None, scope: _Scope) -> Item:
        item = self._begun.get(element) or Item()
        if len(self.items) >= MOST_ITEMS:
            return item
        item.types = short_types((element.attr("itemtype") or "").split()[:_MOST_NAMES])
        item.identifier = element.attr("itemid") or ""
        self.items.append(item)
        for name in map(short_name, (names or "").split()[:_MOST_NAMES]):
            for holder in scope.items:
                item.via, item.holder = name, holder
                holder.add(name, item)
        return item


def _value(element: Element, name: str) -> str:
    """Return what an element says of a property."""
    if (content := element.attr("content")) is not None:
        return content
    tag = element.tag
    source = _SOURCES.get(tag)
    is_address = name.lower() in _ADDRESSES
    if source is not None and (is_address or tag not in {"a", "area", "img"}):
        value = element.attr(source)
        if value is not None:
            return value
    if tag == "img":
        return element.attr("alt") or ""
    return " ".join(element.text[:_LONGEST].split())
