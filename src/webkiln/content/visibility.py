"""What no reader sees, taken out of a page: hidden text, labels for the ear, names of icons.

What opens on a click stays (`opening.py`), and so does what holds much of the page: a page that hides
itself until its script has run means to be read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text, gather
from webkiln.content.opening import Openings
from webkiln.content.style_rules import Sheets, hides, shrinks_text
from webkiln.content.wiki_marks import WIKI_NAMES, is_wiki_mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.html_tree import Tree


def _shortest(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that hold none of the others."""
    return tuple(name for name in names if not any(other in name for other in names if other != name))


_NOT_TEXT: Final = frozenset(
    {"html", "body", "main", "img", "svg", "input", "iframe", "source", "script", "noscript", "style", "link"}
    | {"picture", "video", "amp-img", "template", "meta", "head", "title", "pre", "code"}
)
# Class names whose meaning is the same in every style sheet that has them.
_EAR_NAMES: Final = """
    sr-only visually-hidden visuallyhidden screen-reader-text screenreader-text a11y-hidden screen-reader
    screen-reader-only screenreader-only assistive-text hidden-visually sortkey accessibly-hidden offscreen
    off-screen element-invisible sort-key
"""
_FOR_THE_EAR: Final = tuple(_EAR_NAMES.split())
_SEEN_SOMETIMES: Final = re.compile(r"focusable|(?:^|\s)(?:not-sr-only|[a-z0-9]+:)")
_WAITING_NAMES: Final = """
    invalid-feedback valid-feedback invalid-tooltip w-form-done w-form-fail w-condition-invisible
"""
_IN_WAITING: Final = frozenset(_WAITING_NAMES.split())
_HIDDEN_NAMES: Final = frozenset({"hidden", "d-none", "uk-hidden", "is-hidden", "hide"})
# Class attributes without any of these mean nothing.
_TRACES: Final = _shortest(("icon", "material", *_FOR_THE_EAR, *_IN_WAITING, *_HIDDEN_NAMES, *WIKI_NAMES))
_OTHERWISE_SHOWN: Final = re.compile(r":|(?:^|\s)d-(?!none)|visible|(?:^|\s)show")
_SHOWN_NOW: Final = re.compile(r"(?:^|[\s_-])(?:active|open(?:ed)?|show[ns]?|visible|current|in)(?=$|\s)")
_LIGATURES: Final = re.compile(
    r"(?:^|\s)(?:material-icons|material-symbols|mat-icon|mdi-ligature)", re.IGNORECASE
)
_ICON: Final = re.compile(r"(?:^|[\s_-])icons?(?=$|[\s_-])", re.IGNORECASE)
_ICON_NAME: Final = re.compile(r"[a-z0-9]{1,30}(?:[_-][a-z0-9]{1,30}){0,6}")
_NAMED: Final = ("span", "i", "div", "p", "h2", "label", "table", "mat-icon")
_MUCH: Final = 300
_MOST_MEASURED: Final = 200
_LONGEST: Final = 400


def remove_unseen(
    tree: Tree,
    body: Element | Tree,
    spared: frozenset[Element] = frozenset(),
    also: Iterable[str] = (),
) -> list[Element]:
    """Take out of the tree what its own attributes, styles and class names keep from every reader.

    Must run while the page's `<style>` elements are still there. `spared` are elements that stay.
    Returns the elements of the tags in `also`, which the walk that is needed here finds on its way.
    """
    pruning = _Pruning(body, spared)
    for element in body.select("[hidden],[style]"):
        if element.attr("hidden") is not None or hides(style := element.attr("style") or ""):
            pruning.remove(element)
        elif shrinks_text(style):
            _remove_bare_text(element)
    found = gather(tree, dict.fromkeys(("style", *also), "others") | dict.fromkeys(_NAMED, "named"))
    named, others = found["named"], found["others"]
    by_sheet = Sheets(sheet.text for sheet in others if sheet.tag == "style").selector()
    for element in body.select(by_sheet) if by_sheet else ():
        if not _SHOWN_NOW.search(element.attr("class") or ""):
            pruning.remove(element)
    classes = [element.attr("class") or "" for element in named]
    meanings = _meanings(classes)
    for element, called in zip(named, classes, strict=True) if meanings else ():
        if called in meanings:
            _remove_named(element, meanings[called], pruning)
    return others


