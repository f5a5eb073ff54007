"""Messages between a worker and its children: a JSON head and bytes, each with its length before it."""

from __future__ import annotations

import io
import json
import struct
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Mapping

_LENGTHS = struct.Struct("!IQ")
_PIECE = 1 << 18
_MOST_HEAD = 64 << 20


def _begin(head: Mapping[str, Any], body: bytes) -> bytes:
    text = _written(head)
    return _LENGTHS.pack(len(text), len(body)) + text


def _written(head: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(head)
    except TypeError:  # half a character, which UTF-8 has no bytes for
        return json.dumps(head).encode()


def _read_head(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _checked(lengths: bytes, most_bytes: int) -> tuple[int, int]:
    head, body = _LENGTHS.unpack(lengths)
    if head > _MOST_HEAD or body > most_bytes:
        raise OverflowError(f"a message of {head} and {body} bytes")
    return head, body


async def send(
    loop: asyncio.AbstractEventLoop, connection: socket.socket, head: Mapping[str, Any], body: bytes
) -> None:
    """Send one message without a copy of its bytes; raises OSError when nobody is there."""
    await loop.sock_sendall(connection, _begin(head, body))
    if body:
        await loop.sock_sendall(connection, memoryview(body))


async def receive(
    loop: asyncio.AbstractEventLoop, connection: socket.socket, *, most_bytes: int
) -> tuple[Any, bytes]:
    """Return the next message; raises EOFError when there is none, OverflowError for too long a one."""
    head, body = _checked(await _read(loop, connection, _LENGTHS.size), most_bytes)
    return _read_head(await _read(loop, connection, head)), await _read(loop, connection, body)


async def _read(loop: asyncio.AbstractEventLoop, connection: socket.socket, size: int) -> bytes:
    buffer = io.BytesIO()  # gives its bytes away without a copy
    piece = memoryview(bytearray(min(size, _PIECE)))
    while (left := size - buffer.tell()) > 0:
        count = await loop.sock_recv_into(connection, piece[:left])
        if not count:
            raise EOFError
        buffer.write(piece[:count])
    return buffer.getvalue()


def send_now(connection: socket.socket, head: Mapping[str, Any], body: bytes = b"") -> None:
    """Send one message over a connection that blocks."""
    connection.sendall(_begin(head, body))
    if body:
        connection.sendall(body)


def receive_now(connection: socket.socket) -> tuple[Any, bytes]:
    """Return the next message of a connection that blocks; raises EOFError when there is none."""
    head, body = _LENGTHS.unpack(_read_now(connection, _LENGTHS.size))
    return _read_head(_read_now(connection, head)), _read_now(connection, body)


def _read_now(connection: socket.socket, size: int) -> bytes:
    buffer = io.BytesIO()
    piece = memoryview(bytearray(min(size, _PIECE)))
    while (left := size - buffer.tell()) > 0:
        count = connection.recv_into(piece[:left])
        if not count:
            raise EOFError
        buffer.write(piece[:count])
    return buffer.getvalue()
