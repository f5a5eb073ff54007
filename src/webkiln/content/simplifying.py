"""What Markdown cannot say, said otherwise: the tree of a page is made ready to be written.

One walk finds the few kinds of elements concerned; nothing is done to all others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.code_blocks import name_language
from webkiln.content.formulas import stand_in_for_formulas
from webkiln.content.html_tree import Element
from webkiln.content.tables import unwrap_layout_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.content.html_tree import Tree

REMOVED_IMAGE: Final = "Base64-Image-Removed"

# Boxes of their own on the screen, which the writer takes for running text.
_BOXES: Final = ("form", "center", "fieldset", "legend", "hgroup", "dialog", "search", "optgroup")
_RENAMED: Final = {**dict.fromkeys(_BOXES, "div"), "xmp": "pre", "listing": "pre", "rp": "span"}
_SILENT: Final = frozenset({"svg", "select", "textarea", "datalist", "video", "audio", "canvas", "iframe"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CONCERNED: Final = (*_RENAMED, *_SILENT, *_HEADINGS, "a", "img", "pre", "table", "math", "button", "frame")

_NOWHERE: Final = re.compile(r"[\x00-\x20]*(?:$|(?:javascript|data|vbscript|blob|about):)", re.IGNORECASE)
_SKIP_LINK: Final = re.compile(r"\s*(?:skip|jump)\s+(?:to|over|the|navigation)\b.{0,40}", re.IGNORECASE)
_FIRST_LINKS: Final = 10
_TITLES: Final = "h1,h2,h3,h4,h5,h6,summary,dt"
_PERMALINKS: Final = frozenset({"", "#", "¶", "§", "🔗", "⚓", "Permalink", "permalink", "link", "anchor"})
_SHORT_LABEL: Final = 25
# Links can stand inside links (in tables), and looking into all of them is quadratic.
_MOST_LINKS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Simplified:
    """What was taken out or left in the tree that the text has to be tidied for.

    `formulas` are those whose place is held by stand-ins (`formulas.put_back`).
    """

    formulas: list[str]
    has_tables: bool
    has_removed_images: bool


def simplify(body: Element | Tree, *, keep_buttons: bool, remove_base64_images: bool) -> Simplified:
    """Change a cleaned tree so that its Markdown says what a reader sees."""
    found: defaultdict[str, list[Element]] = defaultdict(list)
    for element in body.iter_elements(_CONCERNED):
        found[element.tag].append(element)
    formulas = stand_in_for_formulas(body, found["math"]) if "math" in found else []
    for tag in found.keys() & _SILENT:
        for element in found[tag]:
            element.decompose()
    for block in found["pre"]:
        name_language(block)
    if "table" in found:
        unwrap_layout_tables(body, found["table"])
    removed = _simplify_images(found["img"], remove_base64_images=remove_base64_images)
    for button in found["button"]:
        _simplify_button(button, keep=keep_buttons)
    _simplify_links(found["a"])
    for frame in found["frame"]:
        _link_to(frame)
    _simplify_boxes(found)
    return Simplified(formulas, has_tables="table" in found, has_removed_images=removed)


def _simplify_boxes(found: dict[str, list[Element]]) -> None:
    for tag in found.keys() & _RENAMED.keys():
        for element in found[tag]:
            element.tag = _RENAMED[tag]
    for tag in found.keys() & _HEADINGS:
        for heading in found[tag]:
            _simplify_heading(heading)


def _simplify_images(images: Sequence[Element], *, remove_base64_images: bool) -> bool:
    """Drop images without an address; return whether one was in the page itself and is named instead."""
    removed = False
    for image in images:
        source = image.attr("src")
        if not source:
            image.decompose()
        elif remove_base64_images and source[:5].lower() == "data:":
            image.attrs["src"] = REMOVED_IMAGE
            removed = True
    return removed


def _simplify_button(button: Element, *, keep: bool) -> None:
    """Keep what a button says where that is a heading or a question, not where it is an order."""
    in_title = button.closest(_TITLES) is not None
    if keep or in_title or len(button.text.strip()) >= _SHORT_LABEL:
        button.tag = "span" if in_title or button.closest("p,a") is not None else "div"
    else:
        button.decompose()


def _simplify_links(links: Sequence[Element]) -> None:
    """Drop links that show nothing and links past the navigation; keep only the text of scripts."""
    for link in links[:_FIRST_LINKS]:
        if "#" in (link.attr("href") or "") and _SKIP_LINK.fullmatch(link.text):
            link.decompose()
    for link in links[:_MOST_LINKS]:
        text = link.text
        if not text or text.isspace():
            if link.select_one("img") is None:
                link.decompose()
        elif (href := link.attr("href")) is None or href.startswith("http"):
            continue
        elif _NOWHERE.match(href):
            del link.attrs["href"]


def _link_to(frame: Element) -> None:
    """Put a link in the place of a page of a frameset, which is shown by its own address."""
    source = frame.attr("src")
    if not source or _NOWHERE.match(source):
        return
    link = Element("a", {"href": source.strip()})
    link.set_text(" ".join((frame.attr("title") or frame.attr("name") or source).split()))
    paragraph = Element("p")
    paragraph.append(link)
    frame.replace_with(paragraph)


def _simplify_heading(heading: Element) -> None:
    """Drop the link of a heading to itself, and headings without anything in them."""
    for link in list(heading.iter_elements("a")):
        if "#" in (link.attr("href") or "") and link.text.strip() in _PERMALINKS:
            link.decompose()
    text = heading.text
    if (not text or text.isspace()) and heading.select_one("img") is None:
        heading.decompose()
