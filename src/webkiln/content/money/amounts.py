"""Numbers as people write them: points, commas, blanks and apostrophes, in digits of several scripts."""

from __future__ import annotations

import re
from typing import Final

MOST_DIGITS: Final = 15
_MARKS: Final = ".,'\u2019\u066b\u066c"
_BLANKS: Final = re.compile(r"[\s\u00a0\u202f\u2009_]+")
_THOUSANDS: Final = 3
_PENCE: Final = re.compile(r"[,.:]?[-\u2013\u2014]{1,2}$")
_MACHINE: Final = re.compile(r"\d{1,15}(?:\.\d{1,12})?")


def amount_of(text: str) -> float | None:
    """Return the number that a person has written, or None.

    A single point or comma before three digits parts thousands, before any other number of digits what
    is smaller than one. Of two different marks the last does that.
    """
    text = _PENCE.sub("", _BLANKS.sub("", text))
    digits = "".join(sign for sign in text if sign.isdigit())
    if (
        not digits
        or len(digits) > MOST_DIGITS
        or any(not sign.isdigit() and sign not in _MARKS for sign in text)
    ):
        return None
    text = text.strip(_MARKS)
    marks = [sign for sign in text if sign in _MARKS]
    if not marks:
        return float(int(digits))
    whole, _, rest = text.rpartition(marks[-1])
    parted = len(rest) == _THOUSANDS and (
        marks[-1] in "'\u2019\u066c" or (len(set(marks)) == 1 and (len(marks) > 1 or whole.strip("0") != ""))
    )
    if parted or (len(marks) > 1 and len(set(marks)) == 1):
        return float(int(digits))
    decimals = len(rest)
    return (
        float(f"{int(digits[:-decimals] or '0')}.{int(digits[-decimals:]):0{decimals}d}")
        if decimals
        else None
    )


def machine_amount(text: str) -> float | None:
    """Return the number in a value meant for machines, where a point is one of decimals, or None."""
    text = text.strip()
    if _MACHINE.fullmatch(text) and text.isascii():
        return float(text)
    return None
