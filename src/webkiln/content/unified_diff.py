"""What changed from one text to another, as a unified diff and as its parts (contract §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.line_diff import Run, same_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONTEXT: Final = 3
_MOST_COMPARED: Final = 250_000  # lines of both: a second, and some 100 MB
_MOST_LINES: Final = 20_000
_MOST_CHARACTERS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Diff:
    """The hunks of a unified diff as a text and as `files`; `whole` unless the rest would be too much.

    Without any hunk the text is empty and there is no file.
    """

    text: str
    files: list[dict[str, Any]]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines of the old text that go, and lines of the new one that come in their place."""

    old: int
    old_end: int
    new: int
    new_end: int


@dataclass(slots=True)
class _Room:
    """What more a diff may hold."""

    lines: int
    characters: int

    def takes(self, line: str) -> bool:
        """Return whether there is room for a line, and count it if there is."""
        if self.lines < 1 or self.characters < len(line):
            return False
        self.lines -= 1
        self.characters -= len(line)
        return True


def unified_diff(
    old: str, new: str, *, most_lines: int = _MOST_LINES, most_characters: int = _MOST_CHARACTERS
) -> Diff:
    """Compare two texts line by line; of what would be longer than the bounds only the beginning is told.

    Of texts of very many lines nothing is.
    """
    if old.count("\n") + new.count("\n") > _MOST_COMPARED:
        return Diff("", [], whole=False)
    before, after = _lines(old), _lines(new)
    room = _Room(most_lines, most_characters)
    texts: list[str] = []
    chunks: list[dict[str, Any]] = []
    whole = True
    for hunk in _hunks(same_lines(before, after), len(before), len(after)):
        changes: list[dict[str, Any]] = []
        for change in _told(hunk, before, after):
            if not room.takes(change["content"]):
                whole = False
                break
            changes.append(change)
        if any(change["type"] != "normal" for change in changes):
            header = _header(hunk[0], changes)
            chunks.append({"content": header, "changes": changes})
            texts += [header, *(change["content"] for change in changes)]
        if not whole:
            break
    files = [{"from": None, "to": None, "chunks": chunks}] if chunks else []
    return Diff("\n".join(texts), files, whole)


def _lines(text: str) -> list[str]:
    text = text.rstrip("\n")
    return text.split("\n") if text else []


def _hunks(same: Sequence[Run], old_end: int, new_end: int) -> Iterator[list[_Change]]:
    """Yield the changes that share a hunk: those that fewer lines than two contexts part."""
    hunk: list[_Change] = []
    old, new = 0, 0
    for run in (*same, Run(old_end, new_end, 0)):
        if run.old > old or run.new > new:
            if hunk and old - hunk[-1].old_end > 2 * _CONTEXT:
                yield hunk
                hunk = []
            hunk.append(_Change(old, run.old, new, run.new))
        old, new = run.old + run.length, run.new + run.length
    if hunk:
        yield hunk


def _told(hunk: Sequence[_Change], before: Sequence[str], after: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a hunk, numbered from 1: of each change what goes before what comes."""
    kept = min(hunk[0].old, _CONTEXT)
    old, new = hunk[0].old - kept, hunk[0].new - kept
    for change in hunk:
        yield from _kept(before, old, change.old, new)
        for place in range(change.old, change.old_end):
            yield {"type": "del", "del": True, "ln": place + 1, "content": f"-{before[place]}"}
        for place in range(change.new, change.new_end):
            yield {"type": "add", "add": True, "ln": place + 1, "content": f"+{after[place]}"}
        old, new = change.old_end, change.new_end
    yield from _kept(before, old, min(old + _CONTEXT, len(before)), new)


def _kept(before: Sequence[str], old: int, old_end: int, new: int) -> Iterator[dict[str, Any]]:
    """Yield lines that stay."""
    for step, line in enumerate(before[old:old_end], 1):
        yield {"type": "normal", "normal": True, "ln1": old + step, "ln2": new + step, "content": f" {line}"}


def _header(first: _Change, changes: Sequence[dict[str, Any]]) -> str:
    """Return the line that begins a hunk; a side without lines is named by the line before it."""
    kept = min(first.old, _CONTEXT)
    gone = sum(change["type"] != "add" for change in changes)
    come = sum(change["type"] != "del" for change in changes)
    return f"@@ -{first.old - kept + bool(gone)},{gone} +{first.new - kept + bool(come)},{come} @@"
