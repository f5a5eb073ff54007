"""The lines of a code block: without the numbers and labels that highlighters put beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER_NAMES: Final = re.compile(
    r"line-?_?num|lineno|gutter|blob-num|(?:^|[\s_-])(?:ln|lnt|lnno|linenum|nums|rowno|hljs-ln-n)(?:$|[\s_-])"
    r"|source-line-no|react-syntax-highlighter-line-number|line_?nr",
    re.IGNORECASE,
)
_NOT_SELECTED: Final = re.compile(r"user-select\s*:\s*none", re.IGNORECASE)
_NUMBER_TAGS: Final = ("span", "a", "td", "th", "div", "i", "b", "em", "small", "code", "label")
_LINE_NAMES: Final = re.compile(
    r"(?:^|[\s_-])(?:line|cl|code-line|token-line|view-line|cm-line|highlight-line|ec-line)(?:$|[\s_-])|codeline",
    re.IGNORECASE,
)
_DISPLAYED_ALONE: Final = re.compile(r"display\s*:\s*(?:block|flex|grid)", re.IGNORECASE)
_LONGEST_NUMBER: Final = 7
_MOST_STRINGS: Final = 8
_LINES: Final = ".line,.crayon-line,.code-line"
_MOST_ROWS: Final = 20_000


def short_text(element: Element, most: int) -> str | None:
    """Return the text of an element if it is that short and in few pieces; never reads far."""
    said = ""
    for place, piece in enumerate(element.strings):
        said += piece
        if len(said) > most or place > most:
            return None
    return said


def is_number(element: Element) -> bool:
    """Return whether an element says a number or nothing."""
    said = short_text(element, _LONGEST_NUMBER)
    return said is not None and (not said.strip() or said.strip().isdigit())


def drop_numbers(block: Element) -> None:
    """Take line numbers out of the text of a `<pre>`; nothing else costs a look at its first character."""
    first = next((piece for piece in block.strings if not piece.isspace()), "")
    if not first.lstrip()[:1].isdigit():
        return
    for element in list(block.iter_elements(_NUMBER_TAGS)):
        if _is_number_mark(element) and is_number(element):
            element.decompose()


def _is_number_mark(element: Element) -> bool:
    if _NUMBER_NAMES.search(f"{element.attr('class') or ''} {element.attr('id') or ''}"):
        return True
    if _NOT_SELECTED.search(element.attr("style") or "") or element.attr("data-nosnippet") is not None:
        return True
    return element.tag == "a" and (element.attr("href") or "").lstrip("#") == element.attr("id") is not None


def divide_lines(block: Element) -> None:
    """End the lines of a `<pre>` whose elements a style puts below each other, and no line break does."""
    around = block.select_one("code") or block
    lines = [child for child in around.children if isinstance(child, Element)]
    if len(lines) < 2 or not all(_is_line(line) for line in lines[:2]):  # noqa: PLR2004
        return
    if "\n" in block.text.strip():
        return
    for line in lines[:-1]:
        line.append(Text("\n"))


def _is_line(element: Element) -> bool:
    if element.tag not in {"span", "code"}:
        return False
    named = _LINE_NAMES.search(element.attr("class") or "") is not None
    return named or _DISPLAYED_ALONE.search(element.attr("style") or "") is not None


def lines_of_table(table: Element) -> Element | None:
    """Return the `<pre>` of a table that only exists to put line numbers beside code.

    There are three kinds: a `<pre>` in each of two cells, a cell with a box for each line, and a row
    for each line.
    """
    first = table.select_one("td")
    if first is None:
        return None
    blocks = list(table.iter_elements("pre"))
    numbered = _is_number_cell(first)
    if not numbered and not blocks:
        return None
    cells = table.select("td")
    if len(cells) == 2:  # noqa: PLR2004
        if blocks:
            return blocks[-1] if numbered or _are_numbers(first) else None
        lines = cells[1].select(_LINES)
        return _block_of([line.text for line in lines]) if lines and _are_numbers(first) else None
    if blocks or table.closest("pre") is not None:
        return None
    return _of_rows(table) if numbered else None


def _of_rows(table: Element) -> Element | None:
    lines: list[str] = []
    for row in table.select("tr")[:_MOST_ROWS]:
        cells = [cell for cell in row.children if isinstance(cell, Element)]
        if len(cells) < 2 or not all(_is_number_cell(cell) and is_number(cell) for cell in cells[:-1]):  # noqa: PLR2004
            return None
        lines.append(cells[-1].text.strip("\n"))
    return _block_of(lines)


def _block_of(lines: list[str]) -> Element:
    block = Element("pre")
    block.set_text("\n".join(lines).replace("\xa0", " ").replace("\u200b", ""))
    return block


def _is_number_cell(cell: Element) -> bool:
    if cell.attr("data-line-number") is not None:
        return True
    return _NUMBER_NAMES.search(f"{cell.attr('class') or ''} {cell.attr('id') or ''}") is not None


def _are_numbers(cell: Element) -> bool:
    """Return whether a cell holds nothing but numbers, some at least."""
    said = cell.text.split()
    return bool(said) and all(word.isdigit() for word in said)


def join_editor_lines(blocks: list[Element]) -> None:
    """Make one block of an editor that has a `<pre>` for each line (CodeMirror)."""
    editors: dict[Element, list[str]] = {}
    for block in blocks:
        if "CodeMirror-line" in (block.attr("class") or ""):
            editor = block.closest(".CodeMirror-code")
            if editor is not None:
                editors.setdefault(editor, []).append(block.text)
    for editor, lines in editors.items():
        editor.replace_with(_block_of(lines))


def neighbours(block: Element) -> Iterator[Element]:
    """Yield the two elements before and the two behind a node."""
    for side in (block.previous_siblings, block.next_siblings):
        seen = 0
        for node in side:
            if isinstance(node, Element):
                yield node
                seen += 1
                if seen == 2:  # noqa: PLR2004
                    break
