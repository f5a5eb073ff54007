"""Lines that only a style keeps (`white-space: pre-wrap`): prose with breaks, never code.

The writer takes every box whose style keeps blanks for code. Editors that people paste from set that
style on running text, and support answers and product texts rely on it for their lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text, select

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree

_STYLED: Final = '[style*="white-space" i]'
_KEEPS_LINES: Final = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)


def lines_for_styles(body: Element | Tree) -> bool:
    """Turn lines that a style keeps into lines of Markdown; return whether there were any.

    `<code>` of several lines with such a style is a block of code, for its tag says so.
    """
    styled = [
        element for element in select(body, _STYLED) if _KEEPS_LINES.search(element.attr("style") or "")
    ]
    seen: set[Element] = set()
    for element in styled:
        del element.attrs["style"]
        around = element.parent
        if element in seen or (isinstance(around, Element) and around.closest("pre,code") is not None):
            continue
        if element.tag in {"code", "pre"}:
            if "\n" in element.text.strip():
                element.tag = "pre"
            continue
        inner = list(element.iter_elements())
        seen.update(inner)
        for box in (element, *inner):
            _break_lines(box)
    return bool(styled)


def _break_lines(box: Element) -> None:
    """Put a `<br>` for each line break in the text right below a box."""
    if box.tag in {"pre", "code", "textarea"}:
        return
    for text in [child for child in box.children if isinstance(child, Text)]:
        said = str(text.data)
        if "\n" not in said or said.isspace():
            continue
        for place, line in enumerate(said.split("\n")):
            if place:
                text.insert_before(Element("br"))
            text.insert_before(Text(line))
        text.decompose()
