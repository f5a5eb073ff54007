"""The words of a Markdown text, as a reader would count them."""

from __future__ import annotations

import re
from typing import Final

_MOST: Final = 200_000  # characters that are looked at: much more than any verdict is about
# Where links and pictures lead is nothing that is read.
_ADDRESS: Final = re.compile(r"\]\([^()\s]{1,2000}\)?|https?://\S{1,2000}")
# Scripts without blanks between words: about two characters make one.
_WORD: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\u0e00-\u0eff]{1,2}|[^\W_]+")


def words_of(markdown: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(_ADDRESS.sub("] ", markdown[:_MOST]).casefold())
