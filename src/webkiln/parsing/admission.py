"""Who may begin: so many jobs at once, within so much memory, those that somebody waits for first."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(slots=True, eq=False)
class _Waiting:
    """Somebody who waits, and for how much."""

    bytes: int
    called: asyncio.Future[None]


class Admission:
    """Places for jobs, one of them kept for those that somebody waits for, and the memory of all together.

    A job that takes no more than `small` of memory goes past one that has to wait for its memory: what
    the largest may take is free again all the same when it is its turn, for `memory` has as much besides.
    """

    def __init__(self, places: int, *, largest: int, small: int) -> None:
        """Start with everything free: `places` for anybody, one more for who is urgent."""
        self._places = places
        self._memory = largest + small
        self._largest = largest
        self._small = small
        self._urgent: deque[_Waiting] = deque()
        self._others: deque[_Waiting] = deque()

    @contextlib.asynccontextmanager
    async def admitted(self, most_bytes: int, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a place and for memory, and keep both until the block ends."""
        most_bytes = min(most_bytes, self._largest)
        mine = _Waiting(most_bytes, asyncio.get_running_loop().create_future())
        line = self._urgent if urgent else self._others
        line.append(mine)
        self._call()
        try:
            await mine.called
        except asyncio.CancelledError:
            if mine in line:
                line.remove(mine)
            else:
                self._leave(most_bytes)
            raise
        try:
            yield
        finally:
            self._leave(most_bytes)

    def _leave(self, most_bytes: int) -> None:
        self._places += 1
        self._memory += most_bytes
        self._call()

    def _call(self) -> None:
        """Let in whoever can begin now."""
        for line, kept in ((self._urgent, -1), (self._others, 0)):
            blocked = False
            for one in list(line):
                if self._places <= kept:
                    break
                if one.called.done():
                    continue  # given up, and about to leave the line
                if one.bytes <= self._memory and (not blocked or one.bytes <= self._small):
                    line.remove(one)
                    self._places -= 1
                    self._memory -= one.bytes
                    one.called.set_result(None)
                else:
                    blocked = True
