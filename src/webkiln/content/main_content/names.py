"""What class names and ids say of a part: a weak sign, but for the names that vendors give their boxes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from webkiln.content.lists import read_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.html_tree import Element


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words of class names and ids, split at hyphens, underscores and capitals.
_ANYWHERE: Final = _words(
    """
    menu menus submenu megamenu navbar navigation breadcrumb breadcrumbs pagination pager hamburger
    dropdown flyout offcanvas drawer masthead colophon topbar skip
    modal popup popover overlay lightbox cookie cookies consent gdpr onetrust
    newsletter signup login signin sharing socials wishlist copyright disclaimer
    related recommended recommendations suggested trending widgets filters facets commentlist
    """
)
_AT_THE_END: Final = _words(
    """
    bar nav sidebar footer share social search form toc tags category categories language subscribe more
    tooltip announcement notice alert banner ads cta contact
    """
)
_AT_THE_START: Final = frozenset({"nav", "footer", "promo", "social"})
_WHOLE: Final = frozenset({"sidebar", "header", "comments", "comments-area", "ad"})
# `has-sidebar` says something about what stands beside it.
_NOT_ITSELF: Final = frozenset({"has", "no", "not", "with", "without", "is", "js", "show", "hide"})

# Names of top bars, side columns, layers, advertisements, language switchers, menus and share bars.
_FURNITURE: Final = _words(
    """
    header top navbar footer bottom sidebar side aside modal popup overlay ad ads advert lang-selector
    language-selector social social-media social-links menu navigation nav breadcrumb breadcrumbs share widget
    cookie
    """
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SORTED_BY: Final = 2
# Names longer than this are cut, for they are kept in a cache.
LONGEST_NAMES: Final = 500


def names_of(part: Element) -> tuple[str, str]:
    """Return the class attribute and the id of an element, no more of them than names need."""
    return (part.attr("class") or "")[:LONGEST_NAMES], (part.attr("id") or "")[:LONGEST_NAMES]


def aside_among(names: Iterable[str]) -> frozenset[str]:
    """Return which of the names, classes and ids in small letters, are a vendor's or one of contract §21.5.

    To ask of all names of a page at once costs a fraction of what asking element by element costs.
    """
    exact, beginnings = _overlays()
    return frozenset(
        name
        for name in names
        if name in _FURNITURE or name in exact or name.startswith(beginnings.get(name[:_SORTED_BY], ()))
    )


@lru_cache(maxsize=8_192)
def names_boilerplate(classes: str, identifier: str) -> bool:
    """Return whether the class attribute or the id of an element is what one calls furniture.

    A site has few different ones, so the answers are kept.
    """
    return any(map(_is_boilerplate, classes.split())) or (identifier != "" and _is_boilerplate(identifier))


@lru_cache(maxsize=8_192)
def names_overlay(classes: str, identifier: str) -> bool:
    """Return whether an element is a vendor's consent layer, advertisement or row of share buttons."""
    return any(map(_is_overlay, classes.lower().split())) or (
        identifier != "" and _is_overlay(identifier.lower())
    )


@lru_cache(maxsize=16_384)
def _is_overlay(name: str) -> bool:
    exact, beginnings = _overlays()
    return name in exact or name.startswith(beginnings.get(name[:_SORTED_BY], ()))


@lru_cache(maxsize=1)
def _overlays() -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    """Return the names that count as they are, and the beginnings that count, by their first letters."""
    names = read_list("overlays")
    beginnings: dict[str, list[str]] = {}
    for name in names:
        if name.endswith("*"):
            beginnings.setdefault(name[:_SORTED_BY], []).append(name[:-1])
    return (
        frozenset(name for name in names if not name.endswith("*")),
        {letters: tuple(found) for letters, found in beginnings.items()},
    )


@lru_cache(maxsize=16_384)
def _is_boilerplate(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[0] in _NOT_ITSELF:
        return False
    return (
        words[-1] in _AT_THE_END
        or words[0] in _AT_THE_START
        or name.lower() in _WHOLE
        or not _ANYWHERE.isdisjoint(words)
    )