def _meanings(attributes: Iterable[str]) -> dict[str, str]:
    """Return what those of the class attributes mean that keep anything from a reader."""
    distinct = [(classes, classes[:_LONGEST].lower()) for classes in dict.fromkeys(attributes)]
    # A page has a hundred of them, few tell anything, and looking into each costs more than all else
    # here: so each trace is first looked for in all of them at once.
    written = "\n".join(lower for _, lower in distinct)
    telling = [trace for trace in _TRACES if trace in written]
    meanings = {
        classes: _meaning(classes[:_LONGEST], lower)
        for trace in telling
        for classes, lower in distinct
        if trace in lower
    }
    return {classes: meaning for classes, meaning in meanings.items() if meaning}


@lru_cache(maxsize=4_096)
def _meaning(classes: str, lower: str) -> str:
    """Return what an element's classes keep from its readers, or nothing."""
    names = lower.split()
    if is_wiki_mark(names):
        return "mark"
    if "icon" in lower or "material" in classes:
        meaning = "ligature" if _LIGATURES.search(classes) else "icon" if _ICON.search(classes) else ""
        if meaning:
            return meaning
    if any(name.endswith(_FOR_THE_EAR) for name in names) and not _SEEN_SOMETIMES.search(classes):
        return "ear"
    if not _IN_WAITING.isdisjoint(names):
        return "mark"
    return "hidden" if not _HIDDEN_NAMES.isdisjoint(names) and not _OTHERWISE_SHOWN.search(classes) else ""


def _remove_named(element: Element, meaning: str, pruning: _Pruning) -> None:
    if meaning == "mark":
        element.decompose()
    elif meaning in {"ligature", "icon"}:
        _remove_icon_name(element, sure=meaning == "ligature")
    elif meaning == "ear":
        _remove_label(element, pruning)
    else:
        pruning.remove(element)


def _remove_icon_name(element: Element, *, sure: bool) -> None:
    """Remove a text that a typeface of icons shows as a picture: `chevron_right`."""
    if next(element.iter_elements(), None) is not None:
        return
    text = element.text.strip()
    if not _ICON_NAME.fullmatch(text):
        return
    if sure or "_" in text or element.tag == "i" or element.attr("aria-hidden") == "true":
        element.decompose()


def _remove_label(element: Element, pruning: _Pruning) -> None:
    """Remove a text for the ear; where the eye has the same in pieces (a price), remove the pieces."""
    text = _letters(element.text[:_LONGEST])
    if not text:
        return  # the stroke of a fraction
    twin = next((node for node in element.next_siblings if isinstance(node, Element)), None)
    if twin is not None and twin.attr("aria-hidden") == "true" and _letters(twin.text[:_LONGEST]) == text:
        twin.decompose()
    elif element.tag != "h1":
        pruning.remove(element)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _remove_bare_text(element: Element) -> None:
    """Remove text of no size, but nothing that may have a size of its own again."""
    for child in list(element.children):
        if isinstance(child, Text) or (
            isinstance(child, Element)
            and child.attr("class") is None
            and "font" not in (child.attr("style") or "")
            and child.tag in {"span", "b", "i", "em", "strong", "a"}
        ):
            child.extract()


class _Pruning:
    """Removes what is hidden, unless it opens on a click or holds much of the page."""

    def __init__(self, body: Element | Tree, spared: frozenset[Element]) -> None:
        self._body = body
        self._spared = spared
        self._openings = Openings(body)
        self._most: int | None = None
        self._measured = 0

    def remove(self, element: Element) -> None:
        """Remove the element, or leave it where it is not sure that no reader sees it."""
        if element.tag in _NOT_TEXT or element in self._spared:
            return
        text = element.text
        if (not text or text.isspace()) and element.select_one("img") is None:
            return
        if not self._openings.opens(element) and not self._is_much(element, len(text)):
            element.decompose()

    def _is_much(self, element: Element, size: int) -> bool:
        if size <= _MUCH:
            return False
        self._measured += 1
        if self._most is None:
            self._most = len(self._body.text) // 3
        return size > self._most or self._measured > _MOST_MEASURED or _holds_main(element)


def _holds_main(element: Element) -> bool:
    return element.select_one("main,h1,article") is not None
