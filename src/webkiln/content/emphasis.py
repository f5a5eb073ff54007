"""Emphasis as `**`, `*` and `~~` wherever CommonMark reads them as such, as HTML only where it cannot.

Once the writer is unsure of one mark it uses HTML for all that follow in the page. Here each pair
of tags is judged by itself: by the flanking rules of CommonMark §6.2, taken strictly, for versions
differ in what they call punctuation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Iterator

HTML_MARKS: Final = ("</strong>", "</em>", "</s>", "</del>", "</strike>")
_MARKS: Final = {
    "strong": ("**", "__"),
    "em": ("*", "_"),
    "s": ("~~",),
    "del": ("~~",),
    "strike": ("~~",),
}
# A pair is dropped where one of its kind is among so many around it.
_DEPTH: Final = 8
_KEPT_AS: Final = {"strong": "strong", "em": "em", "s": "del", "del": "del", "strike": "del"}
# A code block or span: as many backticks as it began with end it. An escaped one begins nothing.
CODE: Final = re.compile(r"(`(?<![`\\]`)`*+)(?:[^`]++|(?!\1(?!`))`++)*+\1")
_TAG: Final = re.compile(r"<(?P<close>/?)(?P<name>strong|em|strike|s|del|table(?=[ >]))")
_BLANK_LINE: Final = re.compile(r"\n(?=[ >]*+\n)")


@dataclass(slots=True)
class _Tag:
    """One tag of a pair; `written` is what stands in its place, `partner` is where the other one is."""

    start: int
    end: int
    name: str
    closes: bool
    written: str
    partner: int = -1


def plain_emphasis(text: str) -> str:
    """Return the text with its pairs of emphasis tags written as marks where those would be read."""
    tags = list(_without_seams(_tags(text)))
    _pair(text, tags)
    for place, tag in enumerate(tags):
        if tag.partner > place:
            _choose(text, tags, place)
    pieces: list[str] = []
    done = 0
    for tag in tags:
        pieces += [text[done : tag.start], tag.written]
        done = tag.end
    pieces.append(text[done:])
    return "".join(pieces)


def _tags(text: str) -> Iterator[_Tag]:
    """Yield the tags outside code and tables: HTML tables hold HTML."""
    tables = 0
    codes = CODE.finditer(text) if "`" in text else iter(())
    code = next(codes, None)
    for found in _TAG.finditer(text):
        start, end, name = found.start(), found.end() + 1, found["name"]
        while code is not None and code.end() <= start:
            code = next(codes, None)
        if (code is not None and code.start() < start) or _is_escaped(text, start):
            continue
        if name == "table":
            tables = max(0, tables - 1) if found["close"] else tables + 1
        elif not tables and text[end - 1 : end] == ">":
            yield _Tag(start, end, name, closes=bool(found["close"]), written=text[start:end])


def _without_seams(tags: Iterator[_Tag]) -> Iterator[_Tag]:
    """Let a pair run on where one ends and the next of its kind begins at once."""
    before: _Tag | None = None
    for tag in tags:
        seam = before is not None and before.end == tag.start and before.name == tag.name
        if before is not None and seam and before.closes and not tag.closes:
            before.written = tag.written = ""
            before.name = tag.name = "seam"
        if before is not None:
            yield before
        before = tag
    if before is not None:
        yield before


def _pair(text: str, tags: list[_Tag]) -> None:
    """Tell the tags of a pair of each other; drop a pair within another of its kind."""
    opened: list[int] = []
    for place, tag in enumerate(tags):
        if opened and _BLANK_LINE.search(text, tags[place - 1].end, tag.start):
            opened.clear()  # no pair reaches over a blank line
        if tag.name == "seam":
            continue
        if not tag.closes:
            opened.append(place)
        elif opened and tags[opened[-1]].name == tag.name:
            first = tags[opened.pop()]
            kind = _KEPT_AS[tag.name]
            if any(_KEPT_AS[tags[above].name] == kind for above in opened[-_DEPTH:]):
                first.written = tag.written = ""
            else:
                first.partner = place
        else:
            opened.clear()


def _choose(text: str, tags: list[_Tag], place: int) -> None:
    """Write one pair as marks that are read there, or as the HTML that says the same."""
    first, last = tags[place], tags[tags[place].partner]
    start, end = _without_blanks(text, first.end, last.start)
    if start >= end:
        first.written = last.written = ""
        return
    moved_in, moved_out = text[first.end : start], text[end : last.start]
    before = moved_in[-1:] or _before(text, tags, place)
    after = moved_out[:1] or _after(text, tags, first.partner)
    touched = {before, after, text[start], text[end - 1]}
    if _is_escaped(text, first.start - 1):
        touched.discard(before)
    for mark in _MARKS[first.name]:
        fits = _may_stand(mark, before, text[start]) and _may_stand(mark, after, text[end - 1])
        if fits and mark[0] not in touched:
            first.end, first.written = start, moved_in + mark
            last.start, last.written = end, mark + moved_out
            return
    kept = _KEPT_AS[first.name]
    first.written, last.written = f"<{kept}>", f"</{kept}>"


def _without_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _before(text: str, tags: list[_Tag], place: int) -> str:
    """Return the character that stands before a tag in the end; none where a dropped tag hides it."""
    start = tags[place].start
    if place and tags[place - 1].end == start:
        return tags[place - 1].written[-1:]
    return text[start - 1] if start else "\n"


def _after(text: str, tags: list[_Tag], place: int) -> str:
    """Return the character that stands after a tag in the end; none where a dropped tag hides it."""
    end = tags[place].end
    if place + 1 < len(tags) and tags[place + 1].start == end:
        return tags[place + 1].written[:1]
    return text[end] if end < len(text) else "\n"


def _is_escaped(text: str, at: int) -> bool:
    backslashes = 0
    while backslashes < at and text[at - 1 - backslashes] == "\\":
        backslashes += 1
    return backslashes % 2 == 1


def _may_stand(mark: str, outside: str, inside: str) -> bool:
    """Return whether a mark between these begins emphasis; its end is judged the same, seen from behind."""
    if not outside:
        return False
    if outside.isspace() or _is_sure_punctuation(outside):
        return True
    return mark[0] != "_" and not _is_punctuation(inside)


def _is_punctuation(character: str) -> bool:
    """Return whether any version of CommonMark takes the character for punctuation."""
    return not character.isalnum() and category(character)[0] in "PS"


def _is_sure_punctuation(character: str) -> bool:
    """Return whether every version of CommonMark takes the character for punctuation."""
    return category(character)[0] == "P" or (character.isascii() and _is_punctuation(character))
