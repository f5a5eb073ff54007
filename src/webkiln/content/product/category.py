"""Where in a shop a product stands: the crumbs of the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.lists import read_list
from webkiln.content.product.choosing import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.evidence import Evidence
    from webkiln.content.structured_data.items import Item

_BREADCRUMBS: Final = frozenset({"breadcrumblist", "breadcrumb"})
_SHOWN: Final = ",".join(
    f"[{box}] a"
    for box in (
        *("class*=breadcrumb i", "id*=breadcrumb i", "aria-label*=breadcrumb i", "class*=crumbs i"),
        "typeof*=Breadcrumb",
    )
)
_HOME: Final = frozenset(read_list("start_pages"))
_MOST_CRUMBS: Final = 12
_LONGEST: Final = 100
_MOST_DIGITS: Final = 8
_MARK: Final = " > "


def category_of(evidence: Evidence, title: str) -> str:
    """Return the names of the steps to a product, without the start page and the product itself."""
    steps = _told(evidence.items) or _shown(evidence)
    called = words_of(title)
    texts = dict.fromkeys(" ".join(step[:_LONGEST].split()).strip(" >/\u203a\u00bb") for step in steps)
    names = [name for name in texts if name and name.lower() not in _HOME and words_of(name) != called]
    return _MARK.join(names)


def _told(items: Iterable[Item]) -> list[str]:
    for item in items:
        if item.is_a(_BREADCRUMBS) and (crumbs := item.items("itemListElement", "child")):
            steps = [(_place(one), one.text("name") or _name_of(one)) for one in crumbs[:_MOST_CRUMBS]]
            return [name for _, name in sorted(steps, key=lambda step: step[0])]
    return []


def _place(crumb: Item) -> float:
    place = crumb.text("position")
    return float(place) if place.isascii() and place.isdigit() and len(place) <= _MOST_DIGITS else 0.0


def _name_of(crumb: Item) -> str:
    return next((inner.text("name", "title") for inner in crumb.items("item")), "")


def _shown(evidence: Evidence) -> list[str]:
    found = evidence.body.select(_SHOWN)[:_MOST_CRUMBS]
    return [link.text[:_LONGEST] for link in found]
