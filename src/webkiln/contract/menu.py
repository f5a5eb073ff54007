"""The menu of a restaurant, as the format `menu` answers it (contract §5)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from webkiln.contract.product import Money, Picture, Stock
from webkiln.contract.wire import Maybe, WireModel


class MenuIdentifiers(WireModel):
    """What the merchant calls a dish."""

    merchant_item_id: Maybe[str] = None


class MenuItem(WireModel):
    """A dish; `calories` are kilocalories, `option_groups` its sizes and what can be added to it."""

    id: str
    name: str
    description: str | None
    images: list[Picture]
    price: Maybe[Money] = None
    availability: Stock
    dietary: list[str]
    calories: float | None
    option_groups: list[dict[str, Any]]
    identifiers: MenuIdentifiers
    url: Maybe[str] = None
    source_url: str


class MenuSection(WireModel):
    """What stands under one heading."""

    id: str
    name: str
    description: str | None
    items: list[MenuItem]


class MenuMerchant(WireModel):
    """Who has the menu."""

    name: str
    type: Maybe[str] = None


class Menu(WireModel):
    """A menu; `confidence` says how sure it is that the page shows one."""

    is_menu: Literal[True]
    confidence: Annotated[float, Field(ge=0, le=1)]
    merchant: MenuMerchant
    currency: str | None
    sections: list[MenuSection]
    source_url: str
