"""Which of the things that a page describes is the product that it sells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.urls import InvalidUrl, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.evidence import Evidence
    from webkiln.content.structured_data.items import Item

_SOLD_TYPES: Final = """
    product productgroup individualproduct productmodel someproducts productcollection vehicle car motorcycle
    book movie musicalbum videogame softwareapplication mobileapplication
"""
_SOLD: Final = frozenset(_SOLD_TYPES.split())
_ALWAYS: Final = frozenset({"product", "productgroup", "individualproduct", "productmodel", "someproducts"})
_ELSEWHERE_NAMES: Final = """
    isrelatedto issimilarto isaccessoryorsparepartfor isconsumablefor itemlistelement hasvariant itemreviewed
    relatedproduct recommendedproducts hasofferCatalog about mentions workexample review isvariantof model
    associatedproduct additem addon potentialaction relatedlink inverseOf
"""
_ELSEWHERE: Final = frozenset(name.lower() for name in _ELSEWHERE_NAMES.split())
_LISTS: Final = frozenset(
    {"itemlist", "offercatalog", "collectionpage", "searchresultspage", "breadcrumblist"}
)
ARTICLES: Final = frozenset(
    {"article", "newsarticle", "blogposting", "reportagenewsarticle", "reviewnewsarticle", "liveblogposting"}
)
"""Types, in lower case, of pages that are read and sell nothing."""

_WORDS: Final = re.compile(r"\w{1,40}")
_MOST_ABOVE: Final = 12
_MOST_TRIED: Final = 200
_LIKE: Final = 0.5
_SAME: Final = 0.8


def words_of(text: str) -> frozenset[str]:
    """Return the words of a title, whatever their case."""
    return frozenset(_WORDS.findall(text[:500].lower()))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much of the shorter of two titles is in the other, 0 to 1, less where it is of few words."""
    shorter = min(len(one), len(other))
    return len(one & other) / (shorter + 0.25) if shorter else 0.0


def choose_product(evidence: Evidence) -> list[Item]:
    """Return the descriptions of the product that a page is about, the best first; none of a listing.

    Descriptions in other syntaxes of what has the same name are among them.
    """
    candidates = [item for item in evidence.items if _is_sold(item) and not _is_elsewhere(item)][:_MOST_TRIED]
    titles = [words_of(title) for title in evidence.titles]
    tagged = evidence.tagged
    if not candidates:
        return [] if tagged is None else [tagged]
    named = [words_of(item.text("name")) for item in candidates]
    marks = [
        max((likeness(words, title) for title in titles), default=0.0)
        + 0.6 * _is_here(item, evidence)
        + 0.3 * bool(item.items("offers") or item.items("hasvariant"))
        - 0.02 * min(place, 10)
        for place, (item, words) in enumerate(zip(candidates, named, strict=True))
    ]
    best = max(range(len(candidates)), key=marks.__getitem__)
    names = {item.text("name") for item in candidates}
    if len(names) > 1 and tagged is None and marks[best] < _LIKE + 0.3:
        return []
    chosen = [candidates[best]]
    chosen += [
        item
        for place, item in enumerate(candidates)
        if place != best and likeness(named[place], named[best]) >= _SAME
    ][:4]
    return chosen if tagged is None else [*chosen, tagged]


def _is_sold(item: Item) -> bool:
    if not item.is_a(_SOLD):
        return False
    return item.is_a(_ALWAYS) or bool(item.items("offers"))


def _is_elsewhere(item: Item) -> bool:
    """Return whether an item is told of because of another one."""
    if item.items("hasVariant") and item.via == "isVariantOf":
        return False  # the variant only says where it belongs
    around: Item | None = item
    for _ in range(_MOST_ABOVE):
        if around is None:
            return False
        if around.via.lower() in _ELSEWHERE or (
            around is not item and around.is_a(_LISTS | _ALWAYS | ARTICLES)
        ):
            return True
        around = around.holder
    return True


def _is_here(item: Item, evidence: Evidence) -> bool:
    return any(
        _same_place(url, evidence) for url in (*item.texts("url", "mainEntityOfPage"), item.identifier)
    )


def _same_place(url: str, evidence: Evidence) -> bool:
    if not url or url.startswith("#"):
        return False
    try:
        address = resolve(evidence.base, url)
    except InvalidUrl:
        return False
    return _bare(address) in {_bare(evidence.url), _bare(evidence.told.get("og:url", ""))}


def _bare(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].partition("://")[2].removeprefix("www.").rstrip("/")


def first_text(items: Iterable[Item], *names: str) -> str:
    """Return what the first of the items says that says one of the properties."""
    return next((text for item in items if (text := item.text(*names))), "")
