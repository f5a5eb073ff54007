"""JSON that its writers broke, read for what it says.

What templates break is mended: commas too many or missing, quotes inside of texts, single quotes, bare
words, comments, several values in a row, and an end that is missing. One walk from left to right.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_MOST_DEPTH: Final = 64
_MOST_TOKENS: Final = 200_000
_LONGEST: Final = 200_000  # characters that a text without an end may take
_BLANK: Final = re.compile(r"(?:[\s,;\ufeff]+|/\*(?:[^*]|\*(?!/)){0,2000}\*/|//[^\n]{0,500}(?=\n))*")
_WORD: Final = re.compile(r"[^\s,:\[\]{}\"']{1,2000}")
_QUOTE: Final = re.compile(r"[\"'\\]")
# A quote ends a text where the next thing is one that may follow a text.
_AFTER_TEXT: Final = re.compile(
    r"\s{0,200}(?:[:\]}]|$|/[/*]|,[\s,]{0,200}(?:[\"'\[{\]}/]|-?\d|true|false|null|\w{1,40}\s{0,9}:|$))"
    r"|[ \t]{0,200}[\r\n]|\s{0,200}[\"'][\w@:-]{1,60}[\"']\s{0,9}:"
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX: Final = re.compile(r"u([0-9a-fA-F]{4})")
_NUMBER: Final = re.compile(r"-?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?")
_WORDS: Final = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None}


def read_broken_json(text: str) -> Any:
    """Return the value that a text says, or a list of several; raises ValueError where it says none."""
    values = [value for value in _Reading(text).values() if value]
    if not values:
        raise ValueError("no value")
    return values[0] if len(values) == 1 else values


class _Reading:
    """One walk over a text; what is open is kept in a list, so that no depth takes the stack."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._values: list[Any] = []
        self._open: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str | None] = []

    def values(self) -> list[Any]:
        """Return the containers that the text has on its outside."""
        for _ in range(_MOST_TOKENS):
            match = _BLANK.match(self._text, self._place)
            self._place = match.end() if match else self._place
            if self._place >= len(self._text):
                break
            self._step(self._text[self._place])
        return self._values

    def _step(self, sign: str) -> None:
        """Read what begins with a sign."""
        if sign in "{[":
            self._place += 1
            self._begin({} if sign == "{" else [])
        elif sign in "}]":
            self._place += 1
            self._end(dict if sign == "}" else list)
        elif sign in "\"'":
            self._put(self._quoted(sign))
        elif sign == ":":
            self._place += 1
        else:
            word = _WORD.match(self._text, self._place)
            if word is None:
                self._place += 1
                return
            self._place = word.end()
            self._put(_bare(word.group()))

    def _begin(self, container: dict[str, Any] | list[Any]) -> None:
        if self._open:
            self._put(container)
        else:
            self._values.append(container)
        if len(self._open) >= _MOST_DEPTH:
            raise ValueError("too deep")
        self._open.append(container)
        self._keys.append(None)

    def _end(self, kind: type) -> None:
        """Close the innermost container of a kind, and whatever was left open in it."""
        for depth in range(len(self._open) - 1, -1, -1):
            if isinstance(self._open[depth], kind):
                del self._open[depth:], self._keys[depth:]
                return

    def _put(self, value: Any) -> None:
        if not self._open:
            return
        inner = self._open[-1]
        if isinstance(inner, list):
            inner.append(value)
        elif self._keys[-1] is None:
            if isinstance(value, (dict, list)):
                inner.setdefault("@graph", value)
            else:
                self._keys[-1] = str(value)
        else:
            inner[self._keys[-1]] = value
            self._keys[-1] = None

    def _quoted(self, quote: str) -> str:
        """Read a text up to the quote that is its end."""
        start = place = self._place + 1
        pieces: list[str] = []
        while (
            sign := _QUOTE.search(self._text, place)
        ) is not None and sign.start() - self._place < _LONGEST:
            place = sign.start()
            if sign.group() == "\\":
                pieces.append(self._text[start:place])
                escaped, place = _escaped(self._text, place + 1)
                pieces.append(escaped)
                start = place
            elif sign.group() == quote and _AFTER_TEXT.match(self._text, place + 1):
                pieces.append(self._text[start:place])
                self._place = place + 1
                return "".join(pieces)
            else:
                place += 1
        pieces.append(self._text[start : self._place + _LONGEST])
        self._place = max(place, min(len(self._text), self._place + _LONGEST))
        return "".join(pieces)


def _escaped(text: str, place: int) -> tuple[str, int]:
    """Return what stands for a character after a backslash, and where it ends."""
    unit = _HEX.match(text, place)
    if unit is not None:
        try:
            return json.loads(f'"\\u{unit.group(1)}"'), unit.end()
        except ValueError:
            return "", unit.end()
    sign = text[place : place + 1]
    return _ESCAPES.get(sign, sign), place + 1


def _bare(word: str) -> Any:
    """Return what a word without quotes stands for."""
    if word in _WORDS:
        return _WORDS[word]
    return float(word) if _NUMBER.fullmatch(word) and "." in word else word
