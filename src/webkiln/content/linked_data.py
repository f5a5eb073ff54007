"""JSON-LD: what a page says about itself for machines (https://www.w3.org/TR/json-ld11/).

Contexts are not fetched: the names that schema.org gives are taken as they stand.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webkiln.content.html_tree import Element

Thing = dict[str, Any]

_MOST_CHARACTERS: Final = 1_000_000
_MOST_VALUES: Final = 10_000
# What older tools put around a script, so that browsers older still would not read it.
_OPENINGS: Final = ("/*<![CDATA[*/", "//<![CDATA[", "<![CDATA[", "//<!--", "<!--")
_CLOSINGS: Final = ("/*]]>*/", "//]]>", "]]>", "//-->", "-->", ";")


def is_linked_data(script: Element) -> bool:
    """Return whether a `<script>` holds JSON-LD."""
    return (script.attr("type") or "").partition(";")[0].strip().lower() == "application/ld+json"


def read_linked_data(scripts: Iterable[Element]) -> list[Thing]:
    """Return the things that scripts describe, each before those inside it; a broken script describes none.

    The first million characters are read, and ten thousand values.
    """
    things: list[Thing] = []
    left = _MOST_CHARACTERS
    values: deque[Any] = deque()
    for script in scripts:
        text = script.text
        left -= len(text)
        if left < 0:
            break
        try:
            values.append(json.loads(_unwrapped(text), strict=False))
        except (ValueError, RecursionError):
            continue
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
