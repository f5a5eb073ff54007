"""A page's type: the fonts that it asks for, and the sizes, weights and heights of its lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from webkiln.content.looks import in_pixels, items, known, pixels, tally, text

if TYPE_CHECKING:
    from webkiln.content.looks import Looks

_SYSTEM: Final = frozenset(("-apple-system", "blinkmacsystemfont", "system-ui", "ui-sans-serif"))
_KINDS: Final = "serif sans-serif monospace cursive fantasy math emoji ui-serif ui-monospace ui-rounded"
_GENERIC: Final = frozenset(_KINDS.split())
_UNSTYLED: Final = '"Times New Roman"'  # what Chromium takes when the page asks for nothing
_ICONS: Final = re.compile(r"icon|awesome|glyph|symbol|emoji", re.IGNORECASE)
_BUNDLED: Final = re.compile(r"__(.+)_[0-9a-f]{6}")  # bundlers rename the fonts they ship
_MACHINE: Final = re.compile(r"[0-9a-f]{12}")  # a font that a site builder numbered
_FAMILY: Final = re.compile(r"[\w .&+'()-]{1,80}")
_MOST: Final = 8
_SMALL: Final = 0.01  # share of the text
_WEIGHT: Final = re.compile(r"[0-9]{1,4}")
_WEIGHTS: Final = {"light": (1, 349), "regular": (350, 450), "medium": (451, 599), "bold": (600, 1000)}


class _Type(NamedTuple):
    family: str | None
    size: float | None
    height: float | None
    amount: float


def fonts_of(looks: Looks) -> list[str]:
    """Return the names of the fonts that a page asks for, those of most text first.

    Fonts of very little text count only when the page brings them along.
    """
    amounts: dict[str, float] = {}
    counted = looks.tally("fonts")
    for families, amount in counted:
        name = _family(families)
        if name is not None:
            amounts[name] = amounts.get(name, 0) + amount
    least = _SMALL * sum(amount for _, amount in counted)
    brought = {_family(text(family)) for family in items(looks.observation.get("loaded"))}
    found = [name for name in amounts if amounts[name] >= least or name in brought]
    return sorted(found, key=lambda name: -amounts[name])[:_MOST]


def typography_of(looks: Looks) -> dict[str, Any]:
    """Make the contract's `typography`."""
    kinds = looks.observation.get("types")
    types = {
        kind: _types(kinds.get(kind) if isinstance(kinds, dict) else None)
        for kind in ("h1", "h2", "h3", "body", "code")
    }
    headings = types["h1"] + types["h2"] + types["h3"]
    sizes = {kind: types[kind][0].size for kind in ("h1", "h2", "h3", "body") if types[kind]}
    return known(
        fontFamilies=known(
            primary=_prevailing(types["body"]) or next(iter(fonts_of(looks)), None),
            heading=_prevailing(headings),
            code=_prevailing(types["code"]),
        ),
        fontSizes={kind: in_pixels(size) for kind, size in sizes.items() if size},
        fontWeights=_weights(looks),
        lineHeights=known(heading=_height(headings), body=_height(types["body"])),
    )


def _types(value: object) -> list[_Type]:
    found = []
    for written, amount in tally(value):
        families, _, rest = written.partition("|")
        size, _, rest = rest.partition("|")
        found.append(_Type(_family(families), pixels(size), pixels(rest.partition("|")[2]), amount))
    return found


def _family(families: str) -> str | None:
    """Return the first font of a list that is a font's name, as its makers write it."""
    if families == _UNSTYLED:
        return None
    for part in families.split(","):
        name = part.strip().strip("\"'").strip()
        bundled = _BUNDLED.fullmatch(name)
        if bundled is not None:
            name = bundled[1].replace("_", " ")
        if _MACHINE.search(name):
            return None
        lower = name.lower()
        if lower in _SYSTEM:
            return "system-ui"
        if lower in _GENERIC or lower.endswith(" fallback") or _FAMILY.fullmatch(name) is None:
            continue
        return None if _ICONS.search(name) else name
    return None


def _prevailing(types: list[_Type]) -> str | None:
    amounts: dict[str, float] = {}
    for one in types:
        if one.family is not None:
            amounts[one.family] = amounts.get(one.family, 0) + one.amount
    return max(amounts, key=amounts.__getitem__, default=None)


def _height(types: list[_Type]) -> float | None:
    """Return the height of most lines, in heights of their letters."""
    for one in types:
        if one.size and one.height:
            return round(one.height / one.size, 2)
    return None


def _weights(looks: Looks) -> dict[str, int]:
    counted = [
        (int(weight), amount)
        for weight, amount in looks.tally("weights")
        if _WEIGHT.fullmatch(weight) is not None
    ]
    found = {
        name: next((weight for weight, _ in counted if lowest <= weight <= highest), None)
        for name, (lowest, highest) in _WEIGHTS.items()
    }
    return {name: weight for name, weight in found.items() if weight is not None}
