"""Names into addresses, without blocking the event loop and without outliving the program."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from webkiln.fetching.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from webkiln.fetching.addresses import IPAddress

    Lookup = Callable[[str], Awaitable[list[IPAddress]]]
    """Answers with every address of a name, A and AAAA together; an empty list when there is none."""

_MAX_AT_ONCE = 64
"""Lookups under way at once; the system's resolver can hold each for some tens of seconds."""


def ask_system(name: str) -> list[IPAddress]:
    """Ask the system's resolver, which also knows the hosts file; blocks.

    Every failure is an empty answer: who cannot be resolved is not fetched.
    """
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    found: dict[IPAddress, None] = {}
    for *_, sockaddr in answers:
        address = parse_address(str(sockaddr[0]))
        if address is not None:
            found[address] = None
    return list(found)


class SystemLookup:
    """Runs a blocking resolver in one daemon thread a question.

    getaddrinfo cannot be cancelled, and a resolver that hangs must hold up neither the event
    loop's own threads nor the end of the program; a thread costs a tenth of what a lookup does.
    """

    def __init__(self, ask: Callable[[str], list[IPAddress]] = ask_system) -> None:
        """Keep the blocking function to call."""
        self._ask = ask
        self._places = asyncio.Semaphore(_MAX_AT_ONCE)

    async def __call__(self, name: str) -> list[IPAddress]:
        """Return the addresses of a name, each once, in the order the system prefers."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[list[IPAddress]] = loop.create_future()

        def settle(answer: list[IPAddress]) -> None:
            self._places.release()
            if not answered.done():
                answered.set_result(answer)

        def work() -> None:
            answer = self._ask(name)
            with contextlib.suppress(RuntimeError):  # the loop closed in the meantime
                loop.call_soon_threadsafe(settle, answer)

        threading.Thread(target=work, name="webkiln-dns", daemon=True).start()
        return await answered
