"""The HTTP server of an API process."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import math
import socket
import struct
import sys
from typing import TYPE_CHECKING, ClassVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

_LAST_WORDS_S = 2.0  # for requests that are cut off, to say so
_UNREAD_S = 0.5  # for requests that are on their way when the server ends
_ACCEPTING_S = 0.02  # for a turn of the loop, which accepts all that wait
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_SO_DETACH_FILTER = 27
_BPF_RETURN = 6  # linux/filter.h: BPF_RET | BPF_K
_MOST_HEAD_BYTES = 65_536
_MOST_HEARD_BYTES = 4_096  # of a message over a WebSocket: those who watch have nothing to say


def shut_to_newcomers(listener: socket.socket) -> None:
    """Drop every packet that comes to a listening socket; whoever is in its queue can be accepted.

    Closing a listening socket resets the connections in its queue, and while it is open further ones
    join them. A client whose packet is dropped sends it again, and is then refused, or served by the
    next process. Elsewhere than on Linux, and where a sandbox forbids it, nothing is dropped.
    """
    if sys.platform != "linux":
        return
    rule = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, 0))  # of no byte
    program = struct.pack("HP", 1, ctypes.addressof(rule))
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def open_to_newcomers(listener: socket.socket) -> None:
    """Undo `shut_to_newcomers`: a process that ended left the socket so to the one that follows it."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # there was no filter
            listener.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)


class _Door(HttpToolsProtocol):
    """One connection; a request's head, its line and headers, must be small and come soon.

    The parser underneath keeps whatever arrives, from clients that have shown no key yet.
    """

    head_s: ClassVar[float]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._put_off = False
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._late.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head, and refuse to go on when it is too much."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > _MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Begin to wait for the head of a further request on the same connection."""
        super().on_message_begin()
        if not self._in_head:
            self._begin_head()

    def on_headers_complete(self) -> None:
        """Take the head for complete."""
        self._in_head = False
        self._late.cancel()
        super().on_headers_complete()

    def shutdown(self) -> None:
        """Close what has nothing under way; a new connection only when its request does not come soon."""
        if self.cycle is None and not self._put_off and not self.transport.is_closing():
            # It was accepted: closed now, with its request on the way, it would be reset.
            self._put_off = True
            self.loop.call_later(_UNREAD_S, self.shutdown)
            return
        super().shutdown()

    def _begin_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._late = self.loop.call_later(self.head_s, self.transport.close)


class HttpServer(uvicorn.Server):
    """Serves an application until `stop`, then for `drain_s` more what was asked before.

    Signals are left to the process that runs it. Requests that are not answered in time are
    cancelled, and have a moment to say so to their clients. A request's head may take `head_s`.
    """

    def __init__(self, app: ASGIApp, *, drain_s: float, head_s: float = 30.0) -> None:
        """Configure the server; nothing listens before `serve`."""
        super().__init__(
            uvicorn.Config(
                app,
                http=type("Door", (_Door,), {"head_s": head_s}),
                loop="none",
                ws="websockets-sansio",
                ws_max_size=_MOST_HEARD_BYTES,
                # Compressing 10 MB of documents holds up the loop, and every cancel, for 0.3 s.
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=math.ceil(drain_s),
            )
        )

    def stop(self) -> None:
        """Accept nothing more, and return from `serve` when what is asked is answered."""
        self.should_exit = True

    def give_up(self) -> None:
        """After `stop`, wait no longer: what is not answered yet will not be, and is told so.

        From Python 3.12 on the listening sockets wait for their connections, so these have to end too.
        """
        if not self.force_exit:
            self.force_exit = True
            for request in set(self.server_state.tasks):
                request.cancel()
            asyncio.get_running_loop().call_later(_LAST_WORDS_S, self._hang_up)

    def _hang_up(self) -> None:
        for connection in set(self.server_state.connections):
            connection.transport.abort()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on open sockets until `stop`."""
        for listener in sockets or []:
            open_to_newcomers(listener)
        await super().serve(sockets)
        cut_off = set(self.server_state.tasks)
        for request in cut_off:
            request.cancel()
        if cut_off:
            await asyncio.wait(cut_off, timeout=_LAST_WORDS_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept those who have connected already, then close the listening sockets and the rest."""
        for listener in sockets or []:
            shut_to_newcomers(listener)
        await asyncio.sleep(_ACCEPTING_S)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none; the original's would end the process before it has cleaned up."""
        yield
