"""Markdown without its marks, for searching and for excerpts; what is lost is only how it looked."""

from __future__ import annotations

import re

# Each of these stops at once where it cannot go on, so that no text takes long.
_TARGET = re.compile(r"\]\(<?(?:[^()\s\\]|\\.|\([^()\s]{0,200}\)){0,4000}(?:\s\"[^\"\n]{0,500}\")?\)")
_LINE_STARTS = re.compile(
    r"^[ \t]*+(?:#{1,6}[ \t]|>[ \t]?|[-*+][ \t]|```[^\n]*|[-=|:][-=|: \t]*+$)", re.MULTILINE
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_GAP = re.compile(r" (?=[,.;:!?)])")  # where a target was
_MARKS = ("![", "[", "]", "*", "`", "~~")


def plain_text(markdown: str) -> str:
    """Return the words of markdown in one line: without targets of links, headings' and lists' marks."""
    text = _LINE_STARTS.sub(" ", _TARGET.sub(" ", markdown))
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    for mark in _MARKS:
        text = text.replace(mark, "")
    return _GAP.sub("", " ".join(text.replace("|", " ").split()))
