"""The one door to the HTML parser.

A page is parsed once and every output is read from that tree. `Tree` and `Element` are the
parser's own types (its walks, selectors and renderers run in C); no other module of the program
names the library.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, cast

from turbohtml import Document, Element, Markdown, Node, Text
from turbohtml import parse as _parse

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = Document

__all__ = [
    "Element",
    "InvalidSelector",
    "Node",
    "Text",
    "Tree",
    "addresses",
    "body_of",
    "find_containing",
    "gather",
    "is_blank",
    "parse",
    "readable_part",
    "select",
    "to_html",
    "to_markdown",
]

# A tree costs about 170 bytes a tag, and writing a page four bytes a character.
_MOST_TAGS: Final = 2_000_000
_MOST_CHARACTERS: Final = 24_000_000

_MARKDOWN: Final = Markdown(
    links=Markdown.Links(autolink=False),
    tables=Markdown.Tables(cell_blocks="text"),
)

_SELF_CLOSED: Final = re.compile(
    r"<(script|style|title|textarea|iframe|noscript|template|div|span|p|a|b|i|em|strong|td|th|li|ul|ol|h[1-6])"
    r"((?:\s[^<>]*)?)/>",
    re.IGNORECASE,
)
_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CONTAINS: Final = (
    f"//*[@*[contains(translate(concat(name(), '=', .), '{_UPPER}', '{_UPPER.lower()}'), $word)]]"
)


class InvalidSelector(ValueError):
    """A CSS selector that cannot be read; the text says what is wrong with it."""


def readable_part(html: str, share: float = 1.0) -> str:
    """Return the page up to 24 million characters and about two million tags: all of it, nearly always.

    What comes after would cost more memory than one page may. Where there is less, a `share` is read.
    """
    most_tags = int(_MOST_TAGS * share)
    part = html[: int(_MOST_CHARACTERS * share)]
    if len(part) > most_tags and (tags := part.count("<")) > most_tags:
        part = part[: len(part) * most_tags // tags]
    return part


def parse(html: str, *, xhtml: bool = False) -> Tree:
    """Parse a page as a browser without scripts does (WHATWG HTML); never fails.

    In `xhtml`, pages sent as XML, `<script/>` and `<title/>` are elements without content; as HTML
    they would swallow the page.
    """
    if xhtml:
        html = _SELF_CLOSED.sub(r"<\1\2></\1>", html)
    return _parse(html, positions=False, allow_declarative_shadow_roots=False)


def body_of(tree: Tree) -> Element | Tree:
    """Return the body, or the whole tree when the page has none (framesets)."""
    children = tree.root.children if tree.root is not None else ()
    return next((one for one in children if isinstance(one, Element) and one.tag == "body"), tree)


def gather(root: Element | Tree, groups: Mapping[str, str]) -> defaultdict[str, list[Element]]:
    """Return the elements below `root` by the group of their tag, each group in document order.

    Elements of tags without a group are passed over. One walk costs less than a walk for each.
    """
    found: defaultdict[str, list[Element]] = defaultdict(list)
    places = {tag: found[group] for tag, group in groups.items()}
    for element in root.iter_elements(places):
        places[element.tag].append(element)
    return found


def select(root: Element | Tree, selector: str) -> list[Element]:
    """Return the elements below `root` that a CSS selector matches, in document order.

    Raises InvalidSelector.
    """
    try:
        return root.select(selector)
    except ValueError as error:
        raise InvalidSelector(str(error)) from None


def addresses(root: Element | Tree) -> list[str]:
    """Return the `href` of every `<a>` and `<area>` below `root`, as it stands there."""
    path = "//a/@href" if next(root.iter_elements("area"), None) is None else "//a/@href|//area/@href"
    return cast("list[str]", root.xpath(path, smart_strings=False))


def find_containing(root: Element | Tree, word: str) -> list[Element]:
    """Return the elements below `root` with an attribute whose name or value holds `word`, in any case."""
    return cast("list[Element]", root.xpath(_CONTAINS, word=word.lower()))


def is_blank(root: Element | Tree) -> bool:
    """Return whether nothing below `root` can be seen: no text, no image, and no page of a frameset."""
    return all(text.isspace() for text in root.strings) and root.select_one("img,frame[src]") is None


def to_html(tree: Tree) -> str:
    """Write the tree as HTML."""
    return tree.serialize()


def to_markdown(root: Element | Tree) -> str:
    """Write the tree as GitHub-flavoured Markdown, tables as pipe tables where they are regular."""
    return root.to_markdown(_MARKDOWN)
