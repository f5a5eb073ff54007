"""Cards: links around a heading and what belongs to it, as teasers and lists of products have them.

A link in Markdown is one line, so the heading would be lost in it. The link goes into the heading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVELS: Final = 12
_MOST_CARDS: Final = 5_000


def link_headings(headings: Iterable[Element]) -> None:
    """Move each link that stands around a heading into its first heading; the rest of the card is text."""
    cards: dict[Element, Element] = {}
    for heading in headings:
        link = _link_around(heading)
        if link is not None and len(cards) < _MOST_CARDS:
            first = cards.setdefault(link, heading)
            if not first.text.strip() and heading.text.strip():
                cards[link] = heading
    for link, heading in cards.items():
        href, title = link.attr("href"), link.attr("title")
        if href and heading.text.strip():
            inner = Element("a", {"href": href, "title": title} if title else {"href": href})
            heading.wrap_children(inner)
        elif href:
            continue  # a picture for a heading stays a picture that is a link
        link.tag = "div"
        for name in ("href", "title"):
            if name in link.attrs:
                del link.attrs[name]


def _link_around(heading: Element) -> Element | None:
    around = heading.parent
    for _ in range(_LEVELS):
        if not isinstance(around, Element) or around.tag in {"body", "main"}:
            return None
        if around.tag == "a":
            return around
        around = around.parent
    return None
