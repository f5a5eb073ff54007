"""Facts of a page, where they are asked for: the product it sells, the menu it shows (contract §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webkiln.content.evidence import read_evidence
from webkiln.content.html_tree import parse
from webkiln.content.menu import menu_of
from webkiln.content.product import product_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from webkiln.content.evidence import Evidence
    from webkiln.scraping.wishes import Wishes

_READERS: Final[Mapping[str, Callable[[Evidence], dict[str, Any] | None]]] = {
    "product": product_of,
    "menu": menu_of,
}


def read_facts(text: str, url: str, wishes: Wishes, *, xhtml: bool) -> tuple[dict[str, Any], list[str]]:
    """Return the facts that are wanted and found, by format, and a warning for each that is not found.

    They are read from a tree of their own: what a request leaves out of a page is part of what it says.
    """
    wanted = [name for name in _READERS if wishes.wants(name)]
    if not wanted:
        return {}, []
    evidence = read_evidence(parse(text, xhtml=xhtml), url)
    read = {name: _READERS[name](evidence) for name in wanted}
    found = {name: fact for name, fact in read.items() if fact is not None}
    return found, [_missing(name) for name in wanted if name not in found]


def missing_facts(wishes: Wishes) -> list[str]:
    """Return a warning for each fact that is wanted of what is no page and has none."""
    return [_missing(name) for name in _READERS if wishes.wants(name)]


def _missing(name: str) -> str:
    return f"No {name} was found on the page."
