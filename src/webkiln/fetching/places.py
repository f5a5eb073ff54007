"""So many at once, and those that somebody waits for first."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Places:
    """A semaphore with two lines: who is urgent comes before everybody else."""

    def __init__(self, count: int, *, pausing: bool = False) -> None:
        """Start with all places free; `pausing` lets the loop turn before a place is passed on."""
        self._free = count
        self._pausing = pausing
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @contextlib.asynccontextmanager
    async def place(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a place and keep it until the block ends."""
        if self._free:
            self._free -= 1
        else:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            (self._urgent if urgent else self._others).append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if not mine.cancelled():
                    self._pass_on()  # the place had come already
                raise
        try:
            yield
        finally:
            if self._pausing:
                asyncio.get_running_loop().call_soon(self._pass_on)
            else:
                self._pass_on()

    def _pass_on(self) -> None:
        for line in (self._urgent, self._others):
            while line:
                following = line.popleft()
                if not following.done():
                    following.set_result(None)
                    return
        self._free += 1
