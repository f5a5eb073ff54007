"""Which lines of one text are those of another, in time that grows with the texts and not with their square.

Lines that only one side has are set aside first, then lines that each side has once hold the others in
place (patience), and what stands between two of those is compared by Myers' greedy algorithm, as far as
a bound on its work allows. See docs/decisions/0025.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_STEPS: Final = 100_000
"""What Myers' algorithm may take for all of one comparison, some 40 ms; its memory is bounded by it too."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Run:
    """So many lines in a row that are the same, from line `old` of one text and `new` of the other on."""

    old: int
    new: int
    length: int


def same_lines(old: Sequence[str], new: Sequence[str], *, most_steps: int = _MOST_STEPS) -> list[Run]:
    """Return the runs of lines that stay, in their order; line numbers begin at 0.

    Where a stretch takes more work than is left of `most_steps`, all of it counts as changed.
    """
    before, after = _numbered(old, new)
    first = _alike_at_start(before, after)
    last = _alike_at_end(before, after, first)
    left = range(first, len(before) - last)
    right = range(first, len(after) - last)
    both = {before[place] for place in left} & {after[place] for place in right}
    left_places = [place for place in left if before[place] in both]
    right_places = [place for place in right if after[place] in both]
    pairs = [(place, place) for place in range(first)]
    pairs += [
        (left_places[i], right_places[j])
        for i, j in _between(
            [before[place] for place in left_places], [after[place] for place in right_places], most_steps
        )
    ]
    pairs += [(len(before) - back, len(after) - back) for back in range(last, 0, -1)]
    return _runs(pairs)


def _numbered(old: Sequence[str], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the lines as numbers: equal ones have the same."""
    numbers: dict[str, int] = {}
    before = [numbers.setdefault(line, len(numbers)) for line in old]
    after = [numbers.setdefault(line, len(numbers)) for line in new]
    return before, after


def _alike_at_start(before: Sequence[int], after: Sequence[int]) -> int:
    count = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        count += 1
    return count


def _alike_at_end(before: Sequence[int], after: Sequence[int], first: int) -> int:
    count, most = 0, min(len(before), len(after)) - first
    while count < most and before[-1 - count] == after[-1 - count]:
        count += 1
    return count


def _between(before: list[int], after: list[int], most_steps: int) -> list[Pair]:
    """Return the pairs of equal lines: the anchors, and what stays between two of them."""
    pairs: list[Pair] = []
    left, start, other_start = most_steps, 0, 0
    for i, j in [*_anchors(before, after), (len(before), len(after))]:
        if start < i and other_start < j:
            found, steps = _shortest(before[start:i], after[other_start:j], left)
            left -= steps
            pairs += [(start + one, other_start + other) for one, other in found]
        if i < len(before):
            pairs.append((i, j))
        start, other_start = i + 1, j + 1
    return pairs


def _anchors(before: list[int], after: list[int]) -> list[Pair]:
    """Return the longest row of lines that both sides have once and in the same order."""
    single = {line for line, count in Counter(after).items() if count == 1}
    places = {line: place for place, line in enumerate(after) if line in single}
    counts = Counter(before)
    shared = [
        (place, places[line]) for place, line in enumerate(before) if counts[line] == 1 and line in places
    ]
    # The longest increasing row by piles of cards: each card remembers the top of the pile before its own.
    tops: list[int] = []
    cards: list[int] = []
    below: list[int] = []
    for card, (_, place) in enumerate(shared):
        pile = bisect_left(tops, place)
        below.append(cards[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            cards.append(card)
        else:
            tops[pile], cards[pile] = place, card
    row: list[Pair] = []
    at = cards[-1] if cards else -1
    while at >= 0:
        row.append(shared[at])
        at = below[at]
    return row[::-1]


def _shortest(before: list[int], after: list[int], most_steps: int) -> tuple[list[Pair], int]:
    """Return the pairs of the shortest edit script (Myers 1986), and the steps it took.

    There are none where it would take more than `most_steps`.
    """
    first = _alike_at_start(before, after)
    last = _alike_at_end(before, after, first)
    rows, columns = len(before) - last, len(after) - last
    ends = [(place, place) for place in range(first)]
    tail = [(rows + place, columns + place) for place in range(last)]
    if first in {rows, columns}:
        return ends + tail, 0
    reached = {1: first}
    history: list[dict[int, int]] = []
    steps = 0
    for edits in range(rows + columns - 2 * first + 1):
        history.append(reached)
        now: dict[int, int] = {}
        # Diagonals that leave the field lead nowhere.
        lowest = -(edits - 2 * max(0, edits - (columns - first)))
        highest = edits - 2 * max(0, edits - (rows - first))
        for diagonal in range(lowest, highest + 1, 2):
            down = diagonal == -edits or (
                diagonal != edits and reached.get(diagonal - 1, -1) < reached.get(diagonal + 1, -1)
            )
            x = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            y = x - diagonal
            begun = x
            while x < rows and y < columns and before[x] == after[y]:
                x += 1
                y += 1
            steps += 1 + x - begun
            now[diagonal] = x
            if x >= rows and y >= columns:
                return ends + _retraced(history, rows, columns, first) + tail, steps
        reached = now
        if steps > most_steps:
            break
    return ends + tail, steps


def _retraced(history: list[dict[int, int]], rows: int, columns: int, first: int) -> list[Pair]:
    """Return the equal lines on the way back from the end to the start."""
    pairs: list[Pair] = []
    x, y = rows, columns
    for edits in range(len(history) - 1, -1, -1):
        reached, diagonal = history[edits], x - y
        down = diagonal == -edits or (
            diagonal != edits and reached.get(diagonal - 1, -1) < reached.get(diagonal + 1, -1)
        )
        before = diagonal + 1 if down else diagonal - 1
        start = reached[before]
        turn = start if down else start + 1
        while x > max(turn, first) and y > first:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = start, start - before
    return pairs[::-1]


def _runs(pairs: list[Pair]) -> list[Run]:
    runs: list[Run] = []
    begun: Pair | None = None
    length = 0
    for pair in pairs:
        if begun is not None and pair == (begun[0] + length, begun[1] + length):
            length += 1
            continue
        if begun is not None:
            runs.append(Run(*begun, length))
        begun, length = pair, 1
    if begun is not None:
        runs.append(Run(*begun, length))
    return runs
