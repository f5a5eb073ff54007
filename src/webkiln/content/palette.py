"""A page's palette: which of the colours that it shows play which part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webkiln.content.colours import Colour, read_colour
from webkiln.content.looks import SAME, items, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webkiln.content.looks import Looks

COLOURFUL: Final = 48  # strength, of 255; less is a grey
_TINTED: Final = 64  # greys for text often lean to blue
_APART: Final = 60  # distance, of 441, of two colours that are clearly two
_READABLE: Final = 1.8  # contrast; many a page is below what guidelines ask for
_LIGHTEST: Final = 0.9  # luminance of a colour that could stand for a brand
_NEVER_STYLED: Final = frozenset(("#0000EE", "#551A8B", "#9E9EFF", "#D0ADF0"))  # links as browsers have them
_SMALL: Final = 0.03  # share of the text

# What the names of CSS variables say: "--acme-color-primary-500" is the primary colour, while
# "--text-primary" and "--primary-hover" are something else.
_MEANINGS: Final = {
    "primary": "primary",
    "brand": "primary",
    "secondary": "secondary",
    "accent": "accent",
    "highlight": "accent",
    "success": "success",
    "positive": "success",
    "warning": "warning",
    "caution": "warning",
    "error": "error",
    "danger": "error",
    "negative": "error",
    "critical": "error",
}
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[0-9]+|[A-Z]+")
_FILLERS: Final = frozenset(("color", "colour", "colors", "colours", "clr", "base", "default", "500", "600"))
_OTHER_PARTS: Final = """
    text txt bg background border on btn button link hover active focus inverse icon shadow ring outline
"""
_OTHERWISE: Final = frozenset(_OTHER_PARTS.split())

# What speaks for a colour being the brand's own, and how loudly.
_NAMED_AND_SEEN: Final = 5.0
_NAMED: Final = 1.5
_BUTTON: Final = 4.0
_GREY_BUTTON: Final = 2.0
_OTHER_BUTTON: Final = 1.0
_THEME: Final = 2.0
_LOGO: Final = 1.5
_LINK: Final = 1.5
_SURFACE: Final = 3.0
_LETTERS: Final = 1.0
_ENOUGH: Final = 0.5


def palette_of(looks: Looks, first: Colour | None, second: Colour | None) -> dict[str, Colour]:
    """Name the colours of a page by their parts; what plays no part is left out.

    `first` and `second` are the backgrounds of the page's main button and of the one beside it.
    """
    named = _named(looks)
    found: dict[str, Colour | None] = dict.fromkeys(("primary", "secondary", "accent", "background"))
    ranked = _ranked(looks, named, first, second)
    found["primary"] = ranked[0] if ranked else first
    chosen = [colour for colour in (found["primary"], looks.ground) if colour is not None]
    filled = [second] if second is not None and second.strength >= COLOURFUL else []
    for role in ("secondary", "accent"):
        own = [named[role]] if role in named and named[role].strength >= COLOURFUL else []
        spare = [*own, *(filled if role == "secondary" else []), *ranked[1:]]
        found[role] = next((colour for colour in spare if _is_new(colour, chosen)), None)
        chosen.extend([colour for colour in (found[role],) if colour is not None])
    found["background"] = looks.ground
    found["textPrimary"], found["textSecondary"] = _inks(looks)
    found["link"] = _link(looks)
    found.update({role: named.get(role) for role in ("success", "warning", "error")})
    return {role: colour for role, colour in found.items() if colour is not None}


def _is_new(colour: Colour, chosen: list[Colour]) -> bool:
    return all(colour.distance(other) >= _APART for other in chosen)


def _ranked(
    looks: Looks, named: dict[str, Colour], first: Colour | None, second: Colour | None
) -> list[Colour]:
    """Return what could be the brand's colours, the likeliest first."""
    votes: dict[Colour, float] = {}

    def vote(colour: Colour | None, weight: float, *, greys: bool = False) -> None:
        if colour is None or not (greys or colour.strength >= COLOURFUL) or colour.luminance > _LIGHTEST:
            return
        alike = next((other for other in votes if other.distance(colour) <= SAME), colour)
        votes[alike] = votes.get(alike, 0) + weight

    vote(first, _BUTTON if first and first.strength >= COLOURFUL else _GREY_BUTTON, greys=True)
    vote(second, _OTHER_BUTTON)
    own = named.get("primary")
    if own is not None:
        seen = any(own.distance(colour) <= SAME for colour in _everywhere(looks, first, second))
        # Style sheets that many sites share name colours which a page may never show.
        vote(own, _NAMED_AND_SEEN if seen else _NAMED, greys=seen)
    for colour, weight in _signs(looks):
        vote(colour, weight)
    return sorted((colour for colour in votes if votes[colour] >= _ENOUGH), key=lambda colour: -votes[colour])


