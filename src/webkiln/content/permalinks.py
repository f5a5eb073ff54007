"""Permalinks: the mark beside a title, a caption or a definition that links to itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.html_tree import Element

# What engines write where a reader sees a mark or an icon, in small letters.
_MARKS: Final = frozenset(
    {
        *(
            "",
            "#",
            "¶",
            "§",
            "§§",
            "🔗",
            "⚓",
            "⚓︎",
            "∞",
            "↩",
            "\ue157",
            "\uf0c1",
            "link",
            "anchor",
            "permalink",
        ),
        *("direct link", "permanent link", "copy link", "link to this heading", "link to this section"),
        *("permalink to this headline", "section titled", "heading link", "ancre", "lien permanent"),
    }
)
_SURE_MARKS: Final = frozenset({"¶", "§", "🔗", "⚓", "⚓︎", "\uf0c1"})
_NAMED: Final = re.compile(
    r"(?:^|[\s_-])(?:head(?:er|ing)?-?(?:link|anchor)|anchor-?link|anchorjs-link|hash-link|permalink|perma"
    r"|deep-?link|self-?link|toclink-mark|section-?link|direct-link|fragment-link)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BACK: Final = re.compile(r"(?:^|\s)(?:toc-backref|toclink)(?:$|\s)")
_ZERO_WIDTH: Final = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\xad")
_LONGEST: Final = 40


def drop_from_title(title: Element) -> None:
    """Drop the links of a heading to itself and to the table of contents; of the latter the words stay."""
    for link in list(title.iter_elements("a")):
        if not _is_within_page(link):
            continue
        if _BACK.search(link.attr("class") or ""):
            link.unwrap()
        elif _said(link) in _MARKS or (_NAMED.search(link.attr("class") or "") and not _names(link, title)):
            link.decompose()


def drop_from_text(links: Iterable[Element]) -> None:
    """Drop permalinks anywhere else: links within the page that say a paragraph mark or are called so."""
    for link in links:
        if not _is_within_page(link):
            continue
        said = _said(link)
        if said in _SURE_MARKS or (said in _MARKS and _NAMED.search(link.attr("class") or "")):
            link.decompose()


def _is_within_page(link: Element) -> bool:
    return "#" in (link.attr("href") or "")


def _said(link: Element) -> str | None:
    """Return what a link says, without blanks, in small letters; None where that is long."""
    said = link.text
    if len(said) > _LONGEST:
        return None
    return said.translate(_ZERO_WIDTH).strip().lower()


def _names(link: Element, title: Element) -> bool:
    """Return whether a heading says nothing but what its link says."""
    return title.text.strip() == link.text.strip()
