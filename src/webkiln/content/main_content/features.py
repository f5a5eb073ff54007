"""What is measured of every text unit: the numbers from which its worth is judged.

`NAMES` says what each number of a row is, in order. Lengths are logarithms, shares lie between 0
and 1. Nothing is measured of the page's language or its site.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from math import log1p
from typing import TYPE_CHECKING, Final, Protocol

from webkiln.content.main_content.names import names_boilerplate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.content.main_content.units import Container, Names, Unit

NAMES: Final = (
    *("length", "words", "link_share", "ends_sentence", "word_length", "page_share"),
    *("position", "rank", "from_title", "kind", "depth"),
    *("own_score", "own_lowest", "path_lowest", "path_highest", "path_mean", "parent_score", "above_score"),
    *("named_boilerplate", "boilerplate_distance", "in_main", "in_footer", "twins", "path_twins"),
    *("parent_link_share", "parent_page_share", "parent_prose_share"),
    *("above_link_share", "above_prose_share", "centre_distance"),
    *("after_kind", "around_link_share", "prose_before", "prose_after", "repeated"),
    *("page_length", "page_prose_share", "page_units", "page_longest"),
)
_KINDS: Final = {
    "h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 4, "h6": 4, "p": 5, "ul": 6, "ol": 7, "table": 8, "pre": 9,
    "blockquote": 10, "dl": 8, "a": 11, "": 12, "li": 6, "div": 13, "span": 12,
}  # fmt: skip
_OTHER_KIND: Final = 14
# What closes a sentence; a line that ends otherwise is a label or a heading.
_ENDS: Final = frozenset('.!?:。！？؟।…"”»)')  # noqa: RUF001
# A unit with this much text that is hardly links is prose.
_PROSE: Final = 100
_PROSE_LINKS: Final = 0.3
_CENTRE: Final = 0.5
_MAIN: Final = frozenset({"main", "article"})
_FAR: Final = 30
_NEAR: Final = 3


class Scorer(Protocol):
    """Knows how much the names of an element speak for content: the mean and the lowest of its words."""

    def __call__(self, names: Names) -> tuple[float, float]:
        """Return the mean and the lowest score of the words."""


class _Path:
    """What the ancestors of a unit say: computed once for each container."""

    __slots__ = (
        "above", "count", "distance", "footer", "highest", "lowest", "main", "named", "own", "total", "twins",
    )  # fmt: skip

    def __init__(self, container: Container, above: _Path | None, score: Scorer) -> None:
        own, lowest = score(container.names)
        named = _is_named(container.names)
        tag, role = container.names[0], container.names[3]
        self.own = own
        self.lowest, self.highest, self.total, self.count = lowest, own, own, 1
        self.named, self.distance, self.twins = int(named), 0 if named else _FAR, container.twins
        self.main = int(tag in _MAIN or role == "main")
        self.footer = int(tag == "footer" or role == "contentinfo")
        self.above = 0.0
        if above is not None:
            self.above = above.own
            self.lowest, self.highest = min(lowest, above.lowest), max(own, above.highest)
            self.total, self.count = own + above.total, above.count + 1
            self.named += above.named
            self.distance = 0 if named else min(above.distance + 1, _FAR)
            self.twins = max(above.twins, container.twins)
            self.main += above.main
            self.footer += above.footer


def _is_named(names: Names) -> bool:
    _, classes, identifier, _ = names
    return (classes != "" or identifier != "") and names_boilerplate(classes, identifier)


def measure(units: Sequence[Unit], containers: Sequence[Container], score: Scorer) -> list[list[float]]:
    """Return one row of numbers for each unit, in the order of `NAMES`."""
    if not units:
        return []
    page = _Page(units, containers)
    paths: list[_Path] = []
    for container in containers:
        paths.append(_Path(container, paths[container.parent] if container.parent >= 0 else None, score))
    return [
        page.own(place, unit)
        + _by_names(unit, paths[unit.container], score)
        + page.around(place, unit)
        + page.whole
        for place, unit in enumerate(units)
    ]


def _by_names(unit: Unit, path: _Path, score: Scorer) -> list[float]:
    own, lowest = score(unit.names)
    named = _is_named(unit.names)
    return [
        own,
        lowest,
        min(path.lowest, lowest),
        max(path.highest, own),
        (path.total + own) / (path.count + 1),
        path.own,
        path.above,
        path.named + named,
        0 if named else path.distance + 1,
        path.main,
        path.footer,
        unit.twins,
        path.twins,
    ]


class _Page:
    """Sums over the row of units, from which the share of any stretch follows at once."""

    def __init__(self, units: Sequence[Unit], containers: Sequence[Container]) -> None:
        self._texts = [unit.text.strip() for unit in units]
        self._lengths = [len(text) for text in self._texts]
        linked = [min(unit.linked, length) for unit, length in zip(units, self._lengths, strict=True)]
        self._link_shares = [links / length for links, length in zip(linked, self._lengths, strict=True)]
        prose = [
            length if length >= _PROSE and share < _PROSE_LINKS else 0
            for length, share in zip(self._lengths, self._link_shares, strict=True)
        ]
        self._kinds = [_KINDS.get(unit.names[0], _OTHER_KIND) for unit in units]
        self._text = [0, *accumulate(self._lengths)]
        self._links = [0, *accumulate(linked)]
        self._prose = [0, *accumulate(prose)]
        self._total = self._text[-1]
        self._total_prose = max(self._prose[-1], 1)
        self._counts = Counter(self._texts)
        self._title = next((self._text[place] for place, kind in enumerate(self._kinds) if kind == 1), -1)
        self._since_prose = _distances(prose)
        self._until_prose = _distances(prose[::-1])[::-1]
        self._of_containers = self._containers(containers)
        self.whole = [
            log1p(self._total),
            self._prose[-1] / self._total,
            log1p(len(units)),
            log1p(max(prose)),
        ]

    def _containers(self, containers: Sequence[Container]) -> list[list[float]]:
        """Return for each container the numbers its units share."""
        sizes = []
        centre = 0
        for place, container in enumerate(containers):
            first, end = container.first, container.end
            text = self._text[end] - self._text[first]
            prose = self._prose[end] - self._prose[first]
            links = (self._links[end] - self._links[first]) / text if text else 0.0
            sizes.append((links, text / self._total, prose / self._total_prose))
            if prose >= self._total_prose * _CENTRE:
                centre = place  # the innermost one that holds most of the prose
        numbers: list[list[float]] = []
        distances: list[int] = []
        for place, container in enumerate(containers):
            above = container.parent
            outside = -1 if above < 0 or distances[above] < 0 else distances[above] + 1
            distances.append(0 if place == centre else outside)
            links, share, prose_share = sizes[place]
            above_links, _, above_prose = sizes[above] if above >= 0 else sizes[place]
            numbers.append(
                [container.depth, links, share, prose_share, above_links, above_prose, distances[place]]
            )
        return numbers

    def own(self, place: int, unit: Unit) -> list[float]:
        """Return what is measured of the unit itself."""
        text, length, start = self._texts[place], self._lengths[place], self._text[place]
        words = len(text.split())
        return [
            log1p(length),
            log1p(words),
            self._link_shares[place],
            text[-1] in _ENDS,
            length / words,
            length / self._total,
            start / self._total,
            place / len(self._texts),
            (start - self._title) / self._total if self._title >= 0 else -2.0,
            self._kinds[place],
            self._of_containers[unit.container][0],
        ]

    def around(self, place: int, unit: Unit) -> list[float]:
        """Return how full of text and links the containers around the unit and its neighbours are."""
        last = len(self._texts)
        first, end = max(place - _NEAR, 0), min(place + _NEAR + 1, last)
        around = self._text[end] - self._text[first]
        return [
            *self._of_containers[unit.container][1:],
            self._kinds[place + 1] if place + 1 < last else 0,
            (self._links[end] - self._links[first]) / around,
            self._since_prose[place],
            self._until_prose[place],
            self._counts[self._texts[place]],
        ]


def _distances(prose: Sequence[int]) -> list[int]:
    """Return how many units back the last prose was."""
    distances = []
    distance = _FAR
    for length in prose:
        distance = 0 if length else min(distance + 1, _FAR)
        distances.append(distance)
    return distances
