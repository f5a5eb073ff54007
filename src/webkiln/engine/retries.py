"""When a failed try is tried again."""

from __future__ import annotations

import random

_FIRST_S = 0.5
_LONGEST_S = 30.0


def backoff_s(tries: int, *, asked_s: float | None = None, chance: float | None = None) -> float:
    """Return the seconds to wait after `tries` failed tries (1 or more).

    Doubles from half a second, with up to half of it as jitter, and never waits less than
    `asked_s`, what the other side asked for. `chance` in [0, 1) replaces the dice.
    """
    dice = random.random() if chance is None else chance  # noqa: S311 (spreads load, guards nothing)
    delay = min(_FIRST_S * 2.0 ** min(tries - 1, 16), _LONGEST_S) * (1 + dice / 2)
    return max(delay, asked_s or 0.0)
