"""Lengths of time as people type them."""

from __future__ import annotations

import re

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"([0-9]{1,9})([smhdw])")
_WHOLE = re.compile(r"(?:[0-9]{1,9}[smhdw])+")
_PLAIN = re.compile(r"[0-9]{1,9}")


def milliseconds(text: str) -> int:
    """Return what `90`, `90s`, `15m`, `1h30m`, `2d` or `1w` means; a number alone is seconds.

    Raises ValueError for anything else.
    """
    typed = text.strip().lower()
    if _PLAIN.fullmatch(typed):
        return int(typed) * 1000
    if not _WHOLE.fullmatch(typed):
        raise ValueError(f"{text!r} is no length of time: 90 (seconds), 15m, 1h30m, 2d and 1w are some")
    return sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(typed)) * 1000
