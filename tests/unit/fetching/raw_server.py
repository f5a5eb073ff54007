"""A server that speaks whatever bytes a test wants, and remembers when its clients left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Answer = Callable[["Connection"], Awaitable[None]]


@dataclass
class Connection:
    """One client: `read_head` reads a request, `send` answers, `gone_at` says when it hung up."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: asyncio.Event
    heads: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    gone_at: float = 0.0

    async def read_head(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        self.asked.set()
        return head

    def note_gone(self):
        self.gone_at = time.perf_counter()
        self.gone.set()

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def until_gone(self):
        """Wait until the client closes, and note the time."""
        try:
            while await self.reader.read(65_536):
                pass
        except ConnectionError:
            pass
        self.note_gone()

    @property
    def path(self):
        return self.heads[-1].split()[1].decode()


class RawServer:
    """Listens on a loopback address; `answer` handles one connection from its first byte on."""

    def __init__(self, answer: Answer, host="127.0.0.1", tls=None):
        self.connections: list[Connection] = []
        self.connected = asyncio.Event()
        self.asked = asyncio.Event()
        self._answer = answer
        self._host = host
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, self._host, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self.connections:
            connection.writer.transport.abort()

    def url(self, path="/", host=None):
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host or self._host}:{self.port}{path}"

    @property
    def heads(self):
        return [head for connection in self.connections for head in connection.heads]

    def _accept(self, reader, writer):
        connection = Connection(reader, writer, self.asked)
        self.connections.append(connection)
        self.connected.set()
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection):
        try:
            await self._answer(connection)
        except (ConnectionError, asyncio.IncompleteReadError):
            connection.note_gone()
        finally:
            connection.writer.close()


def page(body=b"hello", status="200 OK", headers=()):
    """Return a whole answer with a length."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fixed(data):
    """Answer every request with the same bytes, then wait for the client to leave."""

    async def answer(connection):
        await connection.read_head()
        await connection.send(data)
        await connection.until_gone()

    return answer


def closing(data):
    """Answer one request with some bytes, then close."""

    async def answer(connection):
        await connection.read_head()
        await connection.send(data)

    return answer


def site(pages):
    """Answer requests by path, keeping connections alive; a value may be a function of the head."""

    async def answer(connection):
        while True:
            head = await connection.read_head()
            found = pages.get(connection.path.partition("?")[0], page(b"nothing", "404 Not Found"))
            await connection.send(found(head) if callable(found) else found)

    return answer


def sent(head):
    """Return a request's headers by lower-case name."""
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
