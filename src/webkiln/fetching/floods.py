"""Servers that talk for ever before they answer.

HTTP lets a server send any number of informational answers (1xx) before the real one, and the
client swallows them in silence, so nobody counts those bytes. While a request waits for its answer
longer than usual, the kernel is asked how much its sockets have received. Linux only; elsewhere
such a server costs bandwidth until the page's timeout.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from webkiln.fetching.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webkiln.fetching.addresses import IPAddress

_PATIENCE_S = 2.0
_INTERVAL_S = 1.0
_MOST_BYTES = 1 << 20
"""Received by a connection, after the first look, without the answer that is waited for."""
_MOST_BYTES_OF_ANY = 6 << 20
"""The same where it is not certain which of several connections the answer will come from."""
_MOST_ANSWERED = 4_096
_DESCRIPTORS = Path("/proc/self/fd")
_BYTES_RECEIVED = struct.Struct("=128xQ")  # tcpi_bytes_received in Linux' struct tcp_info


class Connection(NamedTuple):
    """One TCP connection of this process and the bytes it has received so far."""

    local_port: int
    peer: IPAddress
    peer_port: int
    received: int


class _Waiting:
    """A request that waits for the head of its answer."""

    __slots__ = ("addresses", "port", "scope", "seen", "since")

    def __init__(
        self, scope: asyncio.Timeout, addresses: frozenset[IPAddress], port: int, since: float
    ) -> None:
        """Keep what to end, and where the answer comes from."""
        self.scope = scope
        self.addresses = addresses
        self.port = port
        self.since = since
        self.seen: dict[int, int] = {}

    def is_flooded(self, connections: list[Connection], answered: dict[int, float]) -> bool:
        """Return whether the connection this request waits on has grown too much.

        Which connection that is, the client does not tell: it is one of those there at the first
        look that have given no answer since. All of them must have grown, or one of them by far
        more, so that a slow page does not pay for another's flood.
        """
        silent = {
            connection.local_port: connection.received
            for connection in connections
            if connection.peer_port == self.port
            and connection.peer in self.addresses
            and answered.get(connection.local_port, 0) < self.since
        }
        if not self.seen:
            self.seen = silent
        grown = [silent[port] - before for port, before in self.seen.items() if port in silent]
        return bool(grown) and (min(grown) > _MOST_BYTES or max(grown) > _MOST_BYTES_OF_ANY)


class FloodWatch:
    """Watches the requests of one fetcher; costs a dictionary entry for those that are answered soon."""

    def __init__(self) -> None:
        """Start with nothing to watch."""
        self._waiting: dict[int, _Waiting] = {}
        self._answered: dict[int, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._works = _DESCRIPTORS.is_dir()

    def begin(self, scope: asyncio.Timeout, addresses: frozenset[IPAddress], port: int) -> int:
        """Watch a request to one of the addresses; a flood makes `scope` time out. Answers with a token."""
        loop = asyncio.get_running_loop()
        token = id(scope)
        self._waiting[token] = _Waiting(scope, addresses, port, loop.time())
        if self._timer is None and self._works:
            self._timer = loop.call_later(_PATIENCE_S, self._look)
        return token

    def end(self, token: int) -> None:
        """Stop watching a request."""
        del self._waiting[token]

    def answered(self, local_port: int) -> None:
        """Note that a connection, by its port on our side, has just given an answer."""
        if len(self._answered) > _MOST_ANSWERED:
            self._answered.clear()
        self._answered[local_port] = asyncio.get_running_loop().time()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """End the requests that are flooded, and look again while any request is being watched."""
        self._timer = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        patient = [w for w in self._waiting.values() if loop.time() - w.since >= _PATIENCE_S]
        if patient:
            connections = list(own_connections())
            for waiting in patient:
                if not waiting.scope.expired() and waiting.is_flooded(connections, self._answered):
                    waiting.scope.reschedule(loop.time())
        self._timer = loop.call_later(_INTERVAL_S, self._look)


def own_connections() -> Iterator[Connection]:
    """Return the TCP connections of this process, as far as the system tells.

    Other threads open and close sockets meanwhile; what vanishes is left out.
    """
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 (thousands of names, no need of paths)
        with contextlib.suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(name))) as copy:
                if copy.family not in {socket.AF_INET, socket.AF_INET6} or copy.type != socket.SOCK_STREAM:
                    continue
                host, port, *_ = copy.getpeername()
                info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED.size)
                peer = parse_address(host)
                if peer is not None and len(info) == _BYTES_RECEIVED.size:
                    (received,) = _BYTES_RECEIVED.unpack(info)
                    yield Connection(copy.getsockname()[1], peer, port, received)
