"""The product that a page sells: what it says of it to machines, and what a reader sees."""

from webkiln.content.product.reading import product_of

__all__ = ["product_of"]
