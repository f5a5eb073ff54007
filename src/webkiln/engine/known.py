"""What this process knows its jobs to have met: keys that need not be asked of the database again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_MOST = 200_000  # keys in all: some 15 MB


class Known:
    """Keys that are in the database for certain, job by job; the navigation of a site is on every page of it.

    It forgets what it has no room for, and only ever saves questions: a key that is not known is asked.
    """

    def __init__(self, most: int = _MOST) -> None:
        """Keep up to `most` keys, those of the jobs heard of last."""
        self._most = most
        self._count = 0
        self._jobs: OrderedDict[str, set[int]] = OrderedDict()

    def of(self, job_id: str) -> Collection[int]:
        """Return the known keys of a job."""
        return self._jobs.get(job_id, frozenset())

    def add(self, job_id: str, keys: Iterable[int]) -> None:
        """Take note of keys that are committed."""
        known = self._jobs.setdefault(job_id, set())
        self._jobs.move_to_end(job_id)
        before = len(known)
        known.update(keys)
        self._count += len(known) - before
        while self._count > self._most:
            _, forgotten = self._jobs.popitem(last=False)
            self._count -= len(forgotten)
