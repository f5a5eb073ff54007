"""The regular expressions of a caller: which paths to include, which to leave out (contract §7.1).

They run on RE2, whose time grows with the text and never with what the expression could try. What
only a backtracking engine can do, look-around and back-references, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import re2

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PATTERNS: Final = 256
MAX_LENGTH: Final = 2_000
"""Longest pattern in characters."""

# What one pattern may hold, compiled and while it searches; and how many instructions all may have
# together, each of which costs some microseconds in a hostile URL of 2,048 characters.
_MAX_BYTES: Final = 256 * 1024
_MAX_INSTRUCTIONS: Final = 5_000


class InvalidPattern(ValueError):
    """A pattern is no regular expression we run; the message is one the caller may read."""

    def __init__(self, message: str, pattern: str) -> None:
        """Keep `message` and the `pattern` it speaks of."""
        super().__init__(message)
        self.message = message
        self.pattern = pattern


class Patterns:
    """Several regular expressions, of which one has to be found anywhere in a text.

    Raises InvalidPattern for the first that is none, that RE2 does not know, or that is too large.
    """

    __slots__ = ("_searches",)

    def __init__(self, patterns: Sequence[str]) -> None:
        if len(patterns) > MAX_PATTERNS:
            raise InvalidPattern(f"More than {MAX_PATTERNS} regular expressions", patterns[MAX_PATTERNS])
        self._searches = []
        instructions = 0
        for pattern in patterns:
            compiled = _compiled(pattern)
            instructions += compiled.programsize
            if instructions > _MAX_INSTRUCTIONS:
                raise InvalidPattern("Regular expressions are too large together", pattern)
            self._searches.append(compiled.search)

    def __bool__(self) -> bool:
        """Return whether there is any pattern at all."""
        return bool(self._searches)

    def match(self, text: str) -> bool:
        """Return whether any of the patterns is found in `text`."""
        if not text.isascii():
            text = text.encode(errors="replace").decode()  # lone surrogates, which RE2 cannot be handed
        for search in self._searches:  # noqa: SIM110  # a generator would cost more than the search
            if search(text) is not None:
                return True
        return False


def _compiled(pattern: str) -> Any:
    """Compile one pattern within its bounds."""
    if len(pattern) > MAX_LENGTH:
        raise InvalidPattern(f"Regular expression is longer than {MAX_LENGTH} characters", pattern)
    options = re2.Options()
    options.max_mem = _MAX_BYTES
    options.never_capture = True
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidPattern(f"Invalid regular expression: {text}", pattern) from None
    except UnicodeEncodeError:
        raise InvalidPattern("Invalid regular expression: no valid text", pattern) from None
