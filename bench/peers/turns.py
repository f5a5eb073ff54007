"""How a peer with a browser is told what to do: it stays, shows pages when asked, is measured from outside.

Its browser and driver are processes of their own, which it cannot count itself. It answers each line
of its input, a JSON list of URLs, with a line `{"shown": 60, "characters": 81234.5}`: how many pages
came with all that their script makes, and how long their text is.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def say(**line: object) -> None:
    """Write one line."""
    print(json.dumps(line), flush=True)


async def take_turns(peer: str, last: str, show: Callable[[list[str]], Awaitable[list[str]]]) -> None:
    """Say who this is, then show what is asked for until the input ends; a page without `last` is none."""
    say(peer=peer)
    while line := await asyncio.to_thread(sys.stdin.readline):
        texts = [text for text in await show(json.loads(line)) if last in text]
        say(shown=len(texts), characters=sum(map(len, texts)) / max(len(texts), 1))
