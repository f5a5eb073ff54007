"""From likelihoods to a choice: which units are kept so that the page is read best.

A fixed limit would be wrong for most pages. Of all limits, a page gets the one for which its
expected F-beta is largest: beta below 1 asks for little noise, above 1 for little loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

# Pages that are read like news: sure of what is text, and what is text is prose.
_SURE: Final = (0.9, 0.7)
_FAIR: Final = (0.6, 0.8)
_UNSURE_BETA: Final = 1.0
# What is rather content than not is kept however sure the page is of the rest.
_RATHER: Final = 0.6


class Choice(NamedTuple):
    """Which units are kept, and the F1 that is expected of that."""

    kept: list[bool]
    expected: float


def choose(likelihoods: Sequence[float], weights: Sequence[int]) -> Choice:
    """Return what to keep of units with these likelihoods; `weights` are their numbers of words."""
    order = sorted(range(len(likelihoods)), key=likelihoods.__getitem__, reverse=True)
    _, expected = _best(order, likelihoods, weights, 1.0)
    beta = next((beta for least, beta in (_SURE, _FAIR) if expected >= least), _UNSURE_BETA)
    count, _ = _best(order, likelihoods, weights, beta)
    kept = [likely >= _RATHER for likely in likelihoods]
    for place in order[:count]:
        kept[place] = True
    return Choice(kept, expected)


def _best(
    order: Sequence[int], likelihoods: Sequence[float], weights: Sequence[int], beta: float
) -> tuple[int, float]:
    """Return how many of the likeliest units give the largest expected F-beta, and that."""
    square = beta * beta
    relevant = sum(likely * weight for likely, weight in zip(likelihoods, weights, strict=True))
    found = taken = 0.0
    best, count = -1.0, 0
    for rank, place in enumerate(order, start=1):
        found += likelihoods[place] * weights[place]
        taken += weights[place]
        if taken:
            value = (1 + square) * found / (square * relevant + taken)
            if value >= best:
                best, count = value, rank
    return count, best
