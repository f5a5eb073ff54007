"""Items: things that a page describes for machines, in one form whatever they were written in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ITEMS: Final = 10_000
"""Items that are read of a page."""

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_LONGEST: Final = 20_000


@dataclass(slots=True, eq=False)
class Item:
    """A thing with its `types` and `properties`, both by the short names that schema.org gives them.

    `via` is the property through which another item, its `holder`, has it. Items may hold each other in
    circles: who follows them has to count.
    """

    types: frozenset[str] = frozenset()
    properties: dict[str, list[Value]] = field(default_factory=dict)
    identifier: str = ""
    via: str = ""
    holder: Item | None = None

    def add(self, name: str, value: Value) -> None:
        """Give the item one more value of a property."""
        self.properties.setdefault(name, []).append(value)

    def is_a(self, types: frozenset[str]) -> bool:
        """Return whether the item is of one of the types, which are in lower case."""
        return not self.types.isdisjoint(types)

    def items(self, *names: str) -> list[Item]:
        """Return the items that the properties have, in the order of the names."""
        return [value for name in names for value in self.properties.get(name, ()) if isinstance(value, Item)]

    def texts(self, *names: str) -> list[str]:
        """Return the properties' values as texts, on one line each; an item is called by its name."""
        values = (value for name in names for value in self.properties.get(name, ()))
        return [text for value in values if (text := line_of(value))]

    def text(self, *names: str) -> str:
        """Return the first of the texts, or an empty one."""
        return next(iter(self.texts(*names)), "")


Value: TypeAlias = str | Item


def line_of(value: Value) -> str:
    """Return a value as one line of text."""
    if isinstance(value, Item):
        named = (one for one in value.properties.get("name", ()) if isinstance(one, str))
        value = next(named, "")
    value = value[:_LONGEST]
    if "&" in value or "<" in value:  # JSON-LD is often filled with what was written for HTML
        value = unescape(_TAG.sub(" ", value))
    return " ".join(value.split())


def short_name(name: str) -> str:
    """Return a name without the address or the prefix of its vocabulary."""
    return name.rpartition("/")[2].rpartition("#")[2].rpartition(":")[2].strip()


def short_types(names: Iterable[str]) -> frozenset[str]:
    """Return the names of types without their vocabularies, in lower case."""
    return frozenset(short for name in names if (short := short_name(name).lower()))
