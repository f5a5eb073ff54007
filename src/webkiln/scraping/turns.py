"""Whose page has the event loop: one at a time, and others are heard between two of them.

Pages that arrive together would be rendered one after the other in a single pass of the loop. For
dozens of milliseconds nothing else would be heard then: no claim for a client that waits, no cancel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln.fetching.places import Places

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager


class Turns:
    """Lets one page after the other have the loop, those that somebody waits for first."""

    def __init__(self) -> None:
        """Start with the loop free."""
        # A turn is not passed on at once: what arrived meanwhile is to be heard first.
        self._places = Places(1, pausing=True)

    def turn(self, *, urgent: bool) -> AbstractAsyncContextManager[None]:
        """Wait for a turn, and keep it until the block ends."""
        return self._places.place(urgent=urgent)
