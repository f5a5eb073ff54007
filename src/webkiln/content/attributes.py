"""Values of attributes, as the `attributes` format asks for them (contract §4.1, §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln.content.html_tree import InvalidSelector, select

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree


def values_of(tree: Tree, selector: str, attribute: str) -> list[str]:
    """Return the attribute's values on all elements a CSS selector matches, in document order.

    Elements without the attribute are passed over. Raises InvalidSelector.
    """
    return [value for element in select(tree, selector) if (value := element.attr(attribute)) is not None]


__all__ = ["InvalidSelector", "values_of"]
