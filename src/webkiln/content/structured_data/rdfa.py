"""RDFa: `typeof` and `property` on the elements of a page (https://www.w3.org/TR/rdfa-lite/)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from webkiln.content.structured_data.items import MOST_ITEMS, Item, short_name, short_types

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree


def read_rdfa(tree: Tree) -> list[Item]:
    """Return the items of a page, each before those inside it; one that nests too deep has none."""
    if tree.select_one("[typeof]") is None:
        return []
    try:
        found = tree.rdfa()
    except (ValueError, RecursionError):
        return []
    items: list[Item] = []
    waiting: deque[tuple[Any, str, Item | None]] = deque((one, "", None) for one in found)
    while waiting and len(items) < MOST_ITEMS:
        raw, via, holder = waiting.popleft()
        item = Item(short_types(raw.type), identifier=raw.resource or "", via=via, holder=holder)
        if holder is None:
            items.append(item)
        else:
            holder.add(via, item)
            items.append(item)
        for name, values in raw.properties.items():
            for value in values:
                if isinstance(value, str):
                    item.add(short_name(name), value)
                else:
                    waiting.append((value, short_name(name), item))
    return items
