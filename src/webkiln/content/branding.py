"""A page's brand, made of what a browser observed of its looks (contract §5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from webkiln.content.colours import Colour, read_colour
from webkiln.content.looks import VISIBLE, amount_of, in_pixels, known, pixels, radius, read_looks, text
from webkiln.content.palette import COLOURFUL, palette_of
from webkiln.content.typefaces import fonts_of, typography_of
from webkiln.urls import InvalidUrl, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webkiln.content.looks import Looks

_LONGEST_ADDRESS: Final = 4_000
_LONGEST_PICTURE: Final = 24_000
_PICTURE: Final = re.compile(r"data:image/[a-z+]{3,8}[;,][!-~]+", re.IGNORECASE)
_EASING: Final = r"ease(?:-in)?(?:-out)?|linear|(?:cubic-bezier|steps|linear)\([0-9., a-z%-]{1,60}\)"
_MOTION: Final = re.compile(rf"([0-9]{{0,4}}\.?[0-9]{{1,6}})(m?s)(?:\|({_EASING})?)?")
_LONGEST_MOTION: Final = 10_000  # ms

# A logo is recognised by several signs together; one alone is not enough.
_ENOUGH: Final = 5
_TOP: Final = 200  # px from the upper edge
_LEFT: Final = 400  # px from the left edge
_TINY: Final = 48  # px
_HUGE: Final = (700, 400)  # px
_SHORTEST_NAME: Final = 3

_ROUND: Final = 100  # px; from here on a radius only says "round"
_UNITS: Final = (8, 10, 6, 5, 4)
_FEWEST: Final = 16  # samples that tell a unit of space
_MOST_FIT: Final = 0.75  # share of the samples
_USUAL: Final = 0.05  # share of the samples
_BUTTON_AREA: Final = 20_000  # px²; larger ones are not more of a button


def branding_of(observation: Mapping[str, Any], *, base: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Make the contract's `branding` of what was observed on a page.

    `observation` is what `observing_brand.js` returns, but may be anything: what is not as it should be is
    skipped, and what is not known is left out. `base` is what the page's addresses are relative to,
    `metadata` the document's, for its icon and its preview.
    """
    looks = read_looks(observation)
    first, second = _chosen_buttons(looks)
    palette = palette_of(looks, first.background if first else None, second.background if second else None)
    logo = _logo(looks, base, metadata)
    return known(
        colorScheme=looks.scheme,
        logo=logo,
        colors={role: colour.hexadecimal for role, colour in palette.items()},
        fonts=[{"family": family} for family in fonts_of(looks)],
        typography=typography_of(looks),
        spacing=_spacing(looks),
        components=known(
            buttonPrimary=first and first.described(bordered=False),
            buttonSecondary=second and second.described(bordered=True),
            input=_input(looks),
        ),
        images=known(
            logo=logo,
            favicon=_address(metadata.get("favicon"), base),
            ogImage=_address(metadata.get("ogImage"), base),
        ),
        animations=_animations(looks),
        layout=_layout(looks),
    )


@dataclass(frozen=True, slots=True)
class _Button:
    """A button, or a field to fill in."""

    background: Colour | None
    text: Colour | None
    border: Colour | None
    radius: str | None
    pictured: bool
    hint: str
    area: float

    def stands_out(self, ground: Colour | None) -> bool:
        """Whether it is filled with something other than the page."""
        if self.background is None:
            return self.pictured
        return ground is None or self.background.distance(ground) > VISIBLE

    def weight(self, wanted: str) -> float:
        """How much speaks for this one being the button that its name would hint at with `wanted`."""
        hinted = 3.0 if self.hint == wanted else -2.0 if self.hint else 0.0
        colourful = self.background is not None and self.background.strength >= COLOURFUL
        size = 1 + 2 * min(self.area, _BUTTON_AREA) / _BUTTON_AREA
        return size * (2 if colourful else 1) + hinted

    def looks_like(self, other: _Button) -> bool:
        """Whether both are filled with the same."""
        if self.background is None or other.background is None:
            return self.background is other.background and self.pictured == other.pictured
        return self.background.distance(other.background) <= VISIBLE

    def described(self, *, bordered: bool) -> dict[str, Any]:
        """Describe it in the contract's words."""
        background = self.background.hexadecimal if self.background else None
        return known(
            # A gradient or a picture is not a colour, and not nothing either.
            background=background if background or self.pictured else "transparent",
            textColor=self.text and self.text.hexadecimal,
            borderColor=self.border.hexadecimal if bordered and self.border else None,
            borderRadius=self.radius,
        )


def _buttons(looks: Looks, name: str) -> list[_Button]:
    found = []
    for entry in looks.entries(name):
        background = looks.shown(read_colour(entry.get("background")))
        found.append(
            _Button(
                background=background,
                text=looks.shown(read_colour(entry.get("color")), background),
                border=looks.shown(read_colour(entry.get("border"))),
                radius=radius(entry.get("radius")),
                pictured=entry.get("picture") is True,
                hint=text(entry.get("hint")),
                area=amount_of(entry.get("area")),
            )
        )
    return found


def _chosen_buttons(looks: Looks) -> tuple[_Button | None, _Button | None]:
    """Return the button that asks for the click, and the one beside it."""
    groups: list[list[_Button]] = []
    for button in _buttons(looks, "buttons"):
        alike = next((group for group in groups if group[0].looks_like(button)), None)
        if alike is None:
            groups.append([button])
        else:
            alike.append(button)

    def best(among: list[list[_Button]], wanted: str) -> _Button | None:
        heaviest = max(among, key=lambda group: sum(one.weight(wanted) for one in group), default=None)
        return heaviest[0] if heaviest else None

    filled = [group for group in groups if group[0].stands_out(looks.ground)]
    first = best(filled, "primary")
    if first is None:
        return None, None
    rest = [group for group in groups if group[0] is not first and (group in filled or group[0].border)]
    return first, best(rest, "secondary")


