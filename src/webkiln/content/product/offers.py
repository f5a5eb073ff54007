"""Offers: what a thing costs and whether it is there, as its description for machines says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.money.amounts import amount_of, machine_amount
from webkiln.content.money.currencies import currency_of
from webkiln.content.money.prices import Price, prices_in
from webkiln.content.product.facts import Availability
from webkiln.content.product.stock import stock_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webkiln.content.structured_data.items import Item

_OFFERS: Final = frozenset({"offer", "aggregateoffer", "offerforpurchase", "demand"})
_MOST_OFFERS: Final = 500
_MOST_DEPTH: Final = 4
_ORIGINAL: Final = (
    "listprice",
    "strikethroughprice",
    "msrp",
    "srp",
    "regularprice",
    "originalprice",
    "suggested",
)
_LETTERS: Final = re.compile(r"[^a-z]+")
_HERE_NAMES: Final = """
    instock instoreonly onlineonly limitedavailability preorder presale backorder madetoorder available
    lowstock availablefororder instockonline true yes
"""
_GONE_NAMES: Final = """
    outofstock soldout discontinued reserved unavailable notavailable oos notinstock outofstockonline false no
"""
_STOCK: Final = {**dict.fromkeys(_HERE_NAMES.split(), True), **dict.fromkeys(_GONE_NAMES.split(), False)}


@dataclass(slots=True)
class Offer:
    """One offer of a thing: `item` is what describes it."""

    item: Item
    price: Price | None
    original: Price | None
    availability: Availability | None


def offers_of(item: Item, country: str) -> list[Offer]:
    """Return the offers of an item, those inside of an AggregateOffer in its place if they have prices."""
    found: list[Offer] = []
    for offered in _each(item.items("offers", "offer"), 0):
        if len(found) >= _MOST_OFFERS:
            break
        found.append(_offer(offered, country))
    return found or _bare_offer(item, country)


def _each(items: Iterable[Item], depth: int) -> Iterator[Item]:
    for item in items:
        inner = item.items("offers", "offer") if depth < _MOST_DEPTH else []
        if any(_has_price(one) for one in inner):
            yield from _each(inner, depth + 1)
        else:
            yield item


def _has_price(item: Item) -> bool:
    return bool(item.texts("price", "lowPrice") or item.items("priceSpecification"))


def _bare_offer(item: Item, country: str) -> list[Offer]:
    """Return what an item says of its price itself, as some microdata does."""
    offer = _offer(item, country)
    return [] if offer.price is None and offer.availability is None else [offer]


def _offer(item: Item, country: str) -> Offer:
    currency = currency_of(item.text("priceCurrency", "hasCurrency", "currency") or "?", country)
    price = _first_price(item.texts("price", "lowPrice", "hasCurrencyValue", "minPrice"), currency, country)
    original = _first_price(item.texts("originalPrice", "listPrice"), currency, country)
    for specified in item.items("priceSpecification", "hasPriceSpecification")[:20]:
        if specified.items("validForMemberTier"):
            continue
        money = _first_price(
            specified.texts("price", "minPrice", "hasCurrencyValue"),
            currency_of(specified.text("priceCurrency", "hasCurrency") or "?", country) or currency,
            country,
        )
        kind = specified.text("priceType", "name").lower().replace(" ", "")
        if any(name in kind for name in _ORIGINAL):
            original = original or money
        elif price is None or (
            specified.text("priceType") and not specified.properties.get("referenceQuantity")
        ):
            price = money or price
    return Offer(item, price, original, availability_of(item.text("availability", "itemAvailability")))


def _first_price(texts: Iterable[str], currency: str | None, country: str) -> Price | None:
    return next((price for text in texts if (price := price_of(text, currency, country)) is not None), None)


def price_of(text: str, currency: str | None, country: str) -> Price | None:
    """Return the price that a value says, as a number or as people write it; nothing costs no money."""
    amount = machine_amount(text)
    if amount is None:
        found = next(prices_in(text[:200], country, bare=True), None)
        if found is not None:
            amount, currency = found.price.amount, currency or found.price.currency
        else:
            amount = amount_of(text[:50])
    if amount is None or amount <= 0:
        return None
    return Price(amount, currency, written(amount, currency))


def written(amount: float, currency: str | None) -> str:
    """Return an amount in a form that is the same everywhere: `1299.00 EUR`."""
    number = f"{amount:.2f}"
    return f"{number} {currency}" if currency else number


def availability_of(text: str) -> Availability | None:
    """Return what a value for machines, or the words in its place, say of the stock."""
    if not text:
        return None
    name = text.strip().rpartition("/")[2].rpartition("#")[2]
    known = _STOCK.get(_LETTERS.sub("", name.lower()))
    if known is not None:
        return Availability(known, _in_words(name))
    said = stock_in(text[:300])
    return None if said is None else Availability(said, text[:100])


def _in_words(name: str) -> str:
    """Return `InStock` as `In stock`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:100]).replace("_", " ").capitalize()
