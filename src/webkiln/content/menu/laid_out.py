"""A menu from how it is laid out: headings, and below each the same small structure again and again.

Prices are what is looked for. Around each, the largest box with no other price in it is a dish; its name
is the first text there, or what stands before the price where the box holds nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element
from webkiln.content.menu.facts import MOST_DISHES, Dish, Section
from webkiln.content.menu.marks import Marks, diets_of, is_only_diets
from webkiln.content.money.amounts import amount_of
from webkiln.content.money.prices import NUMBER, Price, prices_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from webkiln.content.evidence import Evidence
    from webkiln.content.lines import Line

_MOST_LEVELS: Final = 10
_LONGEST_NAME: Final = 150
_LONGEST_HEADING: Final = 80
_LONGEST: Final = 600
_FEW: Final = 3
_LEAST_PRICE, _MOST_PRICE = 0.2, 1_000_000
_UNNAMED: Final = "Menu"
_ASIDE: Final = frozenset({"footer", "nav", "aside", "header", "form", "del", "blockquote"})
_CELLS: Final = frozenset({"th", "caption", "summary", "legend"})
_HEADING_NAME: Final = re.compile(
    r"heading|title|(?:^|[\s_-])(?:category|section|course|group|kategori)[\w-]{0,12}(?:name|title|head)"
)
_BARE: Final = re.compile(
    rf"(?:^|[\s.\u2026·|_:\u2013\u2014-])(?P<number>{NUMBER})(?:[,.]?[-\u2013\u2014]{{1,2}})?\s*$"
)
_YEAR: Final = range(1_900, 2_100)
_NOT_NAMES: Final = re.compile(
    r"(?:add|select|choose|order|info|details|more|new|from|ab|à partir de|desde|od|от)?[\s+·:.]*",
    re.IGNORECASE,
)
_TAIL: Final = " \u00a0.\u2026·•|_*~-\u2013\u2014:,;/+"


@dataclass(slots=True, eq=False)
class _Row:
    """A line with a price, where its prices stand, and the box that is its dish."""

    line: Line
    price: Price
    spans: list[tuple[int, int]]
    box: Element
    lines: list[Line] = field(default_factory=list)
    before: list[Line] = field(default_factory=list)
    after: list[Line] = field(default_factory=list)


def laid_out_sections(evidence: Evidence) -> list[Section]:
    """Return the sections that a page shows, each under its heading, with names and prices in pairs."""
    lines = [line for line in evidence.lines if not _is_aside(line)]
    rows = _rows(lines, evidence.country)
    if len(rows) < _FEW:
        return []
    _set_boxes(rows)
    return _sections(lines, rows)


def _is_aside(line: Line) -> bool:
    around: object = line.block
    for _ in range(_MOST_LEVELS):
        if not isinstance(around, Element) or around.tag in {"main", "article", "body"}:
            return False
        if around.tag in _ASIDE:
            return around.tag != "header" or around.closest("main,article,section") is None
        around = around.parent
    return False


def _rows(lines: Sequence[Line], country: str) -> list[_Row]:
    """Return the lines with prices; numbers without a currency count where hardly any price has one."""
    signed = [row for line in lines if (row := _signed(line, country)) is not None]
    bare = [row for line in lines if (row := _bare(line)) is not None] if len(signed) < _FEW else []
    rows = bare if len(bare) > 2 * len(signed) else signed
    return rows[:MOST_DISHES]


def _signed(line: Line, country: str) -> _Row | None:
    if line.level == 1 or len(line.text) > _LONGEST:
        return None
    prices = list(prices_in(line.text, country))
    for found in prices:
        part = line.part_at(found.start)
        if not part.struck and _LEAST_PRICE <= found.price.amount <= _MOST_PRICE:
            return _Row(line, found.price, [(one.start, one.end) for one in prices], part.element)
    return None


def _bare(line: Line) -> _Row | None:
    if line.level == 1 or len(line.text) > _LONGEST:
        return None
    match = _BARE.search(line.text[-80:])
    if match is None:
        return None
    amount = amount_of(match["number"])
    if (
        amount is None
        or not _LEAST_PRICE <= amount <= _MOST_PRICE
        or (amount in _YEAR and amount == int(amount))
    ):
        return None
    start = max(0, len(line.text) - 80) + match.start("number")
    part = line.part_at(start)
    return _Row(line, Price(amount, None, match["number"]), [(start, len(line.text))], part.element)


def _set_boxes(rows: Sequence[_Row]) -> None:
    """Give each row the largest box around its price that has no other row in it.

    A section of one dish would be such a box, too: so no box is larger than those of most rows are.
    """
    chains = [list(_around(row.box)) for row in rows]
    counts = Counter(element for chain in chains for element in chain)
    alone = [
        [element for element in chain if counts[element] == 1] or chain[:1] or [row.box]
        for chain, row in zip(chains, rows, strict=True)
    ]
    usual = Counter(_kind(chain[-1]) for chain in alone)
    for row, chain in zip(rows, alone, strict=True):
        own = usual[_kind(chain[-1])]
        kinds = [(usual[_kind(element)], element) for element in chain]
        count, better = max(kinds, key=lambda kind: kind[0])
        row.box = better if count > 2 * own else chain[-1]


def _around(element: Element) -> Iterator[Element]:
    around: object = element
    for _ in range(_MOST_LEVELS):
        if not isinstance(around, Element) or around.tag in {"body", "main", "html"}:
            return
        yield around
        around = around.parent


def _kind(element: Element) -> str:
    return f"{element.tag} {' '.join((element.attr('class') or '')[:100].split()[:2])}"


def _sections(lines: Sequence[Line], rows: Sequence[_Row]) -> list[Section]:
    """Put every line where it belongs: into a dish, before or after one, or above a section."""
    boxes = {row.box: row for row in rows}
    owned = {line: row for line in lines if (row := _owner(line, boxes)) is not None}
    for row in rows:
        owned.setdefault(row.line, row)
    for line, row in owned.items():
        row.lines.append(line)
    layout = _Layout(owned)
    for line in lines:
        layout.take(line)
    return layout.finish()


def _owner(line: Line, boxes: dict[Element, _Row]) -> _Row | None:
    around: object = line.parts[0].element
    for _ in range(_MOST_LEVELS + 2):
        if not isinstance(around, Element):
            return None
        row = boxes.get(around)
        if row is not None:
            return row
        around = around.parent
    return None


@dataclass(slots=True, eq=False)
class _Part:
    """What stands under one heading: rows, and the lines above the first of them."""

    name: str
    level: int
    rows: list[_Row] = field(default_factory=list)
    above: list[Line] = field(default_factory=list)


class _Layout:
    """The lines of a page in their order, as parts with rows."""

    def __init__(self, owned: dict[Line, _Row]) -> None:
        self._owned = owned
        self._parts: list[_Part] = [_Part("", 0)]
        self._row: _Row | None = None
        self._loose: list[Line] = []

    def take(self, line: Line) -> None:
        """Take the next line."""
        row = self._owned.get(line)
        part = self._parts[-1]
        if row is not None:
            if row is not self._row:
                row.before, self._loose = self._loose, []
                part.rows.append(row)
                self._row = row
        elif _is_heading(line):
            self._leave()
            self._parts.append(_Part(line.text[:_LONGEST_HEADING], line.level))
        else:
            self._loose.append(line)

    def _leave(self) -> None:
        """Give what is left to the last row, as its description."""
        if self._row is not None:
            self._row.after = self._loose
        elif self._loose:
            self._parts[-1].above = self._loose
        self._loose = []
        self._row = None

    def finish(self) -> list[Section]:
        """Return the parts that have dishes."""
        self._leave()
        rows = [row for part in self._parts for row in part.rows]
        unnamed = sum(not _own_name(row) for row in rows)
        named_before = unnamed > len(rows) // 2
        sections: list[Section] = []
        for part in self._parts:
            section = _section(part, named_before=named_before)
            if section.dishes:
                sections.append(section)
        return sections


def _is_heading(line: Line) -> bool:
    """Return whether a line without a price stands above others, by its tag, its boldness or its name."""
    if len(line.text) > _LONGEST_HEADING or line.parts[0].linked:
        return line.level > 0
    if line.level or line.block.tag in _CELLS or line.block.attr("role") == "heading":
        return True
    bold = all(part.element.tag in {"b", "strong"} for part in line.parts)
    names = (line.block.attr("class") or "")[:100].lower()
    return bold or _HEADING_NAME.search(names) is not None


def _section(part: _Part, *, named_before: bool) -> Section:
    """Return the section of a part; names stand in the boxes of their prices, or before them."""
    section = Section(part.name or _UNNAMED)
    if named_before:
        above, groups = _grouped_before(part)
    else:
        above = [*part.above, *part.rows[0].before] if part.rows else part.above
        later = [row.before for row in part.rows[1:]]
        groups = [
            (row, [*row.lines, *after])
            for row, after in zip(part.rows, [*later, *(row.after for row in part.rows[-1:])], strict=True)
        ]
    for row, lines in groups:
        dish = _dish(row, lines)
        if dish is not None:
            section.dishes.append(dish)
    section.description = " ".join(line.text for line in above)[:_LONGEST]
    return section


def _grouped_before(part: _Part) -> tuple[list[Line], list[tuple[_Row, list[Line]]]]:
    """Return the lines above a part, and those of each of its rows, whose names stand before the prices.

    What lies between two prices is the description of the one and the name of the other, or all of the
    other's: the tags of names tell, or how many lines the first price has before it.
    """
    if not part.rows:
        return part.above, []
    befores = [row.before for row in part.rows]
    kinds = Counter(kind for before in befores for kind in {_kind(line.block) for line in before})
    name = max(kinds, key=kinds.__getitem__, default="")
    single = len(befores[0]) == 1 and len(kinds) == 1
    above: list[Line] = list(part.above)
    groups: list[tuple[_Row, list[Line]]] = []
    for row, before in zip(part.rows, befores, strict=True):
        places = [place for place, line in enumerate(before) if _kind(line.block) == name]
        first = len(before) - 1 if single else places[-1] if len(kinds) > 1 and places else 0
        rest, own = before[: max(first, 0)], before[max(first, 0) :]
        (groups[-1][1] if groups else above).extend(rest)
        groups.append((row, [*own, *row.lines]))
    groups[-1][1].extend(part.rows[-1].after)
    return above, groups


def _own_name(row: _Row) -> str:
    return next((text for line in row.lines if (text := _words(row, line))), "")


def _words(row: _Row, line: Line) -> str:
    """Return a line without its price, where that leaves the words of a dish."""
    if line is not row.line:
        return "" if line.block.tag == "button" or not any(map(str.isalpha, line.text)) else line.text
    if line.block.tag == "button":
        return ""
    text = line.text
    for start, end in reversed(row.spans):
        text = f"{text[:start].rstrip(_TAIL)} {text[end:].strip(_TAIL)}"
    text = text.strip()
    return "" if _NOT_NAMES.fullmatch(text) or not any(map(str.isalpha, text)) else text


def _dish(row: _Row, lines: Sequence[Line]) -> Dish | None:
    """Return the dish that lines tell of: the first words are its name, a heading's before others."""
    dish = Dish("", price=row.price)
    told: list[str] = []
    lines = sorted(lines, key=lambda line: line.level == 0)
    for line in lines:
        text = _words(row, line)
        if not text:
            continue
        if is_only_diets(text):
            dish.dietary += [name for name in diets_of(text) if name not in dish.dietary]
            continue
        marks = Marks(text)
        dish.dietary += [name for name in marks.dietary if name not in dish.dietary]
        dish.calories = marks.calories if dish.calories is None else dish.calories
        dish.gone = dish.gone or marks.gone
        if not marks.text:
            continue
        if not dish.name:
            if len(marks.text) > _LONGEST_NAME:
                return None
            dish.name = marks.text
        else:
            told.append(marks.text if marks.gone or marks.calories else text)
    dish.description = " ".join(told)[:_LONGEST]
    return dish if dish.name else None
