"""What stands in the cells of a table: lists, code and tables, said in one line with `<br>`.

A cell of a pipe table is one line (GFM §4.10), and the writer runs the lines of a cell together. A
character that is none keeps them apart until the text is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIVIDE: Final = "\ufdd0"
_DIVIDES: Final = re.compile(f" *+{_DIVIDE}[ {_DIVIDE}]*+")
_BREAK: Final = "<br>"
_INNER: Final = ("table", "ul", "ol", "li", "pre")
# Code and tables can stand inside each other, and looking into all of them is quadratic.
_MOST_NESTED: Final = 100
_TITLES: Final = "h1,h2,h3,h4,h5,h6"


def head_by_titles(table: Element) -> None:
    """Make the first row the head of a table where each of its cells is a title."""
    row = table.select_one("tr")
    if row is None or next(table.iter_elements("th"), None) is not None:
        return
    cells = [cell for cell in row.children if isinstance(cell, Element) and cell.tag == "td"]
    titles = [cell.select_one(_TITLES) for cell in cells]
    if len(cells) < 2:  # noqa: PLR2004
        return
    for cell, title in zip(cells, titles, strict=True):
        if title is None or cell.text.strip() != title.text.strip():
            return
    if len(table.select(_TITLES)) != len(cells):
        return
    for cell, title in zip(cells, titles, strict=True):
        cell.tag = "th"
        if title is not None:
            title.unwrap()


def divide_cells(tables: Sequence[Element]) -> None:
    """Say lists, code and inner tables of the cells of data tables in lines.

    The lines are divided by a character that `put_breaks` turns into `<br>`.
    """
    inner: list[Element] = []
    for table in tables:
        inner += table.iter_elements(_INNER)
    nested = 0
    for element in reversed(inner):
        if element.tag in {"table", "pre"}:
            nested += 1
            if nested > _MOST_NESTED:
                continue
            _flatten_table(element) if element.tag == "table" else _flatten_code(element)
        elif element.tag in {"ul", "ol"}:
            _flatten_list(element)


def put_breaks(text: str) -> str:
    """Return the text with `<br>` where lines of a cell are divided."""
    return _DIVIDES.sub(_BREAK, text) if _DIVIDE in text else text


def _flatten_list(box: Element) -> None:
    items = [child for child in box.children if isinstance(child, Element) and child.tag == "li"]
    for number, item in enumerate(items, 1):
        if box.tag == "ol":
            item.insert(0, Text(f"{number}. "))
        _divide_before(item, first=number == 1)
        item.tag = "span"
    _end(box)


def _flatten_code(block: Element) -> None:
    lines = block.text.strip("\n").split("\n")
    block.clear()
    for number, line in enumerate(lines):
        if number:
            block.append(Text(_DIVIDE))
        if line.strip():
            code = Element("code")
            code.set_text(line.strip())
            block.append(code)
    _divide_before(block, first=True)
    _end(block)


def _flatten_table(table: Element) -> None:
    for number, row in enumerate(table.select("tr")):
        cells = [child for child in row.children if isinstance(child, Element)]
        for place, cell in enumerate(cells):
            if place:
                cell.insert(0, Text(": " if place == 1 else ", "))
            cell.tag = "span"
        _divide_before(row, first=number == 0)
        row.tag = "span"
    for part in table.iter_elements(("thead", "tbody", "tfoot", "caption", "colgroup")):
        part.tag = "span"
    _end(table)


def _divide_before(element: Element, *, first: bool) -> None:
    """Begin a line, unless the element is the first of its box and that begins its cell."""
    if not first:
        element.insert(0, Text(_DIVIDE))


def _end(box: Element) -> None:
    """Make running text of a box, with lines of its own where more of its cell stands beside it."""
    box.tag = "span"
    if _stands(box.previous_sibling, back=True):
        box.insert(0, Text(_DIVIDE))
    if _stands(box.next_sibling, back=False):
        box.append(Text(_DIVIDE))


def _stands(node: object, *, back: bool) -> bool:
    while isinstance(node, Text) and str(node.data).isspace():
        node = node.previous_sibling if back else node.next_sibling
    return node is not None
