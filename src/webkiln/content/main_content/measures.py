"""How much text a part of a page holds, and how much of it is links.

Parts can stand inside parts, and measuring each of them anew is quadratic. So one page may only
measure a few times the text it has; what is asked beyond that is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from webkiln.content.html_tree import Element, Tree

_TIMES: Final = 12
_ALWAYS: Final = 50_000
# What each part costs beside its text.
_PER_PART: Final = 20


class Size(NamedTuple):
    """Characters of a part: all of its text, and what of it is links."""

    text: int
    links: int

    @property
    def prose(self) -> int:
        """Return how much text is no link."""
        return self.text - self.links

    def is_mostly_links(self) -> bool:
        """Return whether half of the text is links or more; a part without text is nothing but links."""
        return self.links * 2 >= self.text


class Measures:
    """Measures the parts of one page, as long as that stays in proportion to the page."""

    def __init__(self, body: Element | Tree) -> None:
        self.whole = _size(body)
        self._left = self.whole.text * _TIMES + _ALWAYS

    def of(self, part: Element) -> Size | None:
        """Return the size of a part; None when the page has measured enough."""
        if self._left <= 0:
            return None
        size = _size(part)
        self._left -= size.text + size.links + _PER_PART
        return size


def _size(part: Element | Tree) -> Size:
    return Size(len(part.text), sum(len(link.text) for link in part.iter_elements("a")))
