"""What MediaWiki puts around a text for those who write it, by the class names of its own skins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final = """
    mw-editsection editsection mw-editsection-like mw-cite-backlink mw-jump-link mw-empty-elt printfooter
    catlinks navbox navbox-styles vertical-navbox navbar-mini mw-indicators mw-authority-control sistersitebox
    mw-headline-number wikidata-edit-link
    noprint-navbar mw-portlet-lang mw-hidden-catlinks authority-control
"""
_MARKS: Final = frozenset(_NAMES.split())
WIKI_NAMES: Final = _MARKS | {"navbar"}
"""Every class name that a mark has at least one of."""

# `navbar` alone is anybody's; with these it is the "v · t · e" of a template.
_LINKS_TO_TEMPLATE: Final = frozenset({"plainlinks", "hlist", "navbar-brackets"})


def is_wiki_mark(names: Sequence[str]) -> bool:
    """Return whether classes, in lower case, are those of a wiki's marks: edit links, backlinks, navboxes."""
    return not _MARKS.isdisjoint(names) or ("navbar" in names and not _LINKS_TO_TEMPLATE.isdisjoint(names))
