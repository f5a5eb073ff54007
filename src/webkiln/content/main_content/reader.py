"""Reading by what blocks are: each text unit of a page is judged, and the likely ones are kept.

What stands between two kept units and is no list of links is kept with them: a remark, a price, a
label. Whoever reads the text would miss it, and noise rarely stands there without links.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import Element
from webkiln.content.main_content.features import measure
from webkiln.content.main_content.model import Model, trained
from webkiln.content.main_content.selection import choose
from webkiln.content.main_content.units import divide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.content.html_tree import Tree
    from webkiln.content.main_content.units import Container, Unit

_HEADINGS: Final = frozenset({"h2", "h3", "h4", "h5", "h6"})
_WRITTEN_INTO: Final = frozenset({"text", "email", "search", "tel", "password"})
# With less than this on a page, nothing can be told from the share of anything.
_FEWEST_WORDS: Final = 8
# Whoever expects less than this F1 of a choice may as well keep what is no furniture by its tag.
_LEAST_EXPECTED: Final = 0.25
_LONG_WORD: Final = 7
_LEVELS_OF_TITLE: Final = 4
_LEAST_OF_TITLE: Final = 0.15
_LONGEST_GAP: Final = 6
_LINKS_IN_GAPS: Final = 0.3


class Undecided(Exception):
    """Nothing on the page looks like content, or everything does a little."""


def keep_content(
    body: Element | Tree, spared: frozenset[Element] = frozenset(), model: Model | None = None
) -> bool:
    """Leave in the tree what is likely its content; return whether there was enough to tell.

    `spared` are elements that stay whatever they hold. Raises Undecided, and TooNested as `divide` does.
    """
    division = divide(body, spared)
    units, containers = division.units, division.containers
    for overlay in division.overlays:
        overlay.decompose()
    words = [_words(unit.text) for unit in units]
    if sum(words) < _FEWEST_WORDS:
        return False
    model = model or trained()
    likely = model.likelihoods(measure(units, containers, model.score))
    choice = choose(likely, words)
    if choice.expected < _LEAST_EXPECTED:
        raise Undecided
    kept = choice.kept
    _keep_title(kept, units, likely, body)
    _drop_bare_headings(kept, units)
    _fill_gaps(kept, units)
    if spared:
        kept = [keep or _is_inside(unit, spared) for keep, unit in zip(kept, units, strict=True)]
    if not any(kept):
        return False
    _remove(units, containers, kept)
    return True


def _words(text: str) -> int:
    """Return about how many words a text has, in a script without blanks too."""
    return max(len(text.split()), len(text.strip()) // _LONG_WORD)


def _keep_title(
    kept: list[bool], units: Sequence[Unit], likely: Sequence[float], body: Element | Tree
) -> None:
    """Keep the first title of the page, unless it is very unlikely: it may stand far from the text."""
    title = next(body.iter_elements("h1"), None)
    if title is None:
        return
    around = {title, *islice(title.ancestors, _LEVELS_OF_TITLE)}
    for place, unit in enumerate(units):
        if unit.nodes[0] in around:
            kept[place] = kept[place] or likely[place] >= _LEAST_OF_TITLE
            return


def _drop_bare_headings(kept: list[bool], units: Sequence[Unit]) -> None:
    """Drop headings of lists of links that are not kept."""
    for place in range(len(units) - 2, -1, -1):
        after = units[place + 1]
        if (
            kept[place]
            and units[place].names[0] in _HEADINGS
            and not kept[place + 1]
            and after.linked * 2 >= len(after.text.strip())
        ):
            kept[place] = False


def _fill_gaps(kept: list[bool], units: Sequence[Unit]) -> None:
    """Keep short stretches of text between kept units."""
    places = [place for place, keep in enumerate(kept) if keep]
    for before, after in pairwise(places):
        gap = units[before + 1 : after]
        if 0 < len(gap) <= _LONGEST_GAP:
            linked = sum(unit.linked for unit in gap)
            text = sum(len(unit.text.strip()) for unit in gap)
            if linked <= _LINKS_IN_GAPS * text and not any(map(_asks, gap)):
                kept[before + 1 : after] = [True] * len(gap)


def _asks(unit: Unit) -> bool:
    """Return whether a unit has a field to write into."""
    return any(
        (field.attr("type") or "text").lower() in _WRITTEN_INTO
        for node in unit.nodes
        if isinstance(node, Element)
        for field in node.iter_elements(("input", "textarea"))
    )


def _is_inside(unit: Unit, spared: frozenset[Element]) -> bool:
    node = unit.nodes[0]
    return node in spared or any(above in spared for above in node.ancestors)


def _remove(units: Sequence[Unit], containers: Sequence[Container], kept: Sequence[bool]) -> None:
    """Take out the units that are not kept, and whole containers of which nothing is."""
    counts = [0]
    for keep in kept:
        counts.append(counts[-1] + keep)
    for container in containers[1:]:
        if counts[container.end] == counts[container.first] and container.end > container.first:
            above = containers[container.parent]
            if counts[above.end] > counts[above.first] and isinstance(container.element, Element):
                container.element.decompose()
    for keep, unit in zip(kept, units, strict=True):
        around = containers[unit.container]
        if not keep and counts[around.end] > counts[around.first]:
            for node in unit.nodes:
                node.extract()
