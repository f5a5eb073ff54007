"""A page to the product that it sells (contract §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webkiln.content.product.choosing import choose_product
from webkiln.content.product.described import describe

if TYPE_CHECKING:
    from webkiln.content.evidence import Evidence


def product_of(evidence: Evidence) -> dict[str, Any] | None:
    """Return the contract's `product` of a page, or None where it sells none, or many."""
    descriptions = choose_product(evidence)
    if not descriptions:
        return None
    product = describe(descriptions, evidence)
    product.url = evidence.url
    if not product.title:
        product.title = next(iter(evidence.titles), "")
    return product.encode() if product.title else None
