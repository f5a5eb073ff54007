"""Small print of a dish: for whom it is, what it has of energy, whether it is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.lists import read_list
from webkiln.content.product.stock import gone_words

if TYPE_CHECKING:
    from collections.abc import Mapping

DIETS: Final[Mapping[str, str]] = {
    word: name for name, _, word in (entry.partition(" ") for entry in read_list("dietary"))
}
"""Names of diets by the words and marks that stand for them."""

_LONGEST_MARK: Final = 3  # characters of `V`, `vg`, `GF`, which are words of other languages in a text
_LONG_WORDS: Final = sorted((word for word in DIETS if len(word) > _LONGEST_MARK), key=len, reverse=True)
_DIET: Final = re.compile(
    rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, _LONG_WORDS))})(?![^\W\d_])", re.IGNORECASE
)
_BRACKETS: Final = re.compile(r"[(\[][^()\[\]]{1,80}[)\]]")
_MARKS: Final = re.compile(r"[\U0001f331\U0001f33f\U0001f336]\ufe0f?")
_PART: Final = re.compile(r"[,/;|&·+]| and | und | et ")
_ENERGY: Final = re.compile(
    r"(\d{1,5}(?:[.,]\d{1,2})?)\s{0,3}(?:kcal|cal(?:ories)?\b|ккал|大卡|キロカロリー|سعر)", re.IGNORECASE
)
_JOULES: Final = re.compile(r"\d{1,5}(?:[.,]\d{1,2})?\s{0,3}kj\b\s{0,3}/?", re.IGNORECASE)
_ENDS: Final = " \u00a0.\u2026·•|_*~-\u2013\u2014:,;/"


class Marks:
    """What is found in the words of a dish, and the words without it."""

    def __init__(self, text: str) -> None:
        self.dietary: list[str] = []
        self.calories: float | None = None
        self.gone: str | None = None
        text = _BRACKETS.sub(self._bracket, text)
        text = _MARKS.sub(self._mark, text)
        text = _ENERGY.sub(self._energy, _JOULES.sub(" ", text))
        gone = gone_words(text)
        if gone:
            self.gone = gone
            text = text.replace(gone, " ", 1)
        self.text = " ".join(text.split()).strip(_ENDS).replace("( )", "").replace("()", "").strip()

    def _bracket(self, match: re.Match[str]) -> str:
        words = [word.strip(" .").lower() for word in _PART.split(match.group()[1:-1])]
        if words and all(word in DIETS for word in words):
            self.dietary += [name for word in words if (name := DIETS[word]) not in self.dietary]
            return " "
        return match.group()

    def _mark(self, match: re.Match[str]) -> str:
        name = DIETS[match.group()[0]]
        if name not in self.dietary:
            self.dietary.append(name)
        return " "

    def _energy(self, match: re.Match[str]) -> str:
        if self.calories is None:
            self.calories = float(match.group(1).replace(",", "."))
        return " "


def is_only_diets(text: str) -> bool:
    """Return whether a line says for whom a dish is and nothing else."""
    words = [word.strip(" .()[]").lower() for word in _PART.split(text[:100])]
    return bool(words) and all(word in DIETS for word in words)


def diets_of(text: str) -> list[str]:
    """Return the diets that a line of nothing else names."""
    return list(
        dict.fromkeys(
            DIETS[word] for part in _PART.split(text[:100]) if (word := part.strip(" .()[]").lower()) in DIETS
        )
    )
