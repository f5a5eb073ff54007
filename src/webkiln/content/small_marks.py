"""Small things that show something: images that are a letter, terms of a list, items without anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_EMOJI: Final = 16
_FIRST_SYMBOL: Final = "\u2190"
_JOINERS: Final = "\u200d\ufe0f\ufe0e"
_HAS_MARKS: Final = "strong,b,p,div,ul,ol,pre,table,h1,h2,h3,h4,h5,h6"
_SHOWS: Final = "img,svg,input,hr,table,pre"


def spell_emoji(images: Sequence[Element]) -> None:
    """Put the letter in the place of an image that stands for it: its `alt` is an emoji and no more."""
    for image in images:
        alt = image.attr("alt")
        if alt and len(alt) <= _LONGEST_EMOJI and _is_emoji(alt.strip()):
            image.replace_with(Text(alt.strip()))


def _is_emoji(text: str) -> bool:
    return text != "" and all(
        (letter >= _FIRST_SYMBOL and not letter.isalpha() and not letter.isspace()) or letter in _JOINERS
        for letter in text
    )


def join_lines(images: Sequence[Element], links: Sequence[Element]) -> None:
    """Write `alt` and `title` in one line, as Markdown has them."""
    for element in (*images, *links):
        for name in ("alt", "title"):
            value = element.attr(name)
            if value and ("\n" in value or "\r" in value):
                element.attrs[name] = " ".join(value.split())


def mark_terms(terms: Sequence[Element]) -> None:
    """Emphasise the terms of a list of definitions, which else are paragraphs like all others."""
    for term in terms:
        if term.text.strip() and term.select_one(_HAS_MARKS) is None:
            term.wrap_children(Element("strong"))


def drop_blank_items(items: Sequence[Element]) -> None:
    """Remove list items that show nothing, the innermost first."""
    for item in reversed(items):
        if all(map(str.isspace, item.strings)) and item.select_one(_SHOWS) is None:
            item.decompose()
