"""Names into addresses, without blocking the event loop, and without a thread or a place for who gave up."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

import structlog

from webkiln.fetching.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pycares

    from webkiln.fetching.addresses import IPAddress

    Lookup = Callable[[str], Awaitable[list[IPAddress]]]
    """Answers with every address of a name, A and AAAA together; an empty list when there is none."""

log = structlog.get_logger(__name__)

_TIMEOUT_S = 2.0  # for a server's first answer; c-ares doubles it for the second try
_TRIES = 2
_MOST_QUESTIONS = 1_024
"""Questions of a line under way at once, those included that nobody waits for any more."""


def open_channel() -> pycares.Channel:
    """Return a channel that asks as the system is set up to: hosts file, resolv.conf, search domains."""
    import pycares  # noqa: PLC0415 (only who has a name to look up loads it)

    return pycares.Channel(timeout=_TIMEOUT_S, tries=_TRIES)


class Dns:
    """Asks DNS with c-ares: one thread and a few sockets for any number of questions.

    Every question ends by itself, within some seconds for each server of the system's. The channel is
    opened with the first of them.
    """

    def __init__(self, open_channel: Callable[[], pycares.Channel] = open_channel) -> None:
        """Ask through the channel that `open_channel` returns."""
        self._open = open_channel
        self._channel: pycares.Channel | None = None

    def line(self, most: int = _MOST_QUESTIONS) -> Lookup:
        """Return a lookup with places of its own: what its callers ask holds up nobody else's."""
        return _Line(self, most)

    def ask(self, name: str, answered: Callable[[list[IPAddress]], None]) -> None:
        """Have `answered` called, by any thread, with the addresses of a name; none for every failure."""
        if self._channel is None:
            self._channel = self._open()
        self._channel.getaddrinfo(
            name,
            None,
            type=socket.SOCK_STREAM,
            callback=lambda found, _error: answered(_addresses(found)),
        )


class _Line:
    """The questions of one kind of caller: so many at once, each with a place until DNS is done with it."""

    def __init__(self, dns: Dns, most: int) -> None:
        self._dns = dns
        self._places = asyncio.Semaphore(most)

    async def __call__(self, name: str) -> list[IPAddress]:
        """Return the addresses of a name, each once, in the order of RFC 6724."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[IPAddress]] = loop.create_future()

        def settle(found: list[IPAddress]) -> None:
            self._places.release()
            if not answer.done():
                answer.set_result(found)

        def answered(found: list[IPAddress]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop closed in the meantime
                loop.call_soon_threadsafe(settle, found)

        try:
            self._dns.ask(name, answered)
        except Exception as error:  # noqa: BLE001 (of a name that is none, or of a channel that cannot be opened)
            log.info("a name cannot be asked for", reason=type(error).__name__)
            settle([])
        return await answer


def _addresses(found: Any) -> list[IPAddress]:
    """Return the addresses of an answer; there is none for a failure."""
    texts = () if found is None else (node.addr[0] for node in found.nodes)
    parsed = (parse_address(text.decode() if isinstance(text, bytes) else text) for text in texts)
    return list(dict.fromkeys(address for address in parsed if address is not None))
