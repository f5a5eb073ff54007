"""A TCP proxy that can go silent, forget its connections, reset or delay them: a network that misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 65_536
_ANSWER_S = 5.0
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time, so that close() sends RST


class Proxy:
    """Forwards connections to a port of this host, from a thread of its own until `close`."""

    def __init__(self, target_port: int) -> None:
        """Listen on a free port of 127.0.0.1, given as `port`."""
        self.port = 0
        self._target_port = target_port
        self._delay_s = 0.0
        self._flowing = asyncio.Event()
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(_ANSWER_S)

    def silence(self) -> None:
        """Forward nothing any more, in no direction; connections stay, and new ones are accepted."""
        self._do(self._flowing.clear)

    def resume(self) -> None:
        """Forward again, what was held back first."""
        self._do(self._flowing.set)

    def forget(self) -> None:
        """Leave all present connections silent for ever, as when a router forgets them; new ones work."""
        self._do(lambda: _each(self._links, _Link.forget))

    def reset(self) -> None:
        """Reset all present connections (RST), on both sides."""
        self._do(lambda: _each(self._links, _Link.reset))

    def delay(self, seconds: float) -> None:
        """Hold everything back for a while from now on; 0 for no longer."""
        self._do(lambda: setattr(self, "_delay_s", seconds))

    def close(self) -> None:
        """Close every connection and the port."""
        self.reset()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_ANSWER_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_ANSWER_S)
        self._loop.close()

    def _do(self, action: Callable[[], object]) -> None:
        done = threading.Event()

        def act() -> None:
            action()
            done.set()

        self._loop.call_soon_threadsafe(act)
        done.wait(_ANSWER_S)

    async def _listen(self) -> asyncio.Server:
        self._flowing.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _end(self) -> None:
        self._server.close()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link()
        link.writers.append(writer)
        self._links.add(link)
        try:
            await self._flowing.wait()
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            link.writers.append(other_writer)
            await asyncio.gather(
                self._pump(link, reader, other_writer), self._pump(link, other_reader, writer)
            )
        except (OSError, asyncio.CancelledError):
            pass  # the other side is not there, or has gone, or the proxy ends: so does this side, below
        finally:
            self._links.discard(link)
            for side in link.writers:
                side.close()

    async def _pump(self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            await self._flowing.wait()
            await link.remembered.wait()
            writer.write(chunk)
            await writer.drain()
        # The end of a stream is news too: a silent network does not bring it.
        await self._flowing.wait()
        await link.remembered.wait()
        writer.close()


def _each(links: set[_Link], act: Callable[[_Link], None]) -> None:
    for link in list(links):
        act(link)


class _Link:
    """One connection through the proxy, both of its sides."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.remembered = asyncio.Event()
        self.remembered.set()

    def forget(self) -> None:
        self.remembered.clear()

    def reset(self) -> None:
        self.remembered.set()
        for writer in self.writers:
            plug = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
