"""A page to the product that it sells (contract §5)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.product.category import category_of
from webkiln.content.product.choosing import ARTICLES, choose_product
from webkiln.content.product.described import describe
from webkiln.content.product.facts import Availability, Product, Variant
from webkiln.content.product.labelled import labels, name_after
from webkiln.content.product.numbers import gtin_of, labelled_skus, mpn_of, sku_of
from webkiln.content.product.shown import look_at
from webkiln.content.product.stock import stock_in
from webkiln.urls import InvalidUrl, resolve

if TYPE_CHECKING:
    from webkiln.content.evidence import Evidence
    from webkiln.content.product.shown import Shown

_BRAND: Final = labels("brand_labels")
_SIGNS: Final = 2
_MOST_BUTTONS: Final = 6
_MOST_SKUS: Final = 4
_LONGEST_STOCK: Final = 120


def product_of(evidence: Evidence) -> dict[str, Any] | None:
    """Return the contract's `product` of a page, or None where it sells none, or many."""
    descriptions = choose_product(evidence)
    product = describe(descriptions, evidence) if descriptions else Product("", "", variants=[Variant()])
    shown = look_at(evidence, product.title)
    if not product.title:
        product.title = shown.title.text if shown.title is not None else next(iter(evidence.titles), "")
    product.url = evidence.url
    if len(product.variants) == 1:
        _complete(product, product.variants[0], shown, evidence)
    if not product.title or not (descriptions or _is_sold(product.variants[0], shown, evidence)):
        return None
    product.brand = product.brand or name_after(_BRAND, shown.below)
    product.category = product.category or category_of(evidence, product.title)
    product.description = product.description or _told(evidence, "og:description", "description")
    return product.encode()


def _complete(product: Product, variant: Variant, shown: Shown, evidence: Evidence) -> None:
    """Add to the one variant of a product what is seen of it, and correct what is seen otherwise."""
    variant.title = variant.title or product.title
    variant.gtin = variant.gtin or gtin_of(shown.below)
    variant.mpn = variant.mpn or mpn_of(shown.below)
    variant.sku = sku_of(evidence, shown.below, variant.sku, product.title, variant.gtin)
    _correct_price(variant, shown)
    if variant.availability is None:
        variant.availability = _stock(variant, shown)
    if not variant.images and (picture := _told(evidence, "og:image")):
        with contextlib.suppress(InvalidUrl):
            variant.images = [{"url": resolve(evidence.base, picture), "alt": None}]


def _told(evidence: Evidence, *names: str) -> str:
    return next((evidence.told[name] for name in names if name in evidence.told), "")


def _correct_price(variant: Variant, shown: Shown) -> None:
    """Take the price that a reader sees where the page tells machines another one, or none."""
    told, seen = variant.price, shown.price
    if told is not None and shown.has(told):
        same = next((one.price for one in shown.candidates if one.price.amount == told.amount), told)
        variant.price = replace(same, currency=told.currency or same.currency)
        if seen is not None and seen.amount == told.amount:
            variant.original = variant.original or shown.original
    elif seen is not None and shown.clear:
        # `$` stands for many currencies, and the page has said which.
        shared = told is not None and told.currency and (seen.currency is None or "$" in seen.formatted)
        variant.price = replace(seen, currency=told.currency) if told is not None and shared else seen
        variant.original = shown.original or variant.original


def _stock(variant: Variant, shown: Shown) -> Availability | None:
    """Return what the words around a product say of its stock; a price and a button say more than they."""
    for line in shown.about:
        if len(line.text) <= _LONGEST_STOCK and (stock := stock_in(line.text)) is not None:
            if not stock and shown.buys and variant.price is not None:
                return None
            return Availability(stock, line.text)
    return None


def _is_sold(variant: Variant, shown: Shown, evidence: Evidence) -> bool:
    """Return whether a page that tells machines of no product sells one all the same.

    A price or a number beside the title says so if one of its button, its stock, or the other does, too.
    """
    if shown.title is None or _is_another(evidence, shown):
        return False
    numbered = bool(variant.gtin or variant.mpn) or bool(labelled_skus(shown.below))
    signs = shown.clear + numbered + shown.buys + (variant.availability is not None)
    return (shown.clear or numbered) and signs >= _SIGNS


def _is_another(evidence: Evidence, shown: Shown) -> bool:
    """Return whether a page is an article, or sells many things and shows no price as that of one of them."""
    if evidence.told.get("og:type") == "article" or any(item.is_a(ARTICLES) for item in evidence.items):
        return True
    many = shown.buttons >= _MOST_BUTTONS or len(set(labelled_skus(shown.below))) >= _MOST_SKUS
    return many and not shown.clear
