"""HTTP/1.1 messages on their way through the gate: one request and its answer on each connection.

A browser keeps its connections to a proxy and sends the next request, perhaps for another site, on one
that it has. Nothing that follows the first may reach the site of the first; so the site is told to close,
the browser is told that it has, whatever the site itself says, and no more than one request is passed on.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

HEAD_BYTES: Final = 128 * 1024
_CHUNK: Final = 64 * 1024

# What concerns one connection only (RFC 9110 §7.6.1), and what a proxy must not pass on.
_OF_A_REQUEST: Final = frozenset(
    {"connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade", "proxy-authorization"}
)
_OF_AN_ANSWER: Final = frozenset({b"connection", b"proxy-connection", b"keep-alive"})
_LINE_END: Final = re.compile(rb"\r?\n")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_SLOP: Final = 4  # bytes that browsers overlook before "HTTP"
_STATUS: Final = re.compile(rb"HTTP/[0-9.]+[ \t]+1[0-9][0-9]\b", re.IGNORECASE)
_SWITCHING: Final = re.compile(rb"HTTP/[0-9.]+[ \t]+101\b", re.IGNORECASE)
_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,15}")


def onward(head: str, method: str, path: str, authority: str) -> bytes:
    """Return a request as the site itself gets it: in origin form, one on its connection, then closed."""
    lines = head.split("\r\n")[1:-2]
    dropped = {"host", *_OF_A_REQUEST, *_named(lines)}
    kept = [line for line in lines if line.partition(":")[0].strip().lower() not in dropped]
    first = [f"{method} {path if path.startswith('/') else f'/{path}'} HTTP/1.1", f"Host: {authority}"]
    return "\r\n".join([*first, *kept, "Connection: close", "", ""]).encode("latin-1")


def _named(lines: list[str]) -> set[str]:
    """Return what the header `Connection` names as its own."""
    values = (line.partition(":")[2] for line in lines if line.lower().startswith("connection:"))
    framing = {"content-length", "transfer-encoding"}  # the message would be another one without
    return {name.strip().lower() for value in values for name in value.split(",")} - framing


async def pass_body(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on the body of the request that `head` begins, and nothing after it.

    Returns when the browser has gone, or has said more than that. Raises ValueError for a body whose
    end cannot be told, EOFError where it breaks off.
    """
    fields = [line.partition(":") for line in head.split("\r\n")[1:-2]]
    of = {name.strip().lower(): value.strip() for name, _, value in fields}
    if "transfer-encoding" in of:
        await _pass_chunks(reader, writer)
    else:
        length = of.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()):
            raise ValueError("no length")
        await _pass(int(length), reader, writer)
    await reader.read(1)


async def _pass(count: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while count:
        data = await reader.read(min(count, _CHUNK))
        if not data:
            raise EOFError
        count -= len(data)
        await _give(data, writer)


async def _give(data: bytes, writer: asyncio.StreamWriter) -> None:
    """Send data; a site that wants no more of it may have answered all the same."""
    with contextlib.suppress(OSError):
        writer.write(data)
        await writer.drain()


async def _pass_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    last = False
    while not last:
        line = await reader.readuntil(b"\r\n")
        size = _SIZE.match(line)
        if size is None:
            raise ValueError("no chunk")
        await _give(line, writer)
        last = not int(size[0], 16)
        if not last:
            await _pass(int(size[0], 16) + len(b"\r\n"), reader, writer)
    while line != b"\r\n":
        line = await reader.readuntil(b"\r\n")
        await _give(line, writer)


class Answer:
    """An answer as the browser gets it: after its head nothing is expected on the connection any more."""

    def __init__(self) -> None:
        """Start before its first byte."""
        self._held = bytearray()
        self._searched = 0
        self._begun = False
        self._through = False

    def feed(self, data: bytes) -> bytes:
        """Return what of the site's data the browser gets now; raises ValueError for an endless head."""
        if self._through:
            return data
        self._held += data
        if not self._begun:
            if len(self._held) < _SLOP + len(b"HTTP"):
                return b""
            self._begun = True
            at = bytes(self._held[: _SLOP + len(b"HTTP")]).lower().find(b"http")
            if at < 0:  # no head at all: all of it is shown, and the connection not used again
                return self.rest()
            del self._held[:at]
        return self._heads()

    def rest(self) -> bytes:
        """Return what is left when the site has said all."""
        self._through = True
        held, self._held = bytes(self._held), bytearray()
        return held

    def _heads(self) -> bytes:
        """Return the informational heads that are complete, and from the last one on everything."""
        given: list[bytes] = []
        while True:
            end = _HEAD_END.search(self._held, max(self._searched - len(b"\r\n\r"), 0))
            if end is None:
                self._searched = len(self._held)
                if self._searched > HEAD_BYTES:
                    raise ValueError("too long a head")
                return b"".join(given)
            head = bytes(self._held[: end.end()])
            del self._held[: end.end()]
            self._searched = 0
            if _STATUS.match(head) is None:
                return b"".join([*given, _closing(head), self.rest()])
            given.append(head)
            if _SWITCHING.match(head) is not None:
                return b"".join([*given, self.rest()])


def _closing(head: bytes) -> bytes:
    """Return the head of an answer after which the connection is closed."""
    kept: list[bytes] = []
    dropping = False
    for line in _LINE_END.split(head.rstrip(b"\r\n")):
        if not line.startswith((b" ", b"\t")):  # else it goes on with the line before
            dropping = line.partition(b":")[0].strip().lower() in _OF_AN_ANSWER
        if not dropping:
            kept.append(line)
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])
