"""How many large bodies one worker has at once: each from its first large byte to its stored document.

A page of some megabytes takes a place, one of many a place of which there are two. A place belongs to
the page and to whatever is made of it, and is free when nobody holds any of that any more: a thread that
still decodes a body counts, whoever asked for it being gone or not.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple, Unpack

if TYPE_CHECKING:
    from collections.abc import Callable

MEDIUM: Final = 2 << 20
LARGE: Final = 8 << 20
_MEDIUM_AT_ONCE: Final = 8
_LARGE_AT_ONCE: Final = 2

_Given = TypeVarTuple("_Given")
_Result = TypeVar("_Result")


class LargeBodies:
    """Gives out the places, and the threads in which large bodies are worked on."""

    def __init__(self) -> None:
        """Start with all places free; make it inside the event loop that uses it."""
        self._medium = asyncio.Semaphore(_MEDIUM_AT_ONCE)
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._threads = ThreadPoolExecutor(_LARGE_AT_ONCE, "large-bodies")

    def place(self) -> Place:
        """Return a body's place, which is none yet."""
        return Place(self._medium, self._large)

    async def beside(
        self, place: Place, work: Callable[[Unpack[_Given]], _Result], *given: *_Given
    ) -> _Result:
        """Work on a body in a thread, which holds the body's place until it has ended."""

        def hold(_: Place) -> _Result:
            return work(*given)

        return await asyncio.wrap_future(self._threads.submit(hold, place))

    def close(self) -> None:
        """Take no more work for threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Place:
    """One body's place: none at first, then one among the larger, then among the largest."""

    def __init__(self, medium: asyncio.Semaphore, large: asyncio.Semaphore) -> None:
        """Start without a place."""
        self._loop = asyncio.get_running_loop()
        self._lines = (medium, large)
        self._taken: list[asyncio.Semaphore] = []

    async def take(self, size: int) -> None:
        """Wait for the place that a body of so many bytes needs.

        Who has one among the larger keeps it while it waits for one among the largest; there nobody
        waits for anything else.
        """
        for line, least in zip(self._lines, (MEDIUM, LARGE), strict=True):
            if size > least and line not in self._taken:
                await line.acquire()
                self._taken.append(line)

    def lessen(self, size: int) -> None:
        """Give back a place among the largest for a body that turned out not to be one."""
        if size <= LARGE and self._lines[1] in self._taken:
            self._taken.remove(self._lines[1])
            self._lines[1].release()

    def __del__(self) -> None:
        """Give the place back: nobody holds the body any more."""
        for line in self._taken:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and so is everything
                self._loop.call_soon_threadsafe(line.release)
