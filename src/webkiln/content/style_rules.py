"""What a style says of whether its element can be seen: one attribute's, and a page's own sheets.

Only what needs no layout is read: properties that hide whatever the screen, and rules for a single class
or id. A sheet is searched for the few declarations that hide, never parsed as a whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Each way of hiding has one of these in it; most styles have none and are not read further.
_TRACES: Final = (
    "none",
    "hidden",
    "collapse",
    "clip",
    "-9",
    "-1",
    "-5",
    "-2",
    "font-size",
    "max-height",
    "scale(",
)
_LONGEST_STYLE: Final = 2_000
_FAR: Final = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|pt)?$|-\d{2,}(?:\.\d+)?(?:r?em|ch|vw|vh)$")
_FAR_MOVED: Final = re.compile(r"translate(?:x|y|3d)?\([^)]{0,80}-\d{4,}px")
_NOTHING: Final = re.compile(r"[+-]?0*(?:\.0+)?(?:[a-z]{1,4}|%)?$")
_A_DOT: Final = re.compile(r"[01](?:\.0+)?(?:px)?$")
_NO_AREA: Final = re.compile(
    r"rect\((?:[01](?:px|em)?[\s,]*|auto[\s,]*){4}\)|inset\((?:50%|100%|49(?:\.9+)?%)[\s\d%]{0,30}\)|circle\(0"
)
_SIDES: Final = ("left", "right", "top", "bottom", "inset-inline-start")

# What one of the hiding declarations of a sheet looks like.
_NEEDLES: Final = (
    *("display:none", "display: none", "visibility:hidden", "visibility: hidden", "clip:rect", "clip: rect"),
    *(":-9", ": -9", "font-size:0"),
)
_MOST_SHEET: Final = 60_000
_MOST_RULES: Final = 50
_MOST_NAMES: Final = 20
_MOST_PLACES: Final = 20
_LONGEST_SELECTOR: Final = 500
_LONGEST_RULE: Final = 1_000
_AT_RULE_REACH: Final = 5_000
_SIMPLE: Final = re.compile(r"(?:[a-z][a-z0-9]*)?([.#][_a-z][\w-]{0,80})$", re.IGNORECASE)
_SHOWING: Final = re.compile(
    r"(?:^|[;\s])(?:display\s*:(?!\s*none)|visibility\s*:\s*visible|clip\s*:\s*auto|max-height\s*:\s*[1-9]|height\s*:\s*auto|opacity\s*:\s*1)"
)
_OTHER_SCREENS: Final = ("print", "max-width", "max-device-width", "speech", "keyframes")


@lru_cache(maxsize=4_096)
def hides(style: str) -> bool:
    """Return whether declarations take an element from the sight of every reader."""
    style = style[:_LONGEST_STYLE].lower()
    if not any(trace in style for trace in _TRACES):
        return False
    said = _declarations(style)
    if said.get("display") == "none" or said.get("visibility") in {"hidden", "collapse"}:
        return True
    return _is_without_area(said) or _is_off_screen(said)


@lru_cache(maxsize=4_096)
def shrinks_text(style: str) -> bool:
    """Return whether declarations set text at no size, which what stands inside may take back."""
    return "font-size" in style and bool(_NOTHING.match(_declarations(style.lower()).get("font-size", "x")))


def _declarations(style: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            said[name.strip()] = value.strip().removesuffix("!important").rstrip()
    return said


def _is_without_area(said: dict[str, str]) -> bool:
    placed = said.get("position") in {"absolute", "fixed"}
    if placed and _NO_AREA.match(said.get("clip", "")):
        return True
    if _NO_AREA.match(said.get("clip-path", "")) or "scale(0)" in said.get("transform", ""):
        return True
    if "hidden" not in said.get("overflow", "") and "clip" not in said.get("overflow", ""):
        return False
    width, height = said.get("width", "x"), said.get("height", said.get("max-height", "x"))
    return bool(
        _NOTHING.match(height) or _NOTHING.match(width) or (_A_DOT.match(width) and _A_DOT.match(height))
    )


def _is_off_screen(said: dict[str, str]) -> bool:
    if _FAR.match(said.get("text-indent", "")) or _FAR_MOVED.search(said.get("transform", "")):
        return True
    return said.get("position") in {"absolute", "fixed"} and any(
        _FAR.match(said.get(side, "")) for side in _SIDES
    )


def _beginning(texts: Iterable[str]) -> str:
    """Return the first 60,000 characters of the texts, one below the other."""
    parts: list[str] = []
    length = 0
    for text in texts:
        parts.append(text)
        length += len(text) + 1
        if length > _MOST_SHEET:
            break
    return "\n".join(parts)[:_MOST_SHEET]


class Sheets:
    """The text of a page's own style sheets, as far as it hides what has a class or an id."""

    def __init__(self, texts: Iterable[str]) -> None:
        # Python looks through ASCII several times faster; names in other letters are not looked for.
        self._text = _beginning(texts).encode("ascii", "replace").decode("ascii").lower()

    def selector(self) -> str:
        """Return a selector of what the sheets hide, and show in no state, or an empty text."""
        names: dict[str, None] = {}
        for begin, end in self._hiding_rules():
            if hides(self._text[begin + 1 : end]):
                simple = [_SIMPLE.match(one.strip()) for one in self._selectors(begin).split(",")]
                if any(simple) and not self._is_for_others(begin):
                    names.update(dict.fromkeys(found[1] for found in simple if found is not None))
        return ",".join(name for name in list(names)[:_MOST_NAMES] if not self._shows(name))

    def _hiding_rules(self) -> Iterator[tuple[int, int]]:
        """Yield where the declarations begin and end of each rule that may hide, at most 50."""
        seen: set[int] = set()
        for needle in _NEEDLES:
            at = self._text.find(needle)
            while at >= 0 and len(seen) < _MOST_RULES:
                begin = self._text.rfind("{", max(at - _LONGEST_RULE, 0), at)
                end = self._text.find("}", at, at + _LONGEST_RULE)
                end = end if end >= 0 else min(at + _LONGEST_RULE, len(self._text))
                if begin >= 0 and begin not in seen:
                    seen.add(begin)
                    yield begin, end
                at = self._text.find(needle, end)

    def _selectors(self, begin: int) -> str:
        """Return the selectors of the rule whose brace is at `begin`."""
        before = self._text[max(begin - _LONGEST_SELECTOR, 0) : begin]
        return before[1 + max(map(before.rfind, "{};")) :].rpartition("*/")[2]

    def _is_for_others(self, begin: int) -> bool:
        """Return whether the rule stands in an at-rule for paper, small screens or movements."""
        at_rule = self._text.rfind("@", max(begin - _AT_RULE_REACH, 0), begin)
        if at_rule < 0:
            return False
        brace = self._text.find("{", at_rule, begin)
        prelude = self._text[at_rule:brace]
        if brace < 0 or not any(word in prelude for word in _OTHER_SCREENS):
            return False
        return self._text.count("{", at_rule, begin) > self._text.count("}", at_rule, begin)

    def _shows(self, name: str) -> bool:
        """Return whether another rule shows what has the name: in a state, inside another, on this screen."""
        at = -1
        for _ in range(_MOST_PLACES):
            at = self._text.find(name, at + 1)
            if at < 0:
                break
            following = self._text[at + len(name) : at + len(name) + 1]
            begin = self._text.find("{", at, at + _LONGEST_SELECTOR)
            if begin < 0 or following.isalnum() or following in {"-", "_"}:
                continue
            end = self._text.find("}", begin, begin + _LONGEST_RULE)
            if "}" in self._text[at:begin] or not _SHOWING.search(self._text[begin + 1 : max(end, begin)]):
                continue
            if not self._is_for_others(begin):
                return True
        return False
