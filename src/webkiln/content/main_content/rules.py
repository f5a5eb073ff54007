"""Which parts of a page are not its content by the rules of tags, roles and names (contract §21.5).

The rules err on the side of keeping. What a part is called is a reason to look at it, and what it
holds decides: a part with a text of its own stays, whatever its name.
"""

from __future__ import annotations

import re
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final, cast

from webkiln.content.html_tree import Element
from webkiln.content.main_content.measures import Measures, Size
from webkiln.content.main_content.names import aside_among, names_of, names_overlay
from webkiln.content.opening import follows_trigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webkiln.content.html_tree import Tree

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
_LAYERS: Final = frozenset({"dialog", "alertdialog", "tooltip"})
_LOOKED_AT: Final = tuple({*_PARTS, *_CONTAINERS})
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_NAME_WORD: Final = re.compile(r"[^\W_]+")
_ANCHORS: Final = ("main", "h1")
_MOST_ANCHORS: Final = 50
_ENTRY_FIELDS: Final = ("input", "textarea")
_UNSEEN_FIELDS: Final = frozenset({"hidden", "submit", "button", "image", "radio", "checkbox"})
# A part with this share of a page's prose is what the page is about: one of this number.
_LARGE_SHARE: Final = 5
_LITTLE_PROSE: Final = 400
_CENTRE_SHARE: Final = 0.6
_DEEPEST_CENTRE: Final = 40


def remove_boilerplate(body: Element | Tree, spared: frozenset[Element] = frozenset()) -> None:
    """Take navigation, side columns, dialogs, footers and the like out of the tree.

    `spared` are elements that stay whatever they are called (those a request includes by name).
    """
    measures = Measures(body)
    centre = _Centre(body)
    kept = set(spared)
    _keep_around(islice(body.iter_elements(_ANCHORS), _MOST_ANCHORS), kept)
    for part in list(body.iter_elements(_PARTS)):
        if part not in kept and not _belongs(part, centre, measures):
            part.decompose()
    named: list[Element] = []
    main: list[Element] = []
    parts = list(body.iter_elements(_CONTAINERS))
    called = [_called(part) for part in parts]
    aside = aside_among({name for names in called for name in names})
    for part, names in zip(parts, called, strict=True):
        role = part.attr("role")
        if role is not None and (role := role.lower()) == "main":
            main.append(part)
        elif role in _ROLES or not aside.isdisjoint(names):
            named.append(part)
    if named:
        _keep_around(main, kept)
        for part in named:
            if part not in kept and not _is_content(part, centre, measures):
                part.decompose()


def _called(part: Element) -> list[str]:
    """Return the classes and the id of an element in small letters."""
    classes, identifier = names_of(part)
    names = classes.lower().split()
    if identifier:
        names.append(identifier.lower())
    return names


def _keep_around(anchors: Iterable[Element], kept: set[Element]) -> None:
    """Add the anchors, which are part of the content, and all that contains them."""
    for anchor in anchors:
        kept.add(anchor)
        for ancestor in anchor.ancestors:
            if ancestor in kept:
                break
            kept.add(cast("Element", ancestor))


class _Centre:
    """The parts that stand where the page has its text, found when somebody first asks for one.

    That is inside `<main>`, an `<article>`, or the innermost element that holds most of the page's
    paragraphs, as long as that is not the whole page.
    """

    def __init__(self, body: Element | Tree) -> None:
        self._body = body
        self._parts: set[Element] | None = None

    def __contains__(self, part: Element) -> bool:
        if self._parts is None:
            self._parts = self._find()
        return part in self._parts

    def _find(self) -> set[Element]:
        places: list[Element] = list(islice(self._body.iter_elements(("main", "article")), _MOST_ANCHORS))
        centre = _centre(self._body)
        if centre is not None:
            places.append(centre)
        central: set[Element] = set()
        for place in places:
            if place not in central:
                central.update(place.iter_elements(_LOOKED_AT))
        return central


def _centre(body: Element | Tree) -> Element | None:
    weights = {paragraph: len(paragraph.text) for paragraph in body.iter_elements("p")}
    whole = sum(weights.values())
    if not whole:
        return None
    # What holds most of the text holds the paragraph in its middle.
    sums = accumulate(weights.values())
    middle = next(paragraph for paragraph, so_far in zip(weights, sums, strict=True) if so_far * 2 >= whole)
    for around in islice(middle.ancestors, _DEEPEST_CENTRE):
        if around == body or not isinstance(around, Element):
            return None
        held = sum(weights.get(paragraph, 0) for paragraph in around.iter_elements("p"))
        if held > whole * _CENTRE_SHARE:
            return around
    return None


def _belongs(part: Element, centre: _Centre, measures: Measures) -> bool:
    """Tell the header of an article from the header of a site, and a note from a side column."""
    tag = part.tag
    if tag == "header":
        return part.closest("main,article") is not None
    if tag == "footer" and part.closest("blockquote,figure") is not None:
        return True
    if tag == "dialog":
        return False
    if tag == "nav" and next(part.iter_elements("a"), None) is not None:
        return False
    # An aside that leads nowhere is a remark on the text, as documentation has them.
    if tag == "aside" and next(part.iter_elements("a"), None) is None:
        return True
    return _has_own_text(part, measures) and part in centre


def _is_content(part: Element, centre: _Centre, measures: Measures) -> bool:
    """Return whether a part that is called furniture holds text of its own all the same."""
    names = names_of(part)
    if names_overlay(*names):
        return False
    says = _has_own_text(part, measures) or _is_named_after_its_heading(part, names[1])
    if says and not _is_layer(part) and part in centre:
        return True
    size = measures.of(part)
    return size is None or (size.prose * _LARGE_SHARE >= measures.whole.prose and not size.is_mostly_links())


def _is_layer(part: Element) -> bool:
    """Return whether a part lies over the page; a sheet right after the button that opens it need not."""
    role = (part.attr("role") or "").lower()
    if role == "dialog" and part.attr("aria-modal") != "true" and follows_trigger(part):
        return False
    return role in _LAYERS


def _is_named_after_its_heading(part: Element, identifier: str) -> bool:
    """Return whether a section has its id from its own heading, as generators of documentation do it."""
    heading = next(part.iter_elements(_HEADINGS), None) if identifier else None
    if heading is None:
        return False
    words = _NAME_WORD.findall(identifier.lower())
    return bool(words) and _NAME_WORD.findall(heading.text.lower())[: len(words)] == words


def _has_own_text(part: Element, measures: Measures) -> bool:
    """Return whether a part says something itself: no list of links, and no form to fill in."""
    size = measures.of(part)
    return size is None or not (size.links * 4 >= size.text or _asks(part, size))


def _asks(part: Element, size: Size) -> bool:
    """Return whether a part is there to be filled in: it has fields to write into, and little else."""
    fields = (field for field in part.iter_elements(_ENTRY_FIELDS))
    entries = any((field.attr("type") or "").lower() not in _UNSEEN_FIELDS for field in fields)
    return entries and size.prose < _LITTLE_PROSE
