"""JSON-LD: what a page says about itself for machines (https://www.w3.org/TR/json-ld11/).

Contexts are not fetched: the names that schema.org gives are taken as they stand.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.structured_data.broken_json import read_broken_json
from webkiln.content.structured_data.items import Item, short_name, short_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from webkiln.content.html_tree import Element

Thing = dict[str, Any]

_MOST_CHARACTERS: Final = 1_000_000
_MOST_VALUES: Final = 10_000
_MOST_REFERRED: Final = 1_000  # values of one property that references are looked for among
_WRAPS: Final = frozenset({"@graph", "@value", "@list", "@set"})
_REFERENCE: Final = frozenset({"@id", "@type"})
# What older tools put around a script, so that browsers older still would not read it.
_OPENINGS: Final = ("/*<![CDATA[*/", "//<![CDATA[", "<![CDATA[", "//<!--", "<!--")
_CLOSINGS: Final = ("/*]]>*/", "//]]>", "]]>", "//-->", "-->", ";")


def is_linked_data(script: Element) -> bool:
    """Return whether a `<script>` holds JSON-LD."""
    return (script.attr("type") or "").partition(";")[0].strip().lower() == "application/ld+json"


def read_linked_data(scripts: Iterable[Element]) -> list[Thing]:
    """Return the things that scripts describe, each before those inside it; a broken script is mended.

    The first million characters are read, and ten thousand values.
    """
    things: list[Thing] = []
    values: deque[Any] = deque(_values(scripts))
    for _ in range(_MOST_VALUES):
        if not values:
            break
        value = values.popleft()
        if isinstance(value, dict):
            things.append(value)
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)
    return things


def read_items(scripts: Iterable[Element]) -> list[Item]:
    """Return the same things as items, with what they refer to by `@id` in its place."""
    items: list[Item] = []
    named: dict[str, Item] = {}
    references: list[Item] = []
    waiting: deque[tuple[Any, str, Item | None]] = deque((value, "", None) for value in _values(scripts))
    for _ in range(_MOST_VALUES):
        if not waiting:
            break
        value, via, holder = waiting.popleft()
        if isinstance(value, list):
            # In front, so that a property's values stay in their order.
            waiting.extendleft((one, via, holder) for one in reversed(value))
        elif not isinstance(value, dict):
            if holder is not None and (text := _plain(value)):
                holder.add(via, text)
        elif _WRAPS.isdisjoint(value):
            item = _item(value, via, holder)
            if value.keys() <= _REFERENCE and item.identifier:
                references.append(item)
            else:
                items.append(item)
                if item.identifier:
                    named.setdefault(item.identifier, item)
                waiting.extend(
                    (one, short_name(name), item) for name, one in value.items() if name[:1] != "@"
                )
        else:
            waiting.extendleft((one, via, holder) for name, one in value.items() if name in _WRAPS)
            if "@graph" in value and len(value.keys() - {"@context", "@id", "@graph"}) > 0:
                waiting.append(({name: one for name, one in value.items() if name != "@graph"}, via, holder))
    _refer(references, named)
    return items


def _item(value: Thing, via: str, holder: Item | None) -> Item:
    identifier = value.get("@id")
    types = (name for name in listed(value.get("@type")) if isinstance(name, str))
    item = Item(
        short_types(types),
        identifier=identifier if isinstance(identifier, str) else "",
        via=via,
        holder=holder,
    )
    if holder is not None:
        holder.add(via, item)
    return item


def _refer(references: Iterable[Item], named: Mapping[str, Item]) -> None:
    """Put what is referred to in the place of each reference."""
    for reference in references:
        holder, meant = reference.holder, named.get(reference.identifier)
        if holder is None or meant is None:
            continue
        values = holder.properties[reference.via]
        if len(values) <= _MOST_REFERRED:
            values[values.index(reference)] = meant
        if meant.holder is None and meant is not holder:
            meant.holder, meant.via = holder, reference.via


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""


def _values(scripts: Iterable[Element]) -> Iterator[Any]:
    """Return what each script says; from one that is broken, what can be mended."""
    left = _MOST_CHARACTERS
    for script in scripts:
        text = script.text
        left -= len(text)
        if left < 0:
            break
        text = _unwrapped(text)
        try:
            yield json.loads(text, strict=False)
        except (ValueError, RecursionError):
            with contextlib.suppress(ValueError):
                yield read_broken_json(text)


def _unwrapped(text: str) -> str:
    text = text.strip()
    for opening in _OPENINGS:
        text = text.removeprefix(opening)
    for closing in _CLOSINGS:
        text = text.rstrip().removesuffix(closing)
    return text


def types_of(thing: Thing) -> Iterator[str]:
    """Return the names of what a thing is, without the address of their vocabulary."""
    for name in listed(thing.get("@type")):
        if isinstance(name, str):
            yield name.rpartition("/")[2].rpartition(":")[2]


def listed(value: Any) -> list[Any]:
    """Return the values that a property has: none, one, or several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """Return a value as text: a thing is called by its name."""
    if isinstance(value, dict):
        value = value.get("name", value.get("@value"))
    if isinstance(value, list):
        value = value[0] if value else None
    return " ".join(value.split()) if isinstance(value, str) else ""
