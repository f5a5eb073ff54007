"""HTML to Markdown (GFM): the tree is simplified, written in C, and the text tidied.

The text is touched only where it holds something that needs it, for looking at every character in
Python would cost as much as writing it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.cleaning import Wanted, clean
from webkiln.content.formulas import put_back
from webkiln.content.html_tree import body_of, parse, readable_part
from webkiln.content.html_tree import to_markdown as write
from webkiln.content.simplifying import REMOVED_IMAGE, simplify
from webkiln.content.tables import make_even

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree

# A code block or span: as many backticks as it began with end it. An escaped one begins nothing.
_CODE: Final = re.compile(r"(`(?<![`\\]`)`*+)(?:[^`]++|(?!\1(?!`))`++)*+\1")
_HTML_MARK: Final = re.compile(r"<(?<!\\<)(strong|em)>([^<>\n]+)</\1>")
_BREAK: Final = re.compile(r"\n([ >]*)\\(?=\n)")
_MARKS: Final = {"strong": "**", "em": "*"}
# How a table ends that the writer left as HTML.
_HTML_TABLE: Final = "</tr></tbody>"
_FIRST_TRIES: Final = 64


def to_markdown(html: str, url: str, *, only_main_content: bool = True) -> str:
    """Convert a page to Markdown; `url` is where it came from, for its relative links.

    With `only_main_content` navigation, footers and the like are left out, unless nothing would
    be left. Never fails, whatever the HTML.
    """
    tree = parse(readable_part(_valid(html)))
    base = tree.base_url(url)
    clean(tree, base, Wanted(only_main_content=only_main_content))
    text = markdown_of(tree)
    if only_main_content and not text.strip():
        return to_markdown(html, url, only_main_content=False)
    return text


def _valid(text: str) -> str:
    """Replace what no UTF-8 can hold (lone surrogates) by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def benchmark_entry(html: str, url: str) -> str:
    """Convert a page's main content to Markdown."""
    return to_markdown(html, url)


def markdown_of(tree: Tree, *, remove_base64_images: bool = True) -> str:
    """Write a cleaned tree as Markdown; afterwards the tree is good for nothing else."""
    body = body_of(tree)
    simplified = simplify(body, remove_base64_images=remove_base64_images)
    text = write(body)
    if simplified.has_tables and _holds(text, _HTML_TABLE):
        make_even(body)
        text = write(body)
    text = _tidy(text)
    if simplified.has_removed_images:
        text = text.replace(f"]({REMOVED_IMAGE}", f"](<{REMOVED_IMAGE}>")
    return put_back(text, simplified.formulas) if simplified.formulas else text


def _tidy(text: str) -> str:
    """Undo what the writer does to be on the safe side, where it did, but not inside code."""
    marks = _holds(text, "</strong>", "</em>")
    spaces = _holds(text, "&#160;")
    breaks = _holds(text, "\\\n")
    if not (marks or spaces or breaks):
        return text

    def tidied(piece: str) -> str:
        if marks:
            piece = _HTML_MARK.sub(_plain_mark, piece)
        if spaces:
            piece = piece.replace("&#160;", "\xa0")
        # A line break after a line break, a backslash on a line of its own, ends a paragraph.
        return _BREAK.sub(_blank_line, piece) if breaks else piece

    pieces: list[str] = []
    done = 0
    for code in _CODE.finditer(text):
        pieces += [tidied(text[done : code.start()]), code[0]]
        done = code.end()
    pieces.append(tidied(text[done:]))
    return "".join(pieces)


def _holds(text: str, *needles: str) -> bool:
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
    return any(needle in text for needle in needles)


def _plain_mark(found: re.Match[str]) -> str:
    """Write `<strong>` as `**` where that is sure to be read as such: between letters."""
    tag, inner = found.groups()
    text = found.string
    around = text[max(found.start() - 1, 0) : found.start()] + text[found.end() : found.end() + 1]
    if not (inner[0].isalnum() and inner[-1].isalnum()) or "*" in around or "_" in around:
        return found[0]
    mark = _MARKS[tag]
    return f"{mark}{inner}{mark}"


def _blank_line(found: re.Match[str]) -> str:
    return "\n" + found[1].rstrip()
