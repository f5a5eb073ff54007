"""Looks: what a browser observed of a page, read as if anything could be in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from webkiln.content.colours import Colour, read_colour

WHITE: Final = Colour(255, 255, 255)

# How far colours are apart (of 441) that are still one to the eye, and that can be told from each other.
SAME: Final = 16
VISIBLE: Final = 30

_MOST: Final = 200  # of anything that is listed
_LONGEST: Final = 300
_LARGEST: Final = 1e12
_PAIR: Final = 2
_PIXELS: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)px")
_RADIUS: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)(px|%)(?: .*)?")
_ENDLESS: Final = re.compile(r"[0-9.]{1,12}e\+[0-9]{1,2}px")  # how a browser writes millions
_ROUNDEST: Final = 9999  # px

# Shares of the window that make a colour the page's own, and a contrast that nobody reads.
_SHOWS: Final = 0.15
_COVERS: Final = 0.3
_UNREADABLE: Final = 1.3
_MOST_TEXT: Final = 0.6
_DARK: Final = 0.18  # luminance


class Looks(NamedTuple):
    """An observation, and the colour beneath everything, None when nothing tells.

    Its methods return what is as it should be and skip the rest.
    """

    observation: Mapping[str, Any]
    ground: Colour | None

    def entries(self, name: str) -> list[Mapping[str, Any]]:
        """Return the objects of a list."""
        return [entry for entry in items(self.observation.get(name)) if isinstance(entry, Mapping)]

    def tally(self, name: str) -> list[tuple[str, float]]:
        """Return what was counted and how much of it, the most first."""
        return tally(self.observation.get(name))

    def colours(self, name: str) -> list[tuple[Colour, float]]:
        """Return the colours of a tally as they show on the page, those that look alike as one."""
        found: dict[Colour, float] = {}
        for written, amount in self.tally(name):
            colour = self.shown(read_colour(written))
            if colour is not None:
                alike = next((other for other in found if other.distance(colour) <= SAME), colour)
                found[alike] = found.get(alike, 0) + amount
        return sorted(found.items(), key=lambda entry: -entry[1])

    def shown(self, colour: Colour | None, below: Colour | None = None) -> Colour | None:
        """Return what is seen of a colour that may let through what is `below`, or else the page."""
        return colour and colour.over(below or self.ground or WHITE)

    @property
    def scheme(self) -> str | None:
        """Whether the page is light or dark, in the contract's words."""
        if self.ground is not None:
            return "dark" if self.ground.luminance < _DARK else "light"
        declared = text(self.observation.get("scheme")).removeprefix("only ").removesuffix(" only")
        return declared if declared in {"light", "dark"} else None


def read_looks(observation: object) -> Looks:
    """Read an observation; what is not as the observing script would write it counts as not there."""
    looks = Looks(observation if isinstance(observation, Mapping) else {}, None)
    return looks._replace(ground=_ground(looks))


def _ground(looks: Looks) -> Colour | None:
    canvas = looks.shown(read_colour(looks.observation.get("canvas")))
    points = looks.colours("ground")
    whole = sum(amount for _, amount in looks.tally("ground"))
    covering = next((colour for colour, amount in points if amount >= _COVERS * whole), None)
    shows = canvas is not None and any(
        colour.distance(canvas) <= SAME and amount >= _SHOWS * whole for colour, amount in points
    )
    found = canvas if shows or covering is None else covering
    if found is None:
        return None
    texts = looks._replace(ground=found).colours("texts")
    lost = sum(amount for colour, amount in texts if colour.contrast(found) < _UNREADABLE)
    # Text that cannot be read there must be on something else: a picture, mostly.
    return None if lost > _MOST_TEXT * sum(amount for _, amount in texts) else found


def items(value: object) -> list[Any]:
    """Return the first entries of a list; nothing of anything else."""
    return value[:_MOST] if isinstance(value, list) else []


def text(value: object, most: int = _LONGEST) -> str:
    """Return a string; an empty one for what is none or too long to mean anything."""
    return value if isinstance(value, str) and len(value) <= most else ""


def amount_of(value: object) -> float:
    """Return a size or an amount; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LARGEST:
        return 0.0
    return float(value)


def tally(value: object) -> list[tuple[str, float]]:
    """Return the pairs of a name and an amount that a list has, the greatest amount first."""
    pairs = [entry for entry in items(value) if isinstance(entry, list) and len(entry) == _PAIR]
    counted = [(text(name), amount_of(amount)) for name, amount in pairs]
    return sorted((entry for entry in counted if entry[0] and entry[1]), key=lambda entry: -entry[1])


def pixels(value: object) -> float | None:
    """Read a length such as `16px`."""
    found = _PIXELS.fullmatch(text(value))
    return float(found[1]) if found else None


def in_pixels(size: float) -> str:
    """Write a length, to a hundredth of a pixel."""
    return f"{round(size, 2):.10g}px"


def radius(value: object) -> str | None:
    """Read how round a corner is, in pixels or per cent; whatever is rounder than round is `9999px`."""
    found = _RADIUS.fullmatch(text(value))
    if found is None:
        return in_pixels(_ROUNDEST) if _ENDLESS.fullmatch(text(value)) else None
    size = min(float(found[1]), _ROUNDEST)
    return in_pixels(size) if found[2] == "px" else f"{round(size, 2):.10g}%"


def known(**parts: Any) -> dict[str, Any]:
    """Make an object of the parts that are known: neither None nor empty."""
    return {name: part for name, part in parts.items() if part is not None and part not in ({}, [])}
