"""Words that say whether something is to be had, in the languages of the larger webs."""

from __future__ import annotations

import re
from typing import Final

from webkiln.content.lists import read_list


def _any_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(read_list(name))})", re.IGNORECASE)


_GONE: Final = _any_of("gone")
_HERE: Final = _any_of("in_stock")


def stock_in(text: str) -> bool | None:
    """Return whether words say that something is to be had or that it is not; None where they say nothing."""
    if _GONE.search(text):
        return False
    return True if _HERE.search(text) else None


def gone_words(text: str) -> str:
    """Return the words that say that something is not to be had, or none."""
    match = _GONE.search(text)
    return "" if match is None else match.group()
