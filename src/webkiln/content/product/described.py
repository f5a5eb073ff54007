"""A product from what its page says of it to machines."""

from __future__ import annotations

import contextlib
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.product.choosing import first_text
from webkiln.content.product.facts import MOST_IMAGES, MOST_VARIANTS, Product, Variant
from webkiln.content.product.offers import Offer, offers_of
from webkiln.content.structured_data.items import Item
from webkiln.urls import InvalidUrl, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from webkiln.content.evidence import Evidence

_GTINS: Final = ("gtin", "gtin13", "gtin14", "gtin12", "gtin8", "ean", "isbn", "upc", "productID")
_GTIN_DIGITS: Final = frozenset({8, 12, 13, 14})
_VALUES: Final = ("color", "size", "material", "pattern", "width", "height", "flavor", "scent", "model")
_LONGEST: Final = 5_000
_LONGEST_NAME: Final = 500
_LONGEST_CODE: Final = 100


def describe(descriptions: Sequence[Item], evidence: Evidence) -> Product:
    """Return the product that some items describe, each adding what those before it do not say."""
    title = first_text(descriptions, "name")[:_LONGEST_NAME]
    product = Product(
        title,
        first_text(descriptions, "url")[:_LONGEST],
        brand=_brand(descriptions),
        category=first_text(descriptions, "category")[:_LONGEST_NAME],
        description=first_text(descriptions, "description")[:_LONGEST],
    )
    product.variants = _variants(descriptions, evidence)
    return product


def _brand(descriptions: Iterable[Item]) -> str:
    brand = first_text(descriptions, "brand", "manufacturer")
    return "" if brand.startswith(("http://", "https://", "#")) else brand[:_LONGEST_NAME]


def _variants(descriptions: Sequence[Item], evidence: Evidence) -> list[Variant]:
    """Return what can be bought: the variants that are told apart, else one for the product itself."""
    for item in descriptions:
        members = [one for one in item.items("hasVariant") if one.properties][:MOST_VARIANTS]
        if members:
            return [_variant([one], offers_of(one, evidence.country), evidence) for one in members]
    for item in descriptions:
        offers = offers_of(item, evidence.country)
        apart = _told_apart(offers)
        if len(apart) > 1:
            return [_of_offer(offer, evidence) for offer in apart[:MOST_VARIANTS]]
    offered = [offer for item in descriptions for offer in offers_of(item, evidence.country)]
    return [_variant(descriptions, offered, evidence)]


def _told_apart(offers: Sequence[Offer]) -> list[Offer]:
    """Return offers of different things: each with a number or a name of its own."""
    found: dict[str, Offer] = {}
    for offer in offers:
        thing = _thing_of(offer)
        name = thing.text("sku", "mpn", *_GTINS) or thing.text("name") or offer.item.text("sku", "name")
        if not name or offer.price is None:
            return []
        found.setdefault(name, offer)
    return list(found.values())


def _thing_of(offer: Offer) -> Item:
    return next(iter(offer.item.items("itemOffered")), offer.item)


def _of_offer(offer: Offer, evidence: Evidence) -> Variant:
    thing = _thing_of(offer)
    return _variant([thing] if thing is offer.item else [thing, offer.item], [offer], evidence)


def _variant(descriptions: Sequence[Item], offers: Sequence[Offer], evidence: Evidence) -> Variant:
    priced = next((offer for offer in offers if offer.price is not None), None)
    stocked = next((offer.availability for offer in offers if offer.availability is not None), None)
    offered = [offer.item for offer in offers]
    variant = Variant(
        sku=_code([*descriptions, *offered], "sku"),
        title=first_text(descriptions, "name")[:_LONGEST_NAME],
        gtin=_gtin([*descriptions, *offered]),
        mpn=_code([*descriptions, *offered], "mpn"),
        url=address_of(first_text([*offered, *descriptions], "url"), evidence),
        values=_values(descriptions),
        price=None if priced is None else priced.price,
        original=None if priced is None else priced.original,
        availability=stocked,
        images=_images(descriptions, evidence),
    )
    others = [offer.price for offer in offers if offer.price is not None and offer.item.via != ""]
    if variant.price is not None and variant.original is None and len(others) > 1:
        # Two prices of one thing, and nothing that tells the offers apart: the lower one is that of the day.
        low = min(others, key=lambda price: price.amount)
        if priced is not None and priced.item.holder is offers[-1].item.holder:
            variant.original, variant.price = variant.price, low
    return variant


def _code(items: Iterable[Item], name: str) -> str:
    text = first_text(items, name)
    return text if len(text) <= _LONGEST_CODE else ""


def _gtin(items: Iterable[Item]) -> str:
    """Return the number under which the whole world trades a thing (GS1): 8, 12, 13 or 14 digits."""
    for item in items:
        for text in item.texts(*_GTINS):
            digits = text.rpartition(":")[2].replace("-", "").replace(" ", "")
            if digits.isascii() and digits.isdigit() and len(digits) in _GTIN_DIGITS:
                return digits
    return ""


def _values(items: Iterable[Item]) -> dict[str, str]:
    """Return what tells a variant from others, by the name of the choice."""
    found: dict[str, str] = {}
    for item in items:
        for name in _VALUES:
            if text := item.text(name):
                found.setdefault(name, text[:_LONGEST_CODE])
        for more in item.items("additionalProperty")[:20]:
            name, text = more.text("name"), more.text("value")
            if name and text and item.holder is not None and item.via == "hasVariant":
                found.setdefault(name[:_LONGEST_CODE], text[:_LONGEST_CODE])
    return found


def _images(items: Iterable[Item], evidence: Evidence) -> list[dict[str, Any]]:
    """Return the addresses of the pictures, each once."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        for value in islice(item.properties.get("image", ()), 2 * MOST_IMAGES):
            if isinstance(value, Item):
                url = value.text("contentUrl", "url", "thumbnailUrl") or value.identifier
                alt = value.text("caption", "name", "description")
            else:
                url, alt = " ".join(value.split()), ""
            address = address_of(url, evidence)
            if address:
                found.setdefault(address, {"url": address, "alt": alt[:_LONGEST_NAME] or None})
        if found:
            break
    return list(found.values())[:MOST_IMAGES]


def address_of(url: str, evidence: Evidence) -> str:
    """Return an address of a page in full, or an empty text for what is none."""
    if url and len(url) <= _LONGEST and not url.startswith("data:"):
        with contextlib.suppress(InvalidUrl):
            return resolve(evidence.base, url)
    return ""
