"""Colours: read from what a browser computed for a style, and what can be asked about them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_HEX: Final = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_NUMBER: Final = r"([+-]?[0-9]{0,6}\.?[0-9]{1,12}(?:e[+-]?[0-9]{1,2})?%?|none)"
_FUNCTION: Final = re.compile(
    r"(rgba?|oklch|oklab|lab|lch|color)\(\s*(?:(srgb|srgb-linear|display-p3)\s+)?"
    rf"{_NUMBER}(?:\s*,\s*|\s+){_NUMBER}(?:\s*,\s*|\s+){_NUMBER}(?:\s*[,/]\s*{_NUMBER})?\s*\)",
    re.IGNORECASE,
)
_LONGEST: Final = 120
_SHORT_HEX: Final = 4
_BYTE: Final = 255.0
_FARTHEST: Final = 1e4  # far beyond any colour, and still safe to multiply

# CIE L*a*b*: where its cube roots turn into a straight line, and the white it is relative to (D50).
_BEND: Final = 6 / 29
_WHITE: Final = (0.9642956, 1.0, 0.8251046)

_Triple = tuple[float, float, float]
_Matrix = tuple[_Triple, _Triple, _Triple]
_XYZ_TO_LINEAR: Final = (
    (3.1341359, -1.6173863, -0.4906619),
    (-0.9787955, 1.9162544, 0.0334427),
    (0.0719554, -0.2289768, 1.4053860),
)
_P3_TO_LINEAR: Final = (
    (1.2249402, -0.2249402, 0.0),
    (-0.0420570, 1.0420570, 0.0),
    (-0.0196376, -0.0786360, 1.0982736),
)
_OKLAB_TO_CONES: Final = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_CONES_TO_LINEAR: Final = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


class Colour(NamedTuple):
    """A colour of the screen: red, green and blue from 0 to 255, `alpha` from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    @property
    def hexadecimal(self) -> str:
        """The colour as #RRGGBB, without its transparency."""
        return "#" + "".join(f"{int(channel + 0.5):02X}" for channel in self[:3])

    @property
    def strength(self) -> float:
        """How far from grey the colour is, from 0 to 255."""
        return max(self[:3]) - min(self[:3])

    @property
    def luminance(self) -> float:
        """How light the colour looks, from 0 to 1 (relative luminance, WCAG 2)."""
        red, green, blue = (_linear(channel / _BYTE) for channel in self[:3])
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(self, other: Colour) -> float:
        """Return the contrast to another colour, from 1 to 21 (contrast ratio, WCAG 2)."""
        darker, lighter = sorted((self.luminance, other.luminance))
        return (lighter + 0.05) / (darker + 0.05)

    def distance(self, other: Colour) -> float:
        """Return how different two colours are, from 0 to 441."""
        return math.dist(self[:3], other[:3])

    def over(self, ground: Colour) -> Colour:
        """Return what is seen of this colour on an opaque `ground`."""
        return Colour(
            *(
                top * self.alpha + below * (1 - self.alpha)
                for top, below in zip(self[:3], ground[:3], strict=True)
            )
        )


def read_colour(value: object) -> Colour | None:
    """Read a colour as computed styles write them; None for anything else, and for what is transparent.

    Colours out of the screen's reach are cut to it.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = value.strip()
    colour = _from_hex(text) if text.startswith("#") else _from_function(text)
    return colour if colour is not None and colour.alpha > 0 else None


def _from_hex(text: str) -> Colour | None:
    found = _HEX.fullmatch(text)
    if found is None:
        return None
    digits = found[1]
    if len(digits) <= _SHORT_HEX:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, *alpha = bytes.fromhex(digits)
    return Colour(red, green, blue, alpha[0] / _BYTE if alpha else 1.0)


def _from_function(text: str) -> Colour | None:
    found = _FUNCTION.fullmatch(text)
    if found is None:
        return None
    name, space, *numbers, alpha = found.groups()
    name = name.lower().removesuffix("a")
    if (name == "color") != (space is not None):
        return None
    full, convert = _SPACES[space.lower() if space else name]
    first, second, third = (_value(number, whole) for number, whole in zip(numbers, full, strict=True))
    opacity = 1.0 if alpha is None else min(max(_value(alpha, 1.0), 0.0), 1.0)
    red, green, blue = convert((first, second, third))
    return Colour(_on_screen(red), _on_screen(green), _on_screen(blue), opacity)


def _value(number: str, whole: float) -> float:
    if number.lower() == "none":
        return 0.0
    value = float(number[:-1]) / 100 * whole if number.endswith("%") else float(number)
    return min(max(value, -_FARTHEST), _FARTHEST)


def _on_screen(channel: float) -> float:
    return min(max(channel, 0.0), 1.0) * _BYTE


def _linear(channel: float) -> float:
    """Undo the curve of sRGB."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


def _curved(triple: _Triple) -> _Triple:
    """Apply the curve of sRGB."""
    red, green, blue = (
        12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055  # noqa: PLR2004
        for channel in (min(max(channel, 0.0), 1.0) for channel in triple)
    )
    return red, green, blue


def _times(matrix: _Matrix, triple: _Triple) -> _Triple:
    first, second, third = (sum(a * b for a, b in zip(row, triple, strict=True)) for row in matrix)
    return first, second, third


def _rgb(triple: _Triple) -> _Triple:
    return triple[0] / _BYTE, triple[1] / _BYTE, triple[2] / _BYTE


def _srgb(triple: _Triple) -> _Triple:
    return triple


def _p3(triple: _Triple) -> _Triple:
    red, green, blue = (_linear(min(max(channel, 0.0), 1.0)) for channel in triple)
    return _curved(_times(_P3_TO_LINEAR, (red, green, blue)))


def _oklab(triple: _Triple) -> _Triple:
    long, medium, short = (cone**3 for cone in _times(_OKLAB_TO_CONES, triple))
    return _curved(_times(_CONES_TO_LINEAR, (long, medium, short)))


def _lab(triple: _Triple) -> _Triple:
    middle = (triple[0] + 16) / 116
    roots = (middle + triple[1] / 500, middle, middle - triple[2] / 200)
    x, y, z = (
        white * (root**3 if root > _BEND else 3 * _BEND**2 * (root - 4 / 29))
        for white, root in zip(_WHITE, roots, strict=True)
    )
    return _curved(_times(_XYZ_TO_LINEAR, (x, y, z)))


def _flat(triple: _Triple) -> _Triple:
    """Turn a hue and how strong it is into two axes."""
    light, strength, hue = triple
    return light, strength * math.cos(math.radians(hue)), strength * math.sin(math.radians(hue))


def _oklch(triple: _Triple) -> _Triple:
    return _oklab(_flat(triple))


def _lch(triple: _Triple) -> _Triple:
    return _lab(_flat(triple))


# Per notation: what 100% of each number is, and the way to red, green and blue from 0 to 1.
_SPACES: Final[dict[str, tuple[_Triple, Callable[[_Triple], _Triple]]]] = {
    "rgb": ((255.0, 255.0, 255.0), _rgb),
    "srgb": ((1.0, 1.0, 1.0), _srgb),
    "srgb-linear": ((1.0, 1.0, 1.0), _curved),
    "display-p3": ((1.0, 1.0, 1.0), _p3),
    "oklab": ((1.0, 0.4, 0.4), _oklab),
    "oklch": ((1.0, 0.4, 360.0), _oklch),
    "lab": ((100.0, 125.0, 125.0), _lab),
    "lch": ((100.0, 150.0, 360.0), _lch),
}
