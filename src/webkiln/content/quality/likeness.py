"""Which texts are nearly the same: 64 bits of each, of which few differ then (simhash, Charikar 2002)."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

BITS: Final = 64
MOST_APART: Final = 5
"""Bits in which the likenesses of two texts differ that count as the same page."""

_BANDS: Final = MOST_APART + 1  # so that five differences leave one as it is
_BAND: Final = 11  # bits of the longest
_SHINGLE: Final = 3  # words
_FEWEST: Final = 20  # shingles; of less it cannot be told
_MOST: Final = 20_000  # shingles; a lane could count three times as many
_LANE: Final = 16
_FULL: Final = (1 << _LANE) - 1
# A byte of a hash as eight lanes of a number, so that all its bits are counted by one addition.
_LANES: Final = [sum((byte >> bit & 1) << _LANE * bit for bit in range(8)) for byte in range(256)]


def likeness(words: Sequence[str]) -> int | None:
    """Return the likeness of a text by its words, in rows of three; None for a text that is too short."""
    rows = zip(*(words[start : start + _MOST] for start in range(_SHINGLE)), strict=False)
    shingles = {" ".join(row) for row in rows}
    if len(shingles) < _FEWEST:
        return None
    counts = [0] * (BITS // 8)
    for shingle in shingles:
        digest = blake2b(shingle.encode("utf-8", "surrogatepass"), digest_size=BITS // 8).digest()
        for place, byte in enumerate(digest):
            counts[place] += _LANES[byte]
    half = len(shingles) / 2
    found = 0
    for place, lanes in enumerate(counts):
        for bit in range(8):
            if lanes >> _LANE * bit & _FULL > half:
                found |= 1 << 8 * place + bit
    return found


def bands(found: int) -> list[int]:
    """Return the parts of a likeness, each with its place: two that count as the same page share one."""
    return [place << _BAND | (found >> place * BITS // _BANDS & _mask(place)) for place in range(_BANDS)]


def _mask(place: int) -> int:
    return (1 << (place + 1) * BITS // _BANDS - place * BITS // _BANDS) - 1


def apart(one: int, other: int) -> int:
    """Return in how many bits two likenesses differ."""
    return (one ^ other).bit_count()
