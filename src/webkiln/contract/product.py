"""The product of a page, as the format `product` answers it (contract §5)."""

from __future__ import annotations

from webkiln.contract.wire import Maybe, WireModel


class Money(WireModel):
    """A price: `currency` by ISO 4217 where it is known, `formatted` as the page has it where it is seen."""

    amount: float
    currency: str | None
    formatted: str


class Stock(WireModel):
    """Whether something can be ordered now, and the words for it."""

    in_stock: bool
    text: str | None


class Picture(WireModel):
    """A picture, by its full address."""

    url: str
    alt: str | None


class Sale(WireModel):
    """What a thing cost before its price was lowered."""

    original_price: Money


class Identifiers(WireModel):
    """What the world (GTIN: EAN, UPC, ISBN) and the maker call a thing."""

    gtin: Maybe[str] = None
    mpn: Maybe[str] = None


class ProductVariant(WireModel):
    """What can be bought: `values` are its choices by name; `id` is the number in the shop, or the `sku`."""

    id: Maybe[str] = None
    sku: Maybe[str] = None
    title: Maybe[str] = None
    values: Maybe[dict[str, str]] = None
    identifiers: Maybe[Identifiers] = None
    price: Maybe[Money] = None
    sale: Maybe[Sale] = None
    availability: Stock
    images: Maybe[list[Picture]] = None


class Product(WireModel):
    """A product; one without a choice has one variant."""

    title: str
    url: str
    brand: Maybe[str] = None
    category: Maybe[str] = None
    description: Maybe[str] = None
    variants: list[ProductVariant]
