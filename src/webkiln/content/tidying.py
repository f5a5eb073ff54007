"""Markdown as the writer leaves it, made plainer to read without changing what it means.

The writer is careful: where it is not sure that a mark would be understood it uses HTML, a
character reference or a backslash. Most of that is not needed, and a language model reads the text
without rendering it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from webkiln.content.emphasis import CODE, HTML_MARKS, plain_emphasis
from webkiln.content.escapes import without_needless_backslashes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_REFERENCE: Final = re.compile(r"&(?<!\\&)#(\d{1,6});")
_BLANK_PARAGRAPH: Final = re.compile(r"\n[ >]*(?:&#\d{1,6};)++\n(?=\n)")
_BREAKS: Final = re.compile(r"\n([ >]*+)\\(?=\n)(?:\n[ >]*+\\(?=\n))*+")
_RAW_TEX: Final = re.compile(r"\$\$(?=\S)[^$\n]{1,4000}\$\$")
# What no sum of money has: a command by its name, or an index in braces.
_TEX_MARK: Final = re.compile(r"\\(?:[a-zA-Z]{3,}|pi|mu|nu|xi|ne|le|ge|in|to)(?![a-zA-Z])|[_^]\{")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_FIRST_TRIES: Final = 64


def tidy(text: str, *, has_html: bool = True) -> str:
    """Return the text with needless HTML, references and backslashes undone, code as it was.

    `has_html` says whether the text may hold one of HTML_MARKS.
    """
    repairs = [repair for needle, repair in _REPAIRS if holds(text, needle)]
    if repairs:
        text = _outside_code(text, repairs)
    return plain_emphasis(text) if has_html and holds(text, *HTML_MARKS) else text


def _outside_code(text: str, repairs: list[Callable[[str], str]]) -> str:
    pieces: list[str] = []
    done = 0
    for code in CODE.finditer(text):
        pieces += [_repaired(text[done : code.start()], repairs), code[0]]
        done = code.end()
    pieces.append(_repaired(text[done:], repairs))
    return "".join(pieces)


def holds(text: str, *needles: str) -> bool:
    """Return whether one of the needles, which begin alike, is in the text.

    Python finds a single character ten times faster than a longer needle, so where the first one is
    rare this costs next to nothing.
    """
    first = needles[0][0]
    at = text.find(first)
    for _ in range(_FIRST_TRIES):
        if at < 0:
            return False
        if text.startswith(needles, at):
            return True
        at = text.find(first, at + 1)
    return at >= 0 and _any_of(needles).search(text, at) is not None


@lru_cache(maxsize=16)
def _any_of(needles: tuple[str, ...]) -> re.Pattern[str]:
    """Compile a search for needles that begin alike; one pass finds any of them."""
    first, rests = re.escape(needles[0][0]), "|".join(re.escape(needle[1:]) for needle in needles)
    return re.compile(f"{first}(?={rests})")


def _repaired(piece: str, repairs: list[Callable[[str], str]]) -> str:
    for repair in repairs:
        piece = repair(piece)
    return piece


def _spaces(piece: str) -> str:
    """Write spaces of other kinds as they are, and no paragraphs of them alone."""
    return _REFERENCE.sub(_character, _BLANK_PARAGRAPH.sub("", piece))


def _character(found: re.Match[str]) -> str:
    character = chr(int(found[1]))
    return character if character.isspace() else found[0]


def _breaks(piece: str) -> str:
    """End a paragraph where the writer leaves a backslash on a line of its own: several breaks in a row."""
    kept, done = [], 0
    # The blanks before such a line are looked for last: a pattern that begins with them is slow to find.
    for found in _BREAKS.finditer(piece):
        start = found.start() - (2 if piece.endswith("  ", done, found.start()) else 0)
        quote = found[0].rpartition("\n")[2][:-1]
        kept += [piece[done:start], "\n", quote.rstrip()]
        done = found.end()
    return "".join((*kept, piece[done:]))


def _soft_hyphens(piece: str) -> str:
    """Leave out where a word may be parted, which nobody sees and no search finds."""
    return piece.replace("\u00ad", "")


def _raw_tex(piece: str) -> str:
    """Write TeX between `$$` as the page has it: no backslash or underscore in it is Markdown's."""
    return _RAW_TEX.sub(_unescaped_tex, piece)


def _unescaped_tex(found: re.Match[str]) -> str:
    return _ESCAPED.sub(r"\1", found[0]) if _TEX_MARK.search(found[0]) else found[0]


_REPAIRS: Final[Sequence[tuple[str, Callable[[str], str]]]] = (
    ("&#", _spaces),
    ("\\\n", _breaks),
    ("$$", _raw_tex),
    ("\u00ad", _soft_hyphens),
    ("\\", without_needless_backslashes),
)
