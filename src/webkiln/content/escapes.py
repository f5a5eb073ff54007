"""Backslashes that keep nothing from being read as Markdown, taken out of prose.

The writer escapes a character wherever it could begin something. Here the characters beside it are
looked at: marks of lists and headings want a blank behind them (CommonMark §5.2, §4.2), brackets are
a link only before `(` and a definition only before `:` (§6.3, §4.7), and underscores inside a word
are never emphasis (§6.2).
"""

from __future__ import annotations

import re
from typing import Final

# Each alternative looks at a backslash that is not itself escaped and at what stands around it.
_NEEDLESS: Final = re.compile(
    r"\\(?<!\\\\)(?:"
    r"(?=[.)]\S)"  # 4.76, 2)b
    r"|(?=[+\-][^\s+\-])"  # +49, -5
    r"|(?==[^\s=])"  # =SUM
    r"|(?=\#++\S)"  # #hashtag
    r"|(?<=[^\W_]\\)(?=_[^\W_])"  # snake_case
    r"|(?<=[^\W_]\ \\)(?=\*\ )"  # 5 * 3
    r"|(?<=[\s(]\\)(?=~\w)"  # about ~5 minutes
    r"|(?=\\[^\W_])"  # C:\new
    r")"
)
_SEVERAL_UNDERSCORES: Final = re.compile(r"\\(?<=[^\W_]\\)_(?:\\_)++(?=[^\W_])")
# No footnote and no task: `[^1]` and `[x] ` are marks of GitHub's.
_BRACKETS: Final = re.compile(
    r"\\(?<!\\\\)\[(?!\^|[ xX]\\\](?:\s|$))"
    r"((?:[^\[\]\\\n]|\[[^\[\]\\\n]{0,200}\]\([^()\s\\]{0,500}\)){1,200}+)"
    r"\\\](?![(:])"
)


def without_needless_backslashes(text: str) -> str:
    """Return prose (text without code) that means the same with fewer backslashes."""
    text = _BRACKETS.sub(r"[\1]", text)
    text = _SEVERAL_UNDERSCORES.sub(lambda found: found[0].replace("\\", ""), text)
    return _NEEDLESS.sub("", text)
