"""A menu from what its page says of it to machines."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.menu.facts import MOST_DISHES, Dish, Section
from webkiln.content.menu.marks import DIETS
from webkiln.content.product.described import address_of
from webkiln.content.product.offers import offers_of
from webkiln.content.structured_data.items import Item, line_of, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webkiln.content.evidence import Evidence

_MENUS: Final = frozenset({"menu"})
_SECTIONS: Final = frozenset({"menusection"})
_DISHES: Final = frozenset({"menuitem"})
_PLACE_TYPES: Final = """
    restaurant foodestablishment cafeorcoffeeshop barorpub bakery fastfoodrestaurant icecreamshop
    brewery winery distillery
"""
_PLACES: Final = frozenset(_PLACE_TYPES.split())
_PARTS: Final = ("hasMenuSection", "menuSection", "hasPart", "itemListElement")
_HELD: Final = ("hasMenuItem", "menuItem", "hasPart", "itemListElement")
_UNNAMED: Final = "Menu"
_MOST_DEPTH: Final = 8
_LONGEST_NAME: Final = 300
_LONGEST: Final = 3_000
_MOST_OPTIONS: Final = 50
_NUMBER: Final = re.compile(r"\d{1,5}(?:[.,]\d{1,2})?")
_JOULES: Final = re.compile(r"\bkj", re.IGNORECASE)


def describe_sections(evidence: Evidence) -> list[Section]:
    """Return the sections of the menus that items describe, in their order; none where there is no menu."""
    reading = _Reading(evidence)
    for item in evidence.items:
        if item.is_a(_MENUS):
            reading.read(item, 0)
    for types in (_SECTIONS, _DISHES):  # what belongs to no menu
        for item in evidence.items:
            if item.is_a(types):
                reading.read(item, 0)
    return [section for section in reading.sections if section.dishes]


def merchant_of(items: Iterable[Item]) -> tuple[str, str]:
    """Return the name of whoever has the menu, and what it is, where items say so."""
    for item in items:
        kinds = item.types & _PLACES
        if kinds and (name := item.text("name")):
            return name[:_LONGEST_NAME], min(kinds)
    for item in items:
        if item.is_a(_MENUS) and item.holder is not None and (name := item.holder.text("name")):
            return name[:_LONGEST_NAME], ""
    return "", ""


class _Reading:
    """Goes through menus and what they hold, each once, however they refer to each other."""

    def __init__(self, evidence: Evidence) -> None:
        self.sections: list[Section] = []
        self._evidence = evidence
        self._met: set[Item] = set()
        self._count = 0
        places = (item for item in evidence.items if item.is_a(_PLACES))
        accepted = (item.text("currenciesAccepted") for item in places)
        self._currency = next((code for code in accepted if re.fullmatch(r"[A-Z]{3}", code)), None)

    def read(self, item: Item, depth: int) -> None:
        """Read a menu, a section or a dish."""
        if item in self._met or depth > _MOST_DEPTH:
            return
        self._met.add(item)
        if item.is_a(_DISHES):
            if not self.sections:
                self.sections.append(Section(_UNNAMED))
            self._add(self.sections[-1], item)
            return
        section = Section(
            item.text("name")[:_LONGEST_NAME] or _UNNAMED,
            item.text("description", "disambiguatingDescription")[:_LONGEST],
        )
        self.sections.append(section)
        for held in _members(item, _HELD):
            if held.is_a(_DISHES) and held not in self._met:
                self._met.add(held)
                self._add(section, held)
        for part in _members(item, _PARTS):
            if not part.is_a(_DISHES):
                self.read(part, depth + 1)

    def _add(self, section: Section, item: Item) -> None:
        name = item.text("name")[:_LONGEST_NAME]
        if not name or self._count >= MOST_DISHES:
            return
        self._count += 1
        offers = offers_of(item, self._evidence.country)
        priced = [offer for offer in offers if offer.price is not None]
        dish = Dish(name, item.text("description")[:_LONGEST], dietary=_diets(item), calories=_calories(item))
        if priced and priced[0].price is not None:
            price = priced[0].price
            dish.price = replace(price, currency=price.currency or self._currency)
        stocks = [offer.availability for offer in offers if offer.availability is not None]
        if stocks and not any(stock.in_stock for stock in stocks):
            dish.gone = stocks[0].text or ""
        dish.options = _options(item, priced)
        dish.images = list(self._images(item))
        if address := address_of(item.text("url"), self._evidence):
            dish.url = address
        dish.number = (item.text("sku", "productID", "identifier") or "")[:_LONGEST_NAME]
        section.dishes.append(dish)

    def _images(self, item: Item) -> Iterator[dict[str, Any]]:
        for value in item.properties.get("image", ())[:5]:
            url = value.text("contentUrl", "url") if isinstance(value, Item) else line_of(value)
            if address := address_of(url, self._evidence):
                yield {"url": address, "alt": None}


def _members(item: Item, names: tuple[str, ...]) -> Iterator[Item]:
    """Return what an item holds, out of the entries of lists."""
    for member in item.items(*names):
        inner = member.items("item") if member.is_a(frozenset({"listitem"})) else []
        yield from inner or (member,)


def _diets(item: Item) -> list[str]:
    """Return the diets that a dish suits, as `gluten-free` for `https://schema.org/GlutenFreeDiet`."""
    found: dict[str, None] = {}
    for text in item.texts("suitableForDiet"):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", short_name(text).removesuffix("Diet").strip()).lower()
        if name:
            found[DIETS.get(name, name)[:_LONGEST_NAME]] = None
    return list(found)[:20]


def _calories(item: Item) -> float | None:
    for nutrition in item.items("nutrition"):
        text = nutrition.text("calories")
        match = _NUMBER.search(text[:50])
        if match is not None and _JOULES.search(text[:50]) is None:
            return float(match.group().replace(",", "."))
    return None


def _options(item: Item, priced: list[Any]) -> list[dict[str, Any]]:
    """Return the sizes that a dish is sold in, and what can be added to it, where they have names."""
    groups: list[dict[str, Any]] = []
    sizes = [
        {"name": name, "price": offer.price.encode()}
        for offer in priced[:_MOST_OPTIONS]
        if (name := offer.item.text("name", "description", "size")[:_LONGEST_NAME])
    ]
    if len(sizes) > 1:
        groups.append({"name": "", "options": sizes})
    for more in item.items("menuAddOn")[:_MOST_OPTIONS]:
        names = [one.text("name") for one in more.items(*_HELD)] or [more.text("name")]
        options = [{"name": name[:_LONGEST_NAME]} for name in names[:_MOST_OPTIONS] if name]
        if options:
            groups.append({"name": more.text("name")[:_LONGEST_NAME], "options": options})
    return groups
