"""A page to the menu that it shows (contract §5)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.lists import read_list
from webkiln.content.menu.described import describe_sections, merchant_of
from webkiln.content.menu.facts import Menu, Section
from webkiln.content.menu.laid_out import laid_out_sections
from webkiln.content.money.prices import prices_in
from webkiln.content.product.choosing import ARTICLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.content.evidence import Evidence
    from webkiln.content.menu.facts import Dish
    from webkiln.content.money.prices import Price

_TOLD: Final = 0.95
_ENOUGH: Final = 0.55
_FEW, _MANY = 3, 6
_MENU: Final = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(sorted(read_list('menu_words'), key=len, reverse=True))})(?![^\W\d_])",
    re.IGNORECASE,
)
_COURSES: Final = frozenset(read_list("course_words"))
_WORDS: Final = re.compile(r"[^\W\d_]{2,40}")
_CUT: Final = re.compile(r"\s[-|\u2013\u2014·•:»]\s")
_LONGEST: Final = 200


def menu_of(evidence: Evidence) -> dict[str, Any] | None:
    """Return the contract's `menu` of a page, or None where it shows none."""
    told = describe_sections(evidence)
    seen = laid_out_sections(evidence)
    merchant, kind = merchant_of(evidence.items)
    if _priced(told) and 2 * _priced(told) >= _priced(seen):
        menu = Menu(told, _TOLD, merchant, kind)
        _add_seen(menu, seen, evidence)
    elif told or seen:
        sections = seen if _priced(seen) else told
        menu = Menu(sections, _confidence(evidence, sections, kind, told=bool(told)), merchant, kind)
    else:
        return None
    if menu.confidence < _ENOUGH:
        return None
    menu.merchant = menu.merchant or _name_of_site(evidence)
    return menu.encode(evidence.url)


def _priced(sections: Sequence[Section]) -> int:
    return sum(dish.price is not None for section in sections for dish in section.dishes)


def _add_seen(menu: Menu, seen: Sequence[Section], evidence: Evidence) -> None:
    """Take prices as readers see them, and what only readers are told of a dish."""
    shown: dict[str, Dish] = {}
    for section in seen:
        for dish in section.dishes:
            shown.setdefault(dish.name.casefold(), dish)
    written = {price.amount: price for price in _prices(evidence)}
    for dish in menu.dishes:
        same = shown.get(dish.name.casefold())
        if same is not None:
            dish.description = dish.description or same.description
            dish.dietary = dish.dietary or same.dietary
            dish.calories = same.calories if dish.calories is None else dish.calories
        price = None if same is None else same.price
        if price is None and dish.price is not None:
            price = written.get(dish.price.amount)
        if price is not None:
            currency = price.currency or (None if dish.price is None else dish.price.currency)
            if dish.price is not None and dish.price.currency and price.amount == dish.price.amount:
                currency = dish.price.currency
            dish.price = replace(price, currency=currency)


def _prices(evidence: Evidence) -> list[Price]:
    return [
        found.price for line in evidence.lines for found in prices_in(line.text[:_LONGEST], evidence.country)
    ]


def _confidence(evidence: Evidence, sections: Sequence[Section], kind: str, *, told: bool) -> float:
    """Return how sure it is that what is laid out like a menu is one: by words around it, and by its form."""
    dishes = [dish for section in sections for dish in section.dishes]
    if len(dishes) < _FEW and not told:
        return 0.0
    called = [
        *evidence.titles,
        evidence.url.partition("?")[0].replace("-", " ").replace("_", " ").replace("/", " "),
    ]
    headings = [section.name.lower() for section in sections]
    courses = sum(
        heading in _COURSES or not _COURSES.isdisjoint(_WORDS.findall(heading)) for heading in headings
    )
    confidence = 0.25 + 0.05 * (len(dishes) >= _MANY) + 0.4 * told
    confidence += 0.3 * any(_MENU.search(text[:_LONGEST]) for text in called)
    confidence += 0.3 * bool(kind) + min(0.15 * courses, 0.3)
    confidence += 0.2 * (10 * sum(bool(dish.dietary or dish.calories) for dish in dishes) > len(dishes))
    if evidence.told.get("og:type") == "article" or any(item.is_a(ARTICLES) for item in evidence.items):
        confidence -= 0.3
    if evidence.tagged is not None or any(
        item.is_a(frozenset({"product", "productgroup"})) for item in evidence.items
    ):
        confidence -= 0.4
    return min(max(confidence, 0.0), _TOLD - 0.05)


def _name_of_site(evidence: Evidence) -> str:
    """Return what the page says whose it is, without the word for a menu."""
    site = evidence.told.get("og:site_name", "")
    names = [site] if site else []
    for title in evidence.titles:
        names += _CUT.split(title)
    plain = [name.strip() for name in names if name.strip() and not _MENU.fullmatch(name.strip())]
    return (plain[0] if plain else next(iter(evidence.titles), ""))[:_LONGEST]
