"""The HTTP server of an API process."""

from __future__ import annotations

import asyncio
import contextlib
import math
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp

_LAST_WORDS_S = 2.0  # for requests that are cut off, to say so
_MOST_HEARD_BYTES = 4_096  # of a message over a WebSocket: those who watch have nothing to say


class HttpServer(uvicorn.Server):
    """Serves an application until `stop`, then for `drain_s` more what was asked before.

    Signals are left to the process that runs it. Requests that are not answered in time are
    cancelled, and have a moment to say so to their clients.
    """

    def __init__(self, app: ASGIApp, *, drain_s: float) -> None:
        """Configure the server; nothing listens before `serve`."""
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
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

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on open sockets until `stop`."""
        await super().serve(sockets)
        cut_off = set(self.server_state.tasks)
        if cut_off:
            await asyncio.wait(cut_off, timeout=_LAST_WORDS_S)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none; the original's would end the process before it has cleaned up."""
        yield
