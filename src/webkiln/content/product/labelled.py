"""What stands behind a label: `SKU: K-1`, or the label in one cell and what it is for in the next."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from webkiln.content.lists import read_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webkiln.content.lines import Line

LONGEST_LABELLED: Final = 60
"""Characters of a line that may be one label, or what one is for."""

_MOST: Final = 200
_LOOKED_AT: Final = 300
CODE: Final = re.compile(r"[A-Za-z0-9][\w./\-]{1,39}$")
"""What a number of a product looks like."""


def labels(name: str) -> re.Pattern[str]:
    """Return what finds the labels of a list: where they stand before a colon, a number, or nothing."""
    words = "|".join(sorted(read_list(name), key=len, reverse=True))
    return re.compile(
        rf"(?<![^\W\d_])(?:{words})(?:\s?(?:no|nr|n°|nº|№|number|numer|code|id)\b\.?)?\.?\s{{0,3}}"
        r"(?:[:#=\u2116\uff1a]|(?=\s|$|\d))[\s:#\u200e\u200f]{0,4}",
        re.IGNORECASE,
    )


def after_label(label: re.Pattern[str], lines: Iterable[Line]) -> Iterator[tuple[Line, int]]:
    """Return where something stands after a label: in its line, or at the start of the next."""
    labelled = False
    for line in lines:
        if labelled:
            yield line, 0
        match = label.search(line.text[:_LOOKED_AT])
        labelled = False
        if match is not None:
            if match.end() < len(line.text):
                yield line, match.end()
            else:
                labelled = len(line.text) <= LONGEST_LABELLED


def codes_after(label: re.Pattern[str], lines: Iterable[Line]) -> Iterator[str]:
    """Return the numbers behind labels; each has a digit in it."""
    for line, start in islice(after_label(label, lines), _MOST):
        word = next(iter(line.text[start : start + LONGEST_LABELLED].split()), "").strip(".,;:()[]")
        if CODE.match(word) and any(map(str.isdigit, word)) and (start or len(line.text) <= LONGEST_LABELLED):
            yield word


def name_after(label: re.Pattern[str], lines: Iterable[Line]) -> str:
    """Return the name behind the first label that begins its line, or is all of it."""
    labelled = False
    for line in lines:
        text = line.text
        if labelled and _is_name(text):
            return text
        match = label.match(text[:_LOOKED_AT])
        labelled = match is not None and match.end() == len(text) and not line.parts[0].linked
        if match is not None and ":" in match.group() and _is_name(name := text[match.end() :].strip(" -|")):
            return name
    return ""


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_LABELLED and any(map(str.isalpha, text))
