"""A product as the contract has it (§5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from webkiln.content.money.prices import Price

MOST_VARIANTS: Final = 250
MOST_IMAGES: Final = 50


@dataclass(slots=True)
class Availability:
    """Whether something can be ordered now, and in which words the page says so."""

    in_stock: bool
    text: str | None = None

    def encode(self) -> dict[str, Any]:
        """Return it as the contract has it."""
        return {"inStock": self.in_stock, "text": self.text}


@dataclass(slots=True)
class Variant:
    """What can be bought: one size, one colour, or the product itself where there is no choice.

    `original` is the price before a sale. `gtin` and `mpn` are what the whole world, and its maker, call it.
    """

    identifier: str = ""
    sku: str = ""
    title: str = ""
    gtin: str = ""
    mpn: str = ""
    url: str = ""
    values: dict[str, str] = field(default_factory=dict)
    price: Price | None = None
    original: Price | None = None
    availability: Availability | None = None
    images: list[dict[str, Any]] = field(default_factory=list)

    def encode(self) -> dict[str, Any]:
        """Return the variant without what is not known of it; what can be bought is in stock unless told."""
        found: dict[str, Any] = {
            "id": self.identifier or self.sku,
            "sku": self.sku,
            "title": self.title,
            "values": self.values,
            "identifiers": {name: value for name, value in (("gtin", self.gtin), ("mpn", self.mpn)) if value},
        }
        found = {name: value for name, value in found.items() if value}
        if self.price is not None:
            found["price"] = self.price.encode()
            if self.original is not None and self.original.amount > self.price.amount:
                found["sale"] = {"originalPrice": self.original.encode()}
        found["availability"] = (self.availability or Availability(in_stock=True)).encode()
        if self.images:
            found["images"] = self.images[:MOST_IMAGES]
        return found


@dataclass(slots=True)
class Product:
    """A product and what of it can be bought, one variant at least."""

    title: str
    url: str
    brand: str = ""
    category: str = ""
    description: str = ""
    variants: list[Variant] = field(default_factory=list)

    def encode(self) -> dict[str, Any]:
        """Return the product without what is not known of it."""
        found: dict[str, Any] = {"title": self.title, "url": self.url}
        about = {"brand": self.brand, "category": self.category, "description": self.description}
        found |= {name: value for name, value in about.items() if value}
        found["variants"] = [variant.encode() for variant in self.variants[:MOST_VARIANTS]]
        return found