def _signs(looks: Looks) -> Iterator[tuple[Colour | None, float]]:
    """Give the colours of everything but buttons and names, with how much each speaks for itself."""
    for theme in items(looks.observation.get("themes"))[:1]:
        yield read_colour(theme), _THEME
    for logo in looks.entries("logos")[:1]:
        for fill in items(logo.get("fills"))[:2]:
            yield read_colour(fill), _LOGO
    # The colour of most text is chosen to be read, not to be recognised.
    shades = {"backgrounds": looks.colours("backgrounds"), "links": looks.colours("links")}
    shades["texts"] = looks.colours("texts")[1:]
    for name, weight in (("backgrounds", _SURFACE), ("links", _LINK), ("texts", _LETTERS)):
        own = [
            (colour, amount)
            for colour, amount in shades[name]
            if colour.hexadecimal not in _NEVER_STYLED
            and (looks.ground is None or looks.ground.distance(colour) > SAME)
        ]
        whole = sum(amount for _, amount in own)
        for colour, amount in own:
            yield colour, weight * amount / whole


def _everywhere(looks: Looks, *more: Colour | None) -> list[Colour]:
    names = ("backgrounds", "links", "texts")
    return [
        *(colour for name in names for colour, _ in looks.colours(name)),
        *(colour for colour in more if colour is not None),
    ]


def _named(looks: Looks) -> dict[str, Colour]:
    """Return the colours that the page's own style names by their parts, the plainest names first."""
    found: dict[str, tuple[int, Colour]] = {}
    variables = looks.observation.get("variables")
    for name, value in list(variables.items())[:200] if isinstance(variables, dict) else ():
        words = [word for word in map(str.lower, _WORD.findall(text(name))) if word not in _FILLERS]
        colour = looks.shown(read_colour(value))
        meaning = _MEANINGS.get(words[-1]) if words else None
        if meaning is None or colour is None or _OTHERWISE.intersection(words):
            continue
        if meaning not in found or len(words) < found[meaning][0]:
            found[meaning] = (len(words), colour)
    return {meaning: colour for meaning, (_, colour) in found.items()}


def _inks(looks: Looks) -> tuple[Colour | None, Colour | None]:
    """Return the colour of most text, and of what is less important."""
    ground = looks.ground
    texts = _legible(looks, "texts")
    if not texts:
        return None, None
    first = texts[0][0]
    least = _SMALL * sum(amount for _, amount in texts)
    for colour, amount in texts[1:]:
        weaker = ground is not None and colour.contrast(ground) < first.contrast(ground)
        if weaker and amount >= least and colour.strength < _TINTED and colour.distance(first) > SAME:
            return first, colour
    return first, None


def _link(looks: Looks) -> Colour | None:
    prose = _legible(looks, "proseLinks")
    links = _legible(looks, "links")
    colourful = [link for link in links if link[0].strength >= COLOURFUL]
    return next((colour for colour, _ in (*prose, *colourful, *links)), None)


def _legible(looks: Looks, name: str) -> list[tuple[Colour, float]]:
    """Return the colours of a tally that can be read on the page; others belong to some box on it."""
    ground = looks.ground
    counted = looks.colours(name)
    return [pair for pair in counted if ground is None or pair[0].contrast(ground) >= _READABLE]