def _input(looks: Looks) -> dict[str, Any]:
    # A field without edges is drawn by what is around it.
    shown = [one for one in _buttons(looks, "inputs") if one.border or one.stands_out(looks.ground)]
    largest = max(shown, key=lambda one: one.area, default=None)
    return largest.described(bordered=True) if largest else {}


def _logo(looks: Looks, base: str, metadata: Mapping[str, Any]) -> str | None:
    names = [_site_name(base), text(metadata.get("ogSiteName"), 80).strip().lower()]
    best: str | None = None
    most = _ENOUGH - 1
    for entry in looks.entries("logos"):
        address = _address(entry.get("source"), base)
        signs = _logo_signs(entry, names)
        if address is not None and signs > most:
            best, most = address, signs
    return best


def _logo_signs(entry: Mapping[str, Any], names: list[str]) -> int:
    def says(name: str) -> bool:
        return entry.get(name) is True

    label = text(entry.get("label")).lower()
    width, height = amount_of(entry.get("width")), amount_of(entry.get("height"))
    signs = 4 * says("named") + 3 * says("home") + 2 * says("near") + 2 * says("head")
    signs += 2 * any(name in label for name in names if len(name) >= _SHORTEST_NAME)
    signs += amount_of(entry.get("y")) <= _TOP
    signs -= 5 * says("crowd") + 2 * says("foot")
    if width > _HUGE[0] or height > _HUGE[1]:
        signs -= 3
    begins = says("home") and amount_of(entry.get("x")) <= _LEFT
    if 0 < width <= _TINY and not (says("named") or says("near") or begins):
        signs -= 4  # a flag, a magnifying glass, the bars of a menu
    return signs


def _site_name(base: str) -> str:
    try:
        host = urlsplit(base).hostname or ""
    except ValueError:
        return ""
    parts = [part for part in host.split(".")[:-1] if len(part) >= _SHORTEST_NAME]
    return parts[-1] if parts else ""


def _address(value: object, base: str) -> str | None:
    """Return the web address of a picture, or the picture itself when it is one written as an address."""
    written = value[0] if isinstance(value, list) and value else value
    picture = text(written, _LONGEST_PICTURE)
    if _PICTURE.fullmatch(picture):
        return picture
    address = text(written, _LONGEST_ADDRESS).strip()
    if not address or not address.isprintable():
        return None
    try:
        url = resolve(base, address)
    except InvalidUrl:
        return None
    return url if url.startswith(("http://", "https://")) else None


def _spacing(looks: Looks) -> dict[str, Any]:
    counted = {
        name: [(size, amount) for written, amount in looks.tally(name) if (size := _space(written))]
        for name in ("paddings", "margins", "gaps")
    }
    return known(
        baseUnit=_unit([sample for samples in counted.values() for sample in samples]),
        borderRadius=_usual_radius(looks),
        padding=_steps(counted["paddings"]),
        margins=_steps(counted["margins"]),
    )


def _space(written: str) -> float | None:
    return pixels(f"{written}px")


def _unit(samples: list[tuple[float, float]]) -> int | None:
    """Return the largest unit that most spaces are whole multiples of, None when there is none."""
    counted = [(size, amount) for size, amount in samples if size >= min(_UNITS)]
    whole = sum(amount for _, amount in counted)
    if whole < _FEWEST:
        return None
    for unit in _UNITS:
        fitting = sum(amount for size, amount in counted if size % unit == 0)
        if fitting >= _MOST_FIT * whole:
            return unit
    return None


def _steps(samples: list[tuple[float, float]]) -> dict[str, float]:
    """Return the small, the middle and the large of the spaces that a page keeps using."""
    whole = sum(amount for _, amount in samples)
    if whole < _FEWEST / 2:
        return {}
    usual = sorted(size for size, n in samples[:6] if n >= _USUAL * whole and size >= min(_UNITS))
    names = {0: (), 1: ("medium",), 2: ("small", "large")}.get(len(usual), ("small", "medium", "large"))
    sizes = {"small": usual[:1], "medium": usual[len(usual) // 2 :], "large": usual[-1:]}
    return {name: int(sizes[name][0]) if sizes[name][0].is_integer() else sizes[name][0] for name in names}


def _usual_radius(looks: Looks) -> str | None:
    counted = [(radius(written), amount) for written, amount in looks.tally("radii")]
    usual = [size for size, _ in counted if size is not None and (pixels(size) or _ROUND) < _ROUND]
    square = [size for size, _ in counted if size == "0px"]
    return next(iter([*usual, *square]), None)


def _animations(looks: Looks) -> dict[str, str]:
    for written, _ in looks.tally("motions"):
        found = _MOTION.fullmatch(written)
        if found is None:
            continue
        lasting = float(found[1]) * (1 if found[2] == "ms" else 1_000)
        if 0 < lasting <= _LONGEST_MOTION:
            return known(transitionDuration=f"{round(lasting)}ms", easing=found[3])
    return {}


def _layout(looks: Looks) -> dict[str, str]:
    width = next((size for written, _ in looks.tally("widths") if (size := pixels(written))), None)
    return known(maxWidth=in_pixels(width) if width else None)
