"""What Markdown cannot say, said otherwise: the tree of a page is made ready to be written.

One walk finds the few kinds of elements concerned; nothing is done to all others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webkiln.content.cards import link_headings
from webkiln.content.cells import divide_cells
from webkiln.content.code_blocks import is_copy_button, settle_code
from webkiln.content.embedding import link_players, name_choices
from webkiln.content.formulas import stand_in_for_formulas
from webkiln.content.html_tree import Element, gather
from webkiln.content.labels import part_labels
from webkiln.content.permalinks import drop_from_text, drop_from_title
from webkiln.content.powers import bracket_readings, write_powers
from webkiln.content.small_marks import drop_blank_items, join_lines, mark_terms, spell_emoji
from webkiln.content.tables import unwrap_layout_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.content.html_tree import Tree

REMOVED_IMAGE: Final = "Base64-Image-Removed"

# Boxes of their own on the screen, which the writer takes for running text.
_BOXES: Final = ("form", "center", "fieldset", "legend", "hgroup", "dialog", "search", "optgroup")
_RENAMED: Final = {**dict.fromkeys(_BOXES, "div"), "xmp": "pre", "listing": "pre", "rp": "span"}
_SILENT: Final = frozenset({"svg", "textarea", "datalist", "canvas"})
_PLAYERS: Final = ("iframe", "video", "audio")
_LABELS: Final = ("span", "label", "button", "output", "meter")
_HEADING: Final = "heading"
_BY_THEMSELVES: Final = """
    a img pre code table math select frame sup sub rt dt li iframe video audio button span label output meter
"""
# What is looked at of a page: the tags, and what the elements of several of them are looked at as.
_CONCERNED: Final = {
    **{tag: tag for tag in _BY_THEMSELVES.split()},
    **dict.fromkeys(_RENAMED, "renamed"),
    **dict.fromkeys(_SILENT, "silent"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _HEADING),
}

_NOWHERE: Final = re.compile(r"[\x00-\x20]*(?:$|(?:javascript|data|vbscript|blob|about):)", re.IGNORECASE)
_SKIP_LINK: Final = re.compile(r"\s*(?:skip|jump)\s+(?:to|over|the|navigation)\b.{0,40}", re.IGNORECASE)
_FIRST_LINKS: Final = 10
_ABOUT_NAMES: Final = re.compile(r"\bskip|back-?to-?top|to-?top\b|scroll-?top", re.IGNORECASE)
_TOPS: Final = frozenset({"top", "page-top", "pagetop", "totop", "back-to-top"})
_MAINS: Final = frozenset(
    {
        *("main", "maincontent", "main-content", "main_content", "content", "page-content"),
        *("site-content", "primary", "skip", "contenu", "contenu-principal", "inhalt", "hauptinhalt"),
        *("contenido", "contenido-principal", "conteudo", "contenuto"),
    }
)
_TITLES: Final = "h1,h2,h3,h4,h5,h6,summary,dt"
_SHORT_LABEL: Final = 25
_LEVELS_TO_PANEL: Final = 3
_PRICE: Final = re.compile(r"[^\W\d_]{0,3}\s?[$€£¥₹₽₩฿₺₴₫]?\s?\d[\d.,\s]{0,14}[$€£¥₹₽₩฿₺₴₫]?(?:\s?[A-Z]{3})?")
_ORDERS: Final = frozenset({"menu", "close", "search", "more", "show more", "share", "toggle navigation"})
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
    found = gather(body, _CONCERNED)
    formulas = stand_in_for_formulas(body, found["math"]) if found["math"] else []
    for element in found["silent"]:
        element.decompose()
    for tag in _PLAYERS:
        link_players(found[tag])
    name_choices(found["select"])
    settle_code(found["pre"], found["table"], found["code"])
    drop_from_text(found["a"])
    if found["table"]:
        divide_cells(unwrap_layout_tables(body, found["table"]))
    write_powers(found["sup"], found["sub"])
    bracket_readings(found["rt"])
    join_lines(found["img"], found["a"])
    link_headings(found[_HEADING])
    spell_emoji(found["img"])
    removed = _simplify_images(found["img"], remove_base64_images=remove_base64_images)
    for button in found["button"]:
        _simplify_button(button, keep=keep_buttons)
    _simplify_links(found["a"])
    for frame in found["frame"]:
        _link_to(frame)
    for element in found["renamed"]:
        element.tag = _RENAMED[element.tag]
    for heading in found[_HEADING]:
        _simplify_heading(heading)
    mark_terms(found["dt"])
    drop_blank_items(found["li"])
    part_labels(label for tag in _LABELS for label in found[tag])
    return Simplified(formulas, has_tables=bool(found["table"]), has_removed_images=removed)


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
    """Keep what a button says where that is a heading, a question, a tab or a price, not an order."""
    in_title = button.closest(_TITLES) is not None
    text = button.text.strip()
    if (in_title or not keep) and is_copy_button(button, text):
        button.decompose()
    elif keep or in_title or len(text) >= _SHORT_LABEL or (text and _is_content(button, text)):
        button.tag = "span" if in_title or button.closest("p,a") is not None else "div"
    else:
        button.decompose()


def _is_content(button: Element, text: str) -> bool:
    """Return whether a short button names what stands beside it: a tab, or an answer that it opens."""
    if button.attr("role") == "tab" or _PRICE.fullmatch(text):
        return True
    if button.attr("aria-expanded") is None and button.attr("aria-controls") is None:
        return False
    if button.attr("aria-haspopup") is not None or text.lower() in _ORDERS:
        return False
    around = button
    for _ in range(_LEVELS_TO_PANEL):
        after = next((node for node in around.next_siblings if isinstance(node, Element)), None)
        if after is not None:
            return after.tag != "button" and bool(after.text.strip())
        parent = around.parent
        if not isinstance(parent, Element):
            break
        around = parent
    return False


def _simplify_links(links: Sequence[Element]) -> None:
    """Drop links that show nothing and links within the page that say where to go; keep text of scripts."""
    for place, link in enumerate(links[:_MOST_LINKS]):
        if "#" in (link.attr("href") or "") and _leads_about(link, first=place < _FIRST_LINKS):
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


def _leads_about(link: Element, *, first: bool) -> bool:
    """Return whether a link leads past the navigation or back to the top: by its name, goal or words."""
    names = f"{link.attr('class') or ''} {link.attr('id') or ''}"
    goal = (link.attr("href") or "").rpartition("#")[2].lower()
    if _ABOUT_NAMES.search(names) or (not first and goal in _TOPS and len(link.text) < _SHORT_LABEL):
        return True
    return first and (_SKIP_LINK.fullmatch(link.text) is not None or goal in _MAINS)


def _simplify_heading(heading: Element) -> None:
    """Drop the link of a heading to itself, and headings without anything in them."""
    drop_from_title(heading)
    text = heading.text
    if (not text or text.isspace()) and heading.select_one("img") is None:
        heading.decompose()
