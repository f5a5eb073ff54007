"""A menu as the contract has it (§5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from webkiln.content.money.prices import Price

MOST_SECTIONS: Final = 500
MOST_DISHES: Final = 5_000


@dataclass(slots=True)
class Dish:
    """One thing on a menu; `gone` are the words that say it is not to be had today."""

    name: str
    description: str = ""
    price: Price | None = None
    gone: str | None = None
    dietary: list[str] = field(default_factory=list)
    calories: float | None = None
    images: list[dict[str, Any]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    number: str = ""
    url: str = ""

    def encode(self, identifier: str, source: str) -> dict[str, Any]:
        """Return the dish under an id of its menu, which stands at `source`."""
        found: dict[str, Any] = {
            "id": self.number or identifier,
            "name": self.name,
            "description": self.description or None,
            "images": self.images,
            "availability": {"inStock": self.gone is None, "text": self.gone or None},
            "dietary": self.dietary,
            "calories": self.calories,
            "optionGroups": self.options,
            "identifiers": {"merchantItemId": self.number} if self.number else {},
            "sourceUrl": source,
        }
        if self.price is not None:
            found["price"] = self.price.encode()
        if self.url:
            found["url"] = self.url
        return found


@dataclass(slots=True)
class Section:
    """A part of a menu under its heading."""

    name: str
    description: str = ""
    dishes: list[Dish] = field(default_factory=list)


@dataclass(slots=True)
class Menu:
    """A menu; `confidence` says from 0 to 1 how sure it is that the page is one."""

    sections: list[Section]
    confidence: float
    merchant: str = ""
    kind: str = ""

    @property
    def dishes(self) -> list[Dish]:
        """Return all that is on the menu."""
        return [dish for section in self.sections for dish in section.dishes]

    def encode(self, source: str) -> dict[str, Any]:
        """Return the menu of the page at `source`, without sections that have nothing."""
        sections = [section for section in self.sections if section.dishes][:MOST_SECTIONS]
        merchant = {"name": self.merchant} | ({"type": self.kind} if self.kind else {})
        return {
            "isMenu": True,
            "confidence": round(self.confidence, 2),
            "merchant": merchant,
            "currency": self._currency(),
            "sections": [
                {
                    "id": f"section-{place}",
                    "name": section.name,
                    "description": section.description or None,
                    "items": [
                        dish.encode(f"item-{place}-{number}", source)
                        for number, dish in enumerate(section.dishes, 1)
                    ],
                }
                for place, section in enumerate(sections, 1)
            ],
            "sourceUrl": source,
        }

    def _currency(self) -> str | None:
        """Return the currency of most prices."""
        found = [
            dish.price.currency for dish in self.dishes if dish.price is not None and dish.price.currency
        ]
        return max(set(found), key=found.count) if found else None
