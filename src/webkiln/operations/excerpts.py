"""The part of a text that shows why a search has found it."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webkiln.store.search_query import SearchQuery

_LENGTH = 240
_BEFORE = 60  # characters of the excerpt before the first word that was looked for
_MOST_MATCHES = 100
_STEM = 4  # shorter words are looked for as they are
_ENDING = 3  # characters that a longer word may end in otherwise


def excerpt(text: str, query: SearchQuery) -> str:
    """Return some 240 characters of `text` with as many different words of the query as can be had.

    Empty when none of them is there. Words are compared roughly, by how they begin.
    """
    words = {word.casefold() for phrase in query.wanted for word in phrase}
    if not words:
        return ""
    pattern = "|".join(_pattern(word) for word in sorted(words, key=len, reverse=True))
    found = re.finditer(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", text, re.IGNORECASE)
    places = [(match.start(), match[0][:_STEM].casefold()) for match in islice(found, _MOST_MATCHES)]
    if not places:
        return ""
    reach = _LENGTH - _BEFORE

    def different(place: tuple[int, str]) -> int:
        return len({word for start, word in places if place[0] <= start < place[0] + reach})

    return _cut(text, max(places, key=different)[0] - _BEFORE)


def beginning(text: str) -> str:
    """Return the first 240 characters or so of a text."""
    return _cut(text, 0)


def _pattern(word: str) -> str:
    if len(word) <= _STEM:
        return re.escape(word)
    stem = word[: max(_STEM, len(word) - _ENDING)]
    return rf"{re.escape(stem)}[^\W_]{{0,{len(word) - len(stem) + _ENDING}}}"


def _cut(text: str, start: int) -> str:
    """Return some 240 characters from `start` on, from word to word, with dots where text is missing."""
    end = start + _LENGTH
    if end >= len(text):
        start, end = max(len(text) - _LENGTH, 0), len(text)
    start = max(start, 0)
    part = text[start:end]
    if end < len(text):
        part = part.rpartition(" ")[0] or part
    if start > 0:
        part = part.partition(" ")[2] or part
    return f"{'… ' if start else ''}{part.strip()}{' …' if end < len(text) else ''}"
