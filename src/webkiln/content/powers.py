"""What stands higher or lower in a line and means something else there: powers, indices, fractions, ruby."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_DIGITS: Final = re.compile(r"[0-9]{1,6}")
_TERM: Final = re.compile(
    r"[-+\u2212][0-9a-z]{1,8}|[0-9]{1,4}[-+\u2212/.,][0-9a-z]{1,4}|"
    r"[0-9]{0,4}[nxkmtijpqyz](?:[-+\u2212/*][0-9a-z]{1,4}){0,3}",
    re.IGNORECASE,
)
_PRICE: Final = re.compile(r"[$€£¥₹]\s?[0-9][0-9,]{0,9}$")
_STROKES: Final = frozenset({"/", "\u2044", "\u2215"})
_LONGEST: Final = 40


def write_powers(raised: Iterable[Element], lowered: Iterable[Element]) -> None:
    """Write `<sup>` as raised digits or after `^`, digits in `<sub>` lowered; other text stays as it is."""
    below = list(lowered)
    for element in raised:
        text = _plain(element)
        if text is None:
            continue
        before = _text_before(element)
        if _is_fraction(element, text, before):
            continue
        if _DIGITS.fullmatch(text):
            cents = len(text) == 2 and _PRICE.search(before)  # noqa: PLR2004
            element.replace_with(Text(f".{text}" if cents else text.translate(_RAISED)))
        elif (before[-1:].isalnum() or before[-1:] in {")", "]"}) and _TERM.fullmatch(text):
            bare = len(text) == 1 or text[0] in "-+\u2212"
            element.replace_with(Text(f"^{text}" if bare else f"^({text})"))
    for element in below:
        text = _plain(element)
        if text is not None and element.parent is not None and _DIGITS.fullmatch(text):
            element.replace_with(Text(text.translate(_LOWERED)))


def bracket_readings(readings: Iterable[Element]) -> None:
    """Put the readings of ruby into brackets where the page brings none (`<rp>`)."""
    for reading in readings:
        before, after = reading.previous_sibling, reading.next_sibling
        if any(isinstance(node, Element) and node.tag == "rp" for node in (before, after)):
            continue
        text = " ".join(reading.text.split())
        if text:
            reading.set_text(f"({text})")


def _is_fraction(element: Element, text: str, before: str) -> bool:
    """Write a raised numerator before a stroke plainly, parted from a whole number before it."""
    stroke = element.next_sibling
    lower = stroke.next_sibling if isinstance(stroke, Text | Element) else None
    if stroke is None or stroke.text.strip() not in _STROKES:
        return False
    if not isinstance(lower, Element) or lower.tag != "sub" or (under := _plain(lower)) is None:
        return False
    lower.replace_with(Text(under))
    stroke.replace_with(Text("/"))
    element.replace_with(Text(f" {text}" if before[-1:].isdigit() else text))
    return True


def _plain(element: Element) -> str | None:
    """Return the text of an element that holds nothing but a short one, with what emphasises it."""
    if element.parent is None or element.select_one("a,img,code") is not None:
        return None
    text = element.text.strip()
    return text if 0 < len(text) <= _LONGEST else None


def _text_before(element: Element) -> str:
    before = element.previous_sibling
    return before.text[-_LONGEST:] if isinstance(before, Text | Element) else ""
