"""Whose page has the event loop: one at a time, and others are heard between two of them.

Pages that arrive together would be rendered one after the other in a single pass of the loop. For
dozens of milliseconds nothing else would be heard then: no claim for a client that waits, no cancel.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Turns:
    """Lets one page after the other have the loop, those that somebody waits for first."""

    def __init__(self) -> None:
        """Start with the loop free."""
        self._taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @contextlib.asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the block ends."""
        if self._taken:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            line = self._urgent if urgent else self._others
            line.append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if not mine.cancelled():
                    self._pass_on()  # the turn had come already
                raise
        self._taken = True
        try:
            yield
        finally:
            # Not at once: what arrived meanwhile is to be heard first.
            asyncio.get_running_loop().call_soon(self._pass_on)

    def _pass_on(self) -> None:
        for line in (self._urgent, self._others):
            while line:
                following = line.popleft()
                if not following.done():
                    following.set_result(None)
                    return
        self._taken = False
