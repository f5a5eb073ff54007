"""The learned part of reading: scores of words in names, and boosted trees over a unit's numbers.

Both are tables that `training/` writes and that come with the package; `table.json` says when and
from what. They are read once, when the first page is.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from math import exp
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.main_content import features

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from webkiln.content.main_content.units import Names

# `[number, limit, left, right]`: left when that number of the row is at most the limit. Or a leaf.
Tree = list[Any] | float

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TELLING_TAGS: Final = frozenset(
    {
        *("nav", "aside", "footer", "header", "form", "main", "article", "section"),
        *("li", "table", "figure", "details", "dialog"),
    }
)
_SHORTEST_WORD: Final = 2
_MOST_NAMES_KEPT: Final = 20_000
_FARTHEST: Final = 30.0


class Model:
    """Says of each unit of a page how likely it is part of the content."""

    def __init__(self, words: Mapping[str, float], trees: Sequence[Tree], start: float) -> None:
        self._words = words
        self._sum = _compiled(trees)
        self._start = start
        self._scores: dict[Names, tuple[float, float]] = {}

    def score(self, names: Names) -> tuple[float, float]:
        """Return the mean and the lowest score of the words in an element's names; 0 says nothing."""
        known = self._scores.get(names)
        if known is None:
            found = [self._words[word] for word in name_words(names) if word in self._words]
            known = (sum(found) / len(found), min(found)) if found else (0.0, 0.0)
            if len(self._scores) >= _MOST_NAMES_KEPT:
                self._scores.clear()
            self._scores[names] = known
        return known

    def likelihoods(self, rows: Iterable[Sequence[float]]) -> list[float]:
        """Return for each row of `features.NAMES` the likelihood, between 0 and 1."""
        total, start = self._sum, self._start
        return [1.0 / (1.0 + exp(-max(min(start + total(row), _FARTHEST), -_FARTHEST))) for row in rows]


def name_words(names: Names) -> frozenset[str]:
    """Return the words of an element's class and id in lower case, and its tag and role where they tell."""
    tag, classes, identifier, role = names
    words = {word.lower() for word in _WORD.findall(f"{classes} {identifier}") if len(word) >= _SHORTEST_WORD}
    if tag in _TELLING_TAGS:
        words.add(f"<{tag}>")
    if role:
        words.add(f"@{role.lower()}")
    return frozenset(words)


def _compiled(trees: Sequence[Tree]) -> Callable[[Sequence[float]], float]:
    """Return a function that adds up what the trees say of a row.

    As an expression of Python they are three times as fast as in a loop over tuples. Nothing but
    numbers of the table gets into it.
    """
    names = [f"_{place}" for place in range(len(features.NAMES))]
    terms = " + ".join(_as_expression(tree) for tree in trees) or "0.0"
    source = f"def total(row):\n    ({', '.join(names)}) = row\n    return {terms}\n"
    scope: dict[str, Callable[[Sequence[float]], float]] = {}
    exec(compile(source, "trees of table.json", "exec"), {}, scope)  # noqa: S102
    return scope["total"]


def _as_expression(tree: Tree) -> str:
    """Write a tree, `[number, limit, left, right]` or a leaf's value, as a conditional expression."""
    if not isinstance(tree, list):
        return repr(float(tree))
    number, limit, left, right = tree
    return f"({_as_expression(left)} if _{int(number)} <= {float(limit)!r} else {_as_expression(right)})"


@cache
def trained() -> Model:
    """Return the model that comes with the package.

    Raises ValueError when the table was made for other numbers than `features.NAMES`.
    """
    table = json.loads(files(__package__).joinpath("table.json").read_text("utf-8"))
    if tuple(table["features"]) != features.NAMES:
        raise ValueError("table.json does not fit features.NAMES; train again")
    return Model(table["words"], table["trees"], table["start"])
