"""Which page of a site to read next, so that few pages show all there are; pure.

Pages are taken in turn from groups: those of one folder, and those of one path that differ by their
query only. A group whose pages have long shown nothing new waits until others are done, and when all
that is left is of that kind, the site counts as known. Pages that a sitemap lists are only sampled:
what they link to shows whether the sitemap has all.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

_WHOLE: Final = 300  # pages read in any case, before "nothing new" means anything
_STREAK: Final = 150  # pages in a row without news, over all groups
_SHARE: Final = 8  # on a large site, as many as one in so many that were read
_OF_FOLDER: Final = 40
_OF_QUERY: Final = 8
_OF_LISTED: Final = 8
SAMPLE: Final = 40


@dataclass(slots=True)
class _Group:
    waiting: deque[str] = field(default_factory=deque)
    patience: int = 0
    barren: int = 0
    taken: int = 0

    @property
    def lively(self) -> bool:
        return self.barren < self.patience


class _Ring:
    """Groups of pages, of which each gives one page in its turn."""

    def __init__(self, *, from_both_ends: bool = False) -> None:
        self.groups: dict[str, _Group] = {}
        self._turns: deque[str] = deque()
        self._from_both_ends = from_both_ends

    def add(self, name: str, url: str, patience: int) -> None:
        group = self.groups.setdefault(name, _Group(patience=patience))
        if not group.waiting:
            self._turns.append(name)
        group.waiting.append(url)

    def take(self, *, lively: bool) -> tuple[str, str] | None:
        """Return a page and its group; of lively groups only, or of any."""
        for _ in range(len(self._turns)):
            name = self._turns.popleft()
            group = self.groups[name]
            if lively and not group.lively:
                self._turns.append(name)
                continue
            last = self._from_both_ends and group.taken % 2
            url = group.waiting.pop() if last else group.waiting.popleft()
            group.taken += 1
            if group.waiting:
                self._turns.append(name)
            return url, name
        return None


class Coverage:
    """The pages of a site that are known and not read yet.

    `url`s are known by the `key` that goes with them: each is taken once.
    """

    def __init__(self, *, sample: int = SAMPLE) -> None:
        """Read listed pages until `sample` in a row have shown nothing new."""
        self._sample = sample
        self._known: set[int] = set()
        self._linked = _Ring()
        self._listed = _Ring(from_both_ends=True)  # the beginning of a list may differ from the rest
        self._of: dict[str, tuple[_Ring, str]] = {}
        self._read = 0
        self._streak = 0
        self._listed_streak = 0

    def __contains__(self, key: int) -> bool:
        """Return whether a page is known."""
        return key in self._known

    def add(self, url: str, key: int, *, listed: bool, to_read: bool = True) -> bool:
        """Note a page that a link or, `listed`, a sitemap shows; say whether it is news.

        One that is not `to_read` is known from now on, and never asked for.
        """
        if key in self._known:
            return False
        self._known.add(key)
        if to_read:
            path, mark, _ = url.partition("?")
            name = path + mark if mark else path.rpartition("/")[0]
            patience = _OF_LISTED if listed else _OF_QUERY if mark else _OF_FOLDER
            (self._listed if listed else self._linked).add(name, url, patience)
        return True

    def next(self) -> str | None:
        """Return the page to read next; None when no more are worth it, for now at least."""
        unknown = self._read < _WHOLE or self._streak < max(_STREAK, self._read // _SHARE)
        ring = self._linked
        taken = ring.take(lively=True) if unknown else None
        if taken is None and self._listed_streak < self._sample:
            ring = self._listed
            taken = ring.take(lively=True)
        if taken is None and unknown:
            ring = self._linked
            taken = ring.take(lively=False)
        if taken is None:
            return None
        self._of[taken[0]] = (ring, taken[1])
        self._read += 1
        return taken[0]

    def read(self, url: str, news: int) -> None:
        """Note that a page from `next` has been read, and how many pages were new on it."""
        ring, name = self._of.pop(url)
        group = ring.groups[name]
        group.barren = 0 if news else group.barren + 1
        self._streak = 0 if news else self._streak + 1
        if ring is self._listed:
            self._listed_streak = 0 if news else self._listed_streak + 1
