"""Doing things side by side while doing them brings up more of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


async def side_by_side(
    take: Callable[[], T | None], work: Callable[[T], Awaitable[None]], *, at_once: int
) -> None:
    """Work on what `take` gives, `at_once` at a time, until it gives None and nothing is in hand.

    The first exception ends it all; what is in hand then is cancelled, as when this call is.
    """
    in_hand: set[asyncio.Future[None]] = set()
    try:
        while True:
            while len(in_hand) < at_once and (item := take()) is not None:
                in_hand.add(asyncio.ensure_future(work(item)))
            if not in_hand:
                return
            done, in_hand = await asyncio.wait(in_hand, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
    finally:
        for one in in_hand:
            one.cancel()
        if in_hand:
            await asyncio.wait(in_hand)
