"""Answers read off the wire within bounds, and decoded."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

from webkiln.errors import ConnectionFailed, SiteFailed
from webkiln.fetching.clients import MAX_HEADER_BYTES, MAX_HEADER_LINES
from webkiln.fetching.decoding import DecodedTooLarge, Undecodable, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import wreq

Headers = tuple[tuple[str, str], ...]

_MAX_PIECES = 100_000
"""Pieces a body may come in; each costs the event loop a turn, however small it is."""
_INLINE_WIRE = 256 << 10
_INLINE_BODY = 2 << 20
_SWITCHING_PROTOCOLS = 101


def read_headers(response: wreq.Response, origin: str) -> Headers:
    """Return the headers as Latin-1 text, names in lower case.

    Raises SiteFailed for more than 500 of them or 64 KiB, and for a protocol switch nobody asked for.
    """
    headers = tuple((str(name, "latin-1"), str(value, "latin-1")) for name, value in response.headers)
    if len(headers) > MAX_HEADER_LINES or sum(len(n) + len(v) for n, v in headers) > MAX_HEADER_BYTES:
        raise SiteFailed(
            f"ERR_RESPONSE_HEADERS_TOO_BIG: tried {origin}, its headers are too many or too long"
        )
    if response.status.as_int() == _SWITCHING_PROTOCOLS:
        raise SiteFailed(f"ERR_INVALID_HTTP_RESPONSE: tried {origin}, it switched protocols unasked")
    return headers


async def read_wire(response: wreq.Response, origin: str, limit: int) -> bytes:
    """Return the body as it travelled.

    Raises SiteFailed over `limit` bytes or 100,000 pieces; nothing more is read then, and the
    connection is closed.
    """
    if response.content_length is not None and response.content_length > limit:
        raise _too_large(origin, limit)
    buffer = io.BytesIO()
    size = pieces = 0
    stream = response.stream()
    try:
        async for piece in stream:
            if not isinstance(piece, memoryview):
                continue  # trailers
            size += len(piece)
            pieces += 1
            if size > limit:
                raise _too_large(origin, limit)
            if pieces > _MAX_PIECES:
                raise SiteFailed(f"ERR_FAILED: tried {origin}, its page comes in too many tiny pieces")
            buffer.write(piece)
    finally:
        stream.__exit__(None, None, None)  # an error's traceback must not keep the socket open
    return buffer.getvalue()


async def decoded(wire: bytes, headers: Headers, origin: str, limit: int) -> tuple[str, bytes]:
    """Return the content coding and the body it was undone to.

    Usual pages are decoded on the spot; what is large, or turns out so, goes to a thread, for the
    event loop has cancels to hear. Raises SiteFailed over `limit` bytes or for broken data, and
    ConnectionFailed for data that ends early when only the connection's end marked the body's.
    """
    coding = ", ".join(values_of(headers, "content-encoding"))
    if not coding or not wire:
        return coding, wire
    try:
        body, complete = await _decode(wire, coding, limit)
    except DecodedTooLarge:
        raise _too_large(origin, limit) from None
    except Undecodable as error:
        raise SiteFailed(f"ERR_CONTENT_DECODING_FAILED: tried {origin}, {error}") from None
    if not complete and not any(name in {"content-length", "transfer-encoding"} for name, _ in headers):
        raise ConnectionFailed(
            f"ERR_CONNECTION_CLOSED: tried {origin}, it closed the connection before the page was complete"
        )
    return coding, body


async def _decode(wire: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """Decode here when it is quick, else in a thread (the decoders let go of the GIL)."""
    if len(wire) <= _INLINE_WIRE:
        try:
            return decode(wire, coding, min(limit, _INLINE_BODY))
        except DecodedTooLarge:
            if limit <= _INLINE_BODY:
                raise
    return await asyncio.to_thread(decode, wire, coding, limit)


def values_of(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    """Return every value of a header, named in lower case."""
    return [value for key, value in headers if key == name]


def _too_large(origin: str, limit: int) -> SiteFailed:
    """Return the error for a page over the limit."""
    return SiteFailed(f"ERR_FILE_TOO_BIG: tried {origin}, its page is larger than {limit >> 20} MiB")
