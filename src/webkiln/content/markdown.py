"""HTML to Markdown (GFM): the tree is simplified, written in C, and the text tidied.

The writer runs in C and is given a tree that needs no special cases; what Python does afterwards it
does only where the text holds something that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.cells import put_breaks
from webkiln.content.cleaning import Wanted, clean
from webkiln.content.emphasis import HTML_MARKS
from webkiln.content.formulas import put_back
from webkiln.content.html_tree import body_of, parse, readable_part
from webkiln.content.html_tree import to_markdown as write
from webkiln.content.links import base_of
from webkiln.content.main_content import MainContent
from webkiln.content.simplifying import REMOVED_IMAGE, simplify
from webkiln.content.tables import make_even
from webkiln.content.tidying import holds, tidy
from webkiln.content.white_space import lines_for_styles

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree

# How a table begins that the writer left as HTML, for it is uneven.
_HTML_TABLE: Final = "<table"
# What the writer makes of boxes that keep their lines, by their tag or by their style.
_FENCE, _HTML_BLOCK = "```", "<pre"


def to_markdown(
    html: str,
    url: str,
    *,
    only_main_content: bool = True,
    main_content: MainContent = MainContent.MODEL,
) -> str:
    """Convert a page to Markdown; `url` is where it came from, for its relative links.

    With `only_main_content` navigation, footers and the like are left out, unless nothing would
    be left. Never fails, whatever the HTML.
    """
    tree = parse(readable_part(_valid(html)))
    base = base_of(tree, url)
    clean(tree, base, Wanted(only_main_content, main_content))
    text = markdown_of(tree, keep_buttons=not only_main_content)
    if only_main_content and not text.strip():
        return to_markdown(html, url, only_main_content=False)
    return text


def _valid(text: str) -> str:
    """Replace what no UTF-8 can hold (lone surrogates) by question marks; drop a byte-order mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8").removeprefix("\ufeff")


def benchmark_entry(html: str, url: str) -> str:
    """Convert a page's main content to Markdown."""
    return to_markdown(html, url)


def markdown_of(tree: Tree, *, keep_buttons: bool = False, remove_base64_images: bool = True) -> str:
    """Write a cleaned tree as Markdown; afterwards the tree is good for nothing else.

    `keep_buttons` keeps what short buttons say ("Add to cart"), which is no content.
    """
    body = body_of(tree)
    simplified = simplify(body, keep_buttons=keep_buttons, remove_base64_images=remove_base64_images)
    text = write(body)
    if (_FENCE in text or _HTML_BLOCK in text) and lines_for_styles(body):
        text = write(body)
    # The three things the writer leaves as HTML begin alike and are looked for in one go.
    has_html = holds(text, _HTML_TABLE, *HTML_MARKS)
    if has_html and simplified.has_tables and _HTML_TABLE in text:
        make_even(body)
        text = write(body)
    text = tidy(text, has_html=has_html)
    if simplified.has_tables:
        text = put_breaks(text)
    if simplified.has_removed_images:
        text = text.replace(f"]({REMOVED_IMAGE}", f"](<{REMOVED_IMAGE}>")
    return put_back(text, simplified.formulas) if simplified.formulas else text
