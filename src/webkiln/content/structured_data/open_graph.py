"""Open Graph: what the `<meta>` tags of a page say of what it sells (https://ogp.me/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.structured_data.items import Item

if TYPE_CHECKING:
    from collections.abc import Mapping

# Names of tags in lower case, the most exact first, by the property they stand for.
_OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "price": ("product:sale_price:amount", "product:price:amount", "og:price:amount", "product:price"),
    "priceCurrency": (
        "product:sale_price:currency", "product:price:currency", "og:price:currency",
    ),
    "originalPrice": (
        "product:original_price:amount", "og:price:standard_amount", "product:price:standard_amount",
    ),
    "availability": ("product:availability", "og:availability"),
}  # fmt: skip
_DESCRIBED: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("og:title", "twitter:title"),
    "description": ("og:description", "description", "twitter:description"),
    "image": ("og:image:secure_url", "og:image", "twitter:image"),
    "url": ("og:url",),
    "brand": ("product:brand", "og:brand"),
    "category": ("product:category",),
    "sku": ("product:retailer_item_id", "product:sku", "og:sku", "product:retailer_part_no"),
    "gtin": ("product:ean", "product:upc", "product:gtin", "product:isbn", "og:upc"),
    "mpn": ("product:mfr_part_no", "product:mpn"),
}
_SALE: Final = "product:sale_price:amount"


def product_in_tags(told: Mapping[str, str]) -> Item | None:
    """Return the product that `<meta>` tags tell of: `told` is what each says, by its name in lower case.

    None where they call the page nothing that is sold.
    """
    offer = Item(frozenset({"offer"}), _taken(told, _OFFERED), via="offers")
    kind = told.get("og:type", "").lower().rpartition(":")[2].rpartition(".")[2]
    if kind not in {"product", "item"} and "price" not in offer.properties:
        return None
    if (
        _SALE in told
        and "originalPrice" not in offer.properties
        and (whole := told.get("product:price:amount"))
    ):
        offer.add("originalPrice", whole)
    item = Item(frozenset({"product"}), _taken(told, _DESCRIBED))
    if offer.properties:
        offer.holder = item
        item.add("offers", offer)
    return item


def _taken(told: Mapping[str, str], names: Mapping[str, tuple[str, ...]]) -> dict[str, list[str | Item]]:
    """Return what the first tag of each property says."""
    return {
        name: [value]
        for name, tags in names.items()
        if (value := next((told[tag] for tag in tags if told.get(tag)), None)) is not None
    }
