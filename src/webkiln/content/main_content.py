"""Which parts of a page are not its content: what HTML's own names and the usual class names say.

A later reader may weigh text against links; these rules only read names. They err on the side of
keeping: a part that holds the page's `<main>` or `<h1>` stays, and so does one that holds most of the
text there is (contract §21.5 names the kinds of parts).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.html_tree import Element, Tree

_PARTS: Final = ("nav", "aside", "footer", "header", "dialog")
_CONTAINERS: Final = ("div", "section", "ul", "ol", "form", "header", "footer", "aside")
_ROLES: Final = frozenset(
    {
        "dialog",
        "alertdialog",
        "navigation",
        "banner",
        "contentinfo",
        "menu",
        "menubar",
        "complementary",
        "search",
        "tooltip",
        "listbox",
    }
)


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

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ANCHORS: Final = ("main", "h1")
_MOST_ANCHORS: Final = 50
# Names longer than this are cut, for they are kept in a cache.
_LONGEST_NAMES: Final = 500
_SMALL_PART: Final = 400
_MOST_MEASURED: Final = 200


def remove_boilerplate(body: Element | Tree, spared: frozenset[Element] = frozenset()) -> None:
    """Take navigation, side columns, dialogs, footers and the like out of the tree.

    `spared` are elements that stay whatever they are called (those a request includes by name).
    """
    anchors = list(islice(body.iter_elements(_ANCHORS), _MOST_ANCHORS))
    kept = set(spared)
    _keep_around(anchors, kept)
    for part in list(body.iter_elements(_PARTS)):
        if part not in kept and not _belongs(part):
            part.decompose()
    named: list[Element] = []
    main: list[Element] = []
    for part in body.iter_elements(_CONTAINERS):
        role = part.attr("role")
        if role is not None and (role := role.lower()) == "main":
            main.append(part)
        elif role in _ROLES or _names_boilerplate(
            (part.attr("class") or "")[:_LONGEST_NAMES], (part.attr("id") or "")[:_LONGEST_NAMES]
        ):
            named.append(part)
    if named:
        _keep_around(main, kept)
        _remove_small(body, [part for part in named if part not in kept])


def _keep_around(anchors: Iterable[Element], kept: set[Element]) -> None:
    """Add the anchors, which are part of the content, and all that contains them."""
    for anchor in anchors:
        kept.add(anchor)
        for ancestor in anchor.ancestors:
            if ancestor in kept:
                break
            kept.add(cast("Element", ancestor))


def _belongs(part: Element) -> bool:
    """Tell the header of an article from the header of a site, and a note from a side column."""
    tag = part.tag
    if tag == "header":
        return part.closest("main,article") is not None
    if tag == "footer":
        return part.closest("blockquote,figure") is not None
    # An aside that leads nowhere is a remark on the text, as documentation has them.
    return tag == "aside" and next(part.iter_elements("a"), None) is None


@lru_cache(maxsize=8_192)
def _names_boilerplate(classes: str, identifier: str) -> bool:
    """Judge the class attribute and the id of one element; a site has few different ones."""
    return any(map(_is_boilerplate, classes.split())) or (identifier != "" and _is_boilerplate(identifier))


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


def _remove_small(body: Element | Tree, parts: list[Element]) -> None:
    """Remove the parts that hold less than two thirds of the page's text."""
    most: int | None = None
    measured = 0
    for part in parts:
        size = len(part.text)
        if size > _SMALL_PART:
            if most is None:
                most = len(body.text) * 2 // 3
            measured += 1
            if size > most or measured > _MOST_MEASURED:
                continue
        part.decompose()
