"""HTML to Markdown (GFM): the tree is simplified, written in C, and the text tidied.

The text is touched only where it holds something that needs it, for looking at every character in
Python would cost as much as writing it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.cleaning import Wanted, clean
from webkiln.content.formulas import put_back
from webkiln.content.html_tree import body_of, parse
from webkiln.content.html_tree import to_markdown as write
from webkiln.content.simplifying import REMOVED_IMAGE, simplify
from webkiln.content.tables import make_even

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree

# Code and escaped characters, which the patterns below must step over.
_AS_IT_IS: Final = (
    r"(?P<code>`{3,})[^\n`]*\n.*?\n[ >]*(?P=code)(?!`)|\\.|(?P<tick>`+)(?!`).*?(?<!`)(?P=tick)(?!`)"
)
_HTML_MARK: Final = re.compile(_AS_IT_IS + r"|<(?P<tag>strong|em)>(?P<inner>[^<>\n]+)</(?P=tag)>", re.DOTALL)
_HTML_SPACE: Final = re.compile(_AS_IT_IS + r"|(?P<space>&#160;)", re.DOTALL)
_BREAKS: Final = re.compile(
    r"(?P<code>`{3,})[^\n`]*\n.*?\n[ >]*(?P=code)(?!`)|\n(?P<margin>[ >]*)\\(?=\n)", re.DOTALL
)
_MARKS: Final = {"strong": "**", "em": "*"}
# What the writer puts around a table it cannot write as one; long needles are found faster.
_HTML_TABLE: Final = "</tr></tbody>"


def to_markdown(html: str, url: str, *, only_main_content: bool = True) -> str:
    """Convert a page to Markdown; `url` is where it came from, for its relative links.

    With `only_main_content` navigation, footers and the like are left out, unless nothing would
    be left. Never fails, whatever the HTML.
    """
    if not html.isascii():
        html = html.encode("utf-8", "replace").decode("utf-8")
    tree = parse(html)
    base = tree.base_url(url)
    clean(tree, base, Wanted(only_main_content=only_main_content))
    text = markdown_of(tree)
    if only_main_content and not text.strip():
        return to_markdown(html, url, only_main_content=False)
    return text


def benchmark_entry(html: str, url: str) -> str:
    """Convert a page's main content to Markdown."""
    return to_markdown(html, url)


def markdown_of(tree: Tree, *, remove_base64_images: bool = True) -> str:
    """Write a cleaned tree as Markdown; afterwards the tree is good for nothing else."""
    body = body_of(tree)
    simplified = simplify(body, remove_base64_images=remove_base64_images)
    text = write(body)
    if simplified.has_tables and "<" in text and _HTML_TABLE in text:
        make_even(body)
        text = write(body)
    text = _tidy(text)
    if simplified.has_removed_images:
        text = text.replace(f"]({REMOVED_IMAGE}", f"](<{REMOVED_IMAGE}>")
    return put_back(text, simplified.formulas) if simplified.formulas else text


def _tidy(text: str) -> str:
    """Undo what the writer does to be on the safe side; looks for one character first, which is cheap."""
    if "<" in text and ("</strong>" in text or "</em>" in text):
        text = _HTML_MARK.sub(_plain_mark, text)
    if "&" in text and "&#160;" in text:
        text = _HTML_SPACE.sub(lambda found: found[0] if found["space"] is None else "\xa0", text)
    if "\\" in text and "\\\n" in text:
        text = _BREAKS.sub(_new_paragraph, text)
    return text


def _plain_mark(found: re.Match[str]) -> str:
    """Write `<strong>` as `**` where that is sure to be read as such: between letters."""
    inner = found["inner"]
    if inner is None:
        return found[0]
    text = found.string
    around = text[found.start() - 1 : found.start()] + text[found.end() : found.end() + 1]
    if not (inner[0].isalnum() and inner[-1].isalnum()) or "*" in around or "_" in around:
        return found[0]
    mark = _MARKS[found["tag"]]
    return f"{mark}{inner}{mark}"


def _new_paragraph(found: re.Match[str]) -> str:
    """Write a line break after a line break, a lone backslash, as the end of a paragraph."""
    return found[0] if found["margin"] is None else "\n" + found["margin"].rstrip()
