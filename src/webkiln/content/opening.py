"""What is hidden until a reader clicks: tabs, accordions, answers, slides, the rest of a text.

It is content, while error messages in waiting are none, whatever would show them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element

if TYPE_CHECKING:
    from webkiln.content.html_tree import Node, Tree

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_OPENING_WORDS: Final = """
    tab tabs tabbed tabset tabcontent tabpanel tabpane panel panels pane panes accordion accordions collapse
    collapsed collapsible collapsable collapsing faq faqs answer answers question toggle toggled toggleable
    togglebox slide slides slider slideshow carousel swiper slick splide glide flickity expand expandable
    expander expanded spoiler spoilers more moretext readmore disclosure fold foldable reveal revealed unfold
    details qa truncated
"""
_OPENS: Final = frozenset(_OPENING_WORDS.split())
_WAITING_WORDS: Final = """
    error errors invalid success feedback loading loader spinner toast validation failure fail warning tooltip
"""
_WAITS: Final = frozenset(_WAITING_WORDS.split())
_WAITING_ROLES: Final = frozenset({"alert", "status", "tooltip", "alertdialog", "progressbar"})
_PANEL_ROLES: Final = frozenset({"tabpanel", "region"})
_TRIGGERS: Final = ("aria-controls", "data-target", "data-bs-target", "href")
_TRIGGER: Final = '[aria-controls],[data-target],[data-bs-target],a[href^="#"]'
_NAMES: Final = re.compile(r"[\w-]{1,100}")
_MOST_TRIGGERS: Final = 2_000
# What a server sends piece by piece, hidden until a script has put it into its place.
_STREAMED: Final = "S:"
_LEVELS: Final = 4
_NEAR: Final = 6
_LONGEST: Final = 300


class Openings:
    """Tells what opens on a click from what no reader of a page sees."""

    def __init__(self, body: Element | Tree) -> None:
        self._body = body
        self._controlled: frozenset[str] | None = None
        self._openings: dict[Node | None, bool] = {}

    def opens(self, element: Element) -> bool:
        """Return whether a hidden element is shown by something the reader does, and is content then."""
        role = (element.attr("role") or "").lower()
        words = _words_of(element)
        if role in _WAITING_ROLES or not _WAITS.isdisjoint(words):
            return False
        if role in _PANEL_ROLES or element.tag == "dd" or element.attr("hidden") == "until-found":
            return True
        if (element.attr("id") or "").startswith(_STREAMED):
            return True
        if not _OPENS.isdisjoint(words):
            return True
        if element.tag in {"span", "td", "th"} and not element.attr("id"):
            return False  # a word in a line, whatever is around it
        return follows_trigger(element) or self._is_in_opening(element) or self._is_controlled(element)

    def _is_in_opening(self, element: Element) -> bool:
        known = self._openings.get(element.parent)
        if known is None:
            known = self._openings[element.parent] = _is_in_opening(element)
        return known

    def _is_controlled(self, element: Element) -> bool:
        identifier = element.attr("id")
        if not identifier:
            return False
        if self._controlled is None:
            self._controlled = frozenset(
                name
                for trigger in islice(self._body.select(_TRIGGER), _MOST_TRIGGERS)
                for attribute in _TRIGGERS
                if (value := trigger.attr(attribute))
                for name in _NAMES.findall(value[:_LONGEST])
            )
        return identifier in self._controlled


def follows_trigger(element: Element) -> bool:
    """Return whether the element stands right after what is clicked, or after a hidden sibling that does."""
    for before in islice(element.previous_siblings, _NEAR):
        if isinstance(before, Element):
            return (
                before.tag in {"button", "summary", "dt", "label"}
                or (before.attr("role") or "").lower() in {"button", "tab"}
                or before.attr("aria-expanded") is not None
                or before.attr("onclick") is not None
                or not _OPENS.isdisjoint(_words_of(before))
                or (
                    before.tag[0] == "h" and before.select_one("button,[aria-expanded],[onclick]") is not None
                )
            )
    return False


def _is_in_opening(element: Element) -> bool:
    for around in islice(element.ancestors, _LEVELS):
        if not isinstance(around, Element) or around.tag in {"body", "main", "article"}:
            return False
        if (around.attr("role") or "").lower() in _PANEL_ROLES or not _OPENS.isdisjoint(_words_of(around)):
            return True
    return False


def _words_of(element: Element) -> frozenset[str]:
    return _words(f"{(element.attr('class') or '')[:_LONGEST]} {(element.attr('id') or '')[:_LONGEST]}")


@lru_cache(maxsize=4_096)
def _words(names: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(names))
