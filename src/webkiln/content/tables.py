"""Tables: which of them are only there to place things, and how uneven ones become even.

Markdown's pipe tables have one cell a column in every row (GFM §4.10), so cells that span several
are followed, or have below them, by empty ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.content.cells import head_by_titles
from webkiln.content.html_tree import Element

if TYPE_CHECKING:
    from webkiln.content.html_tree import Tree

_PARTS: Final = ("caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th")
_NOT_IN_CELLS: Final = ("table", "h1", "h2", "h3", "h4", "article", "section", "form", "blockquote", "hr")
_HEADED: Final = "thead th,tr > th + th"
_LONG_CELL: Final = 400
_LOOKED_AT: Final = 50
_MOST_COLUMNS: Final = 100
_MOST_ROWS: Final = 65_534
_MOST_INSIDE: Final = 20
_MOST_ADDED: Final = 20_000


def unwrap_layout_tables(body: Element | Tree, tables: list[Element]) -> list[Element]:
    """Turn the tables that only place things into those things, one below the other; return the others."""
    layout: set[Element] = set()
    data: list[Element] = []
    inside: set[Element] = set()
    for table in tables:
        if table in inside:
            continue
        head_by_titles(table)
        if _is_layout(table):
            layout.add(table)
        else:
            data.append(table)
            inside.update(table.iter_elements("table"))
    if not layout:
        return data
    parts = [part for part in body.iter_elements(_PARTS) if part.closest("table") in layout]
    for element in (*parts, *layout):
        element.tag = "div"
    return data


def make_even(body: Element | Tree) -> None:
    """Give every row of every table the same number of cells, each cell in one place.

    Adds at most 20,000 cells, and none beyond the hundredth column.
    """
    left = _MOST_ADDED
    for table in list(body.iter_elements("table")):
        left -= _even_out(table, left)


def _is_layout(table: Element) -> bool:
    if (table.attr("role") or "").lower() in {"presentation", "none"}:
        return True
    blocks = [block.tag for block in table.iter_elements(_NOT_IN_CELLS)]
    if blocks:
        if "table" in blocks:
            return blocks.count("table") > _MOST_INSIDE or not _is_headed(table)
        return table.select_one(_HEADED) is None
    if next(table.iter_elements("th"), None) is not None:
        return False
    cells = list(table.iter_elements("td"))
    alone = len(cells) <= len(table.select("tr"))
    return alone and any(len(cell.text) > _LONG_CELL for cell in cells[:_LOOKED_AT])


def _is_headed(table: Element) -> bool:
    """Return whether the first row of a table itself, not of one inside it, is a head of several columns."""
    row = table.select_one("tr")
    cells = _cells(row) if row is not None else []
    return len(cells) > 1 and all(cell.tag == "th" for cell in cells)


def _even_out(table: Element, most_added: int) -> int:
    """Even out one table; return how many cells that added."""
    rows = [(row, cells) for row in table.select("tr") if (cells := _cells(row))]
    places = _placed([cells for _, cells in rows])
    width = min(max((len(row) for row in places), default=0), _MOST_COLUMNS)
    added = sum(row.count(None) + max(width - len(row), 0) for row in places)
    if added > most_added:
        return 0
    for (row, cells), placed in zip(rows, places, strict=True):
        for cell in cells:
            for name in ("colspan", "rowspan"):
                if name in cell.attrs:
                    del cell.attrs[name]
        _fill(row, placed + [None] * (width - len(placed)))
    return added


def _placed(rows: list[list[Element]]) -> list[list[Element | None]]:
    """Return for each row what stands in each column; None where a cell from the left or above reaches."""
    reaching: dict[int, int] = {}
    places: list[list[Element | None]] = []
    for cells in rows:
        placed: list[Element | None] = []
        for cell in cells:
            _reach_down(placed, reaching)
            across, down = _span(cell, "colspan", _MOST_COLUMNS), _span(cell, "rowspan", _MOST_ROWS)
            across = max(1, min(across, _MOST_COLUMNS - len(placed)))
            if down > 1:
                reaching.update(dict.fromkeys(range(len(placed), len(placed) + across), down - 1))
            placed += [cell, *[None] * (across - 1)]
        _reach_down(placed, reaching)
        places.append(placed)
    return places


def _reach_down(placed: list[Element | None], reaching: dict[int, int]) -> None:
    """Leave the columns free that a cell of a row above still fills."""
    while (left := reaching.get(len(placed), 0)) > 0:
        reaching[len(placed)] = left - 1
        placed.append(None)


def _fill(row: Element, placed: list[Element | None]) -> None:
    """Put an empty cell wherever nothing stands."""
    before: Element | None = None
    for cell in placed:
        if cell is not None:
            before = cell
            continue
        empty = Element("td")
        if before is None:
            row.insert(0, empty)
        else:
            before.insert_after(empty)
        before = empty


def _cells(row: Element) -> list[Element]:
    return [child for child in row.children if isinstance(child, Element) and child.tag in {"td", "th"}]


def _span(cell: Element, name: str, most: int) -> int:
    value = (cell.attr(name) or "").strip()[:6]
    return max(1, min(int(value), most)) if value.isascii() and value.isdigit() else 1
