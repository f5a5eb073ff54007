"""Where a page is read: small ones here, between other things; what may take long, in a child process.

Here nothing could end it, and everybody else would wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from webkiln.errors import MemoryExceeded, RetryLimit, ScrapeTimeout, UnexpectedFailure
from webkiln.parsing.job import Job, JobDied, JobFailed, JobOutOfMemory, JobOverdue
from webkiln.scraping import documents, outline
from webkiln.scraping.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from webkiln.fetching.page import Page
    from webkiln.parsing.job import Answer
    from webkiln.parsing.pool import ParsingPool
    from webkiln.scraping.documents import Asked, Made
    from webkiln.scraping.outline import Outline

LARGEST_HERE: Final = 256 << 10
"""Bytes of a page that take a few milliseconds to render, and some hundreds if they were made to."""

_MB: Final = 1 << 20
_LEAST_BYTES: Final = 64 * _MB
_BYTES_EACH: Final = 80  # of memory, for a byte of a page that was made to take much
_LESS: Final = 0.3  # of what is read of a page, where all of it took too much memory
_SELECTORS_S: Final = 5.0  # for a page and selectors that may take the square of it
_HASTY_ROUNDS: Final = 3
_DEATHS: Final = 2
_CAREFUL_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Worth:
    """Whose page it is, and what may be spent on it.

    `holder` is the task, `limit_s` what is left of its time. An `urgent` page is read before others, and
    waits no longer than that. One to be `careful` with has cost a worker its life before.
    """

    holder: str
    limit_s: float
    urgent: bool = False
    careful: bool = False


class Maker:
    """Makes documents and outlines of pages.

    Its methods raise what `rendering.read` and `rendering.render` do, and of a page that was read in a
    child: ScrapeTimeout, MemoryExceeded, RetryLimit when the child died under it again, UnexpectedFailure.
    """

    def __init__(
        self,
        pool: ParsingPool,
        *,
        marking: Callable[[str], AbstractContextManager[None]],
        most_s: float,
        careful: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use `pool` for what may take long, and that for `most_s` at most.

        `marking` names the page whose work has this process. A `careful` one begins with all pages in
        children, and so goes on for a minute after each page that it turned out to be good for: pages
        that stop a process come together.
        """
        self._now = clock
        self._careful_until = clock() + _CAREFUL_S if careful else 0.0
        self._pool = pool
        self._marking = marking
        self._most_s = most_s
        self._turns = Turns()

    async def document(self, page: Page, asked: Asked, worth: Worth) -> Made:
        """Make the document of a page, as far as time and memory allow."""
        if self._may_stay(page, worth) and not asked.are_costly(len(page.body)):
            async with self._turns.turn(urgent=worth.urgent):
                with self._marking(worth.holder):
                    return documents.make(page, asked)
        async with _patience(worth):
            return await self._insist(page, asked, worth)

    async def outline(self, page: Page, worth: Worth) -> Outline:
        """Read a page's title and its links."""
        if self._may_stay(page, worth):
            async with self._turns.turn(urgent=worth.urgent):
                with self._marking(worth.holder):
                    return outline.outline_of(page)
        limit_s = min(worth.limit_s, self._most_s)
        async with _patience(worth):
            try:
                return outline.made_of(
                    await self._in_child(outline.IN_CHILD, outline.order(page), page, worth, limit_s)
                )
            except JobOverdue as overdue:
                raise _timeout(limit_s, overdue.at) from None
            except JobOutOfMemory:
                raise _too_much(self._pool.most_bytes) from None
            except JobDied:
                raise _deadly(1) from None

    def _may_stay(self, page: Page, worth: Worth) -> bool:
        if worth.careful:
            self._be_careful()
        return len(page.body) <= LARGEST_HERE and self._now() >= self._careful_until

    def _be_careful(self) -> None:
        self._careful_until = self._now() + _CAREFUL_S

    async def _insist(self, page: Page, asked: Asked, worth: Worth) -> Made:
        """Make a document in a child, with less of the page or of what was asked where all is too much."""
        share, deaths, rounds = 1.0, 0, 0
        while True:
            limit_s = min(worth.limit_s, self._most_s)
            hasty = rounds < _HASTY_ROUNDS and asked.wishes.are_costly(len(page.body))
            if hasty:
                limit_s = min(limit_s / 2, _SELECTORS_S)
            order = documents.order(page, asked, share=share)
            try:
                return documents.made_of(
                    await self._in_child(
                        documents.IN_CHILD, order, page, worth, limit_s, beside=asked.compared
                    )
                )
            except JobOverdue as overdue:
                if not hasty:
                    raise _timeout(limit_s, overdue.at) from None
                if overdue.at:
                    rounds += 1
                    asked = replace(asked, wishes=asked.wishes.without(overdue.at))
                else:
                    rounds = _HASTY_ROUNDS  # it is the page that takes long, and it has all its time
            except JobOutOfMemory:
                if share < 1:
                    raise _too_much(self._pool.most_bytes) from None
                share = _LESS
            except JobDied:
                deaths += 1
                if deaths == _DEATHS:
                    raise _deadly(deaths) from None

    async def _in_child(
        self,
        function: str,
        options: Mapping[str, Any],
        page: Page,
        worth: Worth,
        limit_s: float,
        *,
        beside: int = 0,
    ) -> Answer:
        size = len(page.body) + beside
        most_bytes = min(_LEAST_BYTES + _BYTES_EACH * size, self._pool.most_bytes)
        job = Job(function, options, page.body, limit_s, most_bytes, worth.holder, urgent=worth.urgent)
        try:
            return await self._pool.do(job)
        except (JobOverdue, JobDied) as ended:
            if len(page.body) <= LARGEST_HERE and not ended.at:
                self._be_careful()  # it would have stopped this process
            raise
        except JobFailed:
            raise UnexpectedFailure(
                f"An unexpected error occurred; the server's log has it under {worth.holder}."
            ) from None


@contextlib.asynccontextmanager
async def _patience(worth: Worth) -> AsyncIterator[None]:
    """Wait for a child no longer than somebody waits for the page."""
    patience = asyncio.timeout(worth.limit_s if worth.urgent else None)
    try:
        async with patience:
            yield
    except TimeoutError:
        if not patience.expired():
            raise
        raise _timeout(worth.limit_s, "") from None


def _timeout(limit_s: float, at: str) -> ScrapeTimeout:
    doing = f", the last of them with the selector {at!r}" if at else ""
    return ScrapeTimeout(f"The page took longer than {limit_s:.0f} s to read{doing}.")


def _too_much(most_bytes: int) -> MemoryExceeded:
    return MemoryExceeded(f"The page took more than {most_bytes // _MB} MiB of memory to read.")


def _deadly(deaths: int) -> RetryLimit:
    times = "" if deaths == 1 else f" {deaths} times"
    return RetryLimit(f"The page took the process down that read it{times}; it is not tried again.")
