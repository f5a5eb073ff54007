"""Answers read off the wire within bounds, and decoded."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webkiln.errors import ConnectionFailed, SiteFailed
from webkiln.fetching.clients import MAX_HEADER_BYTES, MAX_HEADER_LINES
from webkiln.fetching.decoding import DecodedTooLarge, Undecodable, decode, decode_start
from webkiln.fetching.failures import CLIENT_ERRORS
from webkiln.fetching.large_bodies import MEDIUM, LargeBodies

if TYPE_CHECKING:
    from collections.abc import Sequence

    import wreq

    from webkiln.fetching.large_bodies import Place

Headers = tuple[tuple[str, str], ...]

_MAX_PIECES = 100_000
"""Pieces a body may come in; each costs the event loop a turn, however small it is."""
_INLINE_WIRE = 256 << 10
_INLINE_BODY = 2 << 20
_SWITCHING_PROTOCOLS = 101
_FRAMING = frozenset({"content-length", "transfer-encoding"})


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


@dataclass(frozen=True, slots=True)
class Body:
    """A body: its content coding, how it travelled, and decoded; and its place among the large ones."""

    coding: str
    wire: bytes
    decoded: bytes
    place: Place


class BodyReader:
    """Reads the bodies of one fetcher's answers, a few large ones at a time.

    A page may take its limit twice over, on the wire and decoded, and dozens are in flight: without
    a queue for the large ones, a handful of bombs would take the process down.
    """

    def __init__(self, limit: int) -> None:
        """Keep the most bytes of one body, which holds before and after decoding."""
        self._limit = limit
        self._large = LargeBodies()

    def close(self) -> None:
        """Decode nothing more."""
        self._large.close()

    async def read(self, response: wreq.Response, headers: Headers, origin: str) -> Body:
        """Return the whole body; its place is taken as long as anybody holds it.

        Raises SiteFailed for a body over the limit or in more than 100,000 pieces (nothing more is
        read then, and the connection is closed) and for broken data; ConnectionFailed for data
        that ends early where only the connection's end marked the body's.
        """
        place = self._large.place()
        wire = await self._wire(response, origin, place)
        coding = ", ".join(values_of(headers, "content-encoding"))
        if not coding or not wire:
            return Body(coding, wire, wire, place)
        try:
            decoded, complete = await self._decoded(wire, coding, place)
        except DecodedTooLarge:
            raise self._too_large(origin) from None
        except Undecodable as error:
            raise SiteFailed(f"ERR_CONTENT_DECODING_FAILED: tried {origin}, {error}") from None
        if not complete and not any(name in _FRAMING for name, _ in headers):
            raise ConnectionFailed(
                f"ERR_CONNECTION_CLOSED: tried {origin}, it closed the connection in the middle of the page"
            )
        return Body(coding, wire, decoded, place)

    async def read_start(self, response: wreq.Response, headers: Headers, origin: str, most: int) -> Body:
        """Return what `read` does of at most the first `most` bytes, before and after decoding.

        The connection is closed where there is more. Raises SiteFailed for data that is broken
        from its start.
        """
        place = self._large.place()
        most = min(most, self._limit)
        wire = await self._wire_start(response, most, place)
        coding = ", ".join(values_of(headers, "content-encoding"))
        if not coding or not wire:
            return Body(coding, wire, wire, place)
        try:
            if most > _INLINE_BODY:
                await place.take(most)
                decoded = await self._large.beside(place, decode_start, wire, coding, most)
                place.lessen(len(wire) + len(decoded))
            else:
                decoded = decode_start(wire, coding, most)
        except Undecodable as error:
            raise SiteFailed(f"ERR_CONTENT_DECODING_FAILED: tried {origin}, {error}") from None
        return Body(coding, wire, decoded, place)

    async def _wire_start(self, response: wreq.Response, most: int, place: Place) -> bytes:
        """Return the first bytes of the body as it travelled; data that ends early is a start, too."""
        buffer = io.BytesIO()
        pieces = 0
        stream = response.stream()
        try:
            async for piece in stream:
                if not isinstance(piece, memoryview):
                    continue  # trailers
                pieces += 1
                buffer.write(piece[: most - buffer.tell()])
                if buffer.tell() >= most or pieces > _MAX_PIECES:
                    break
                if buffer.tell() > MEDIUM:
                    await place.take(buffer.tell())
        except CLIENT_ERRORS:
            if not buffer.tell():
                raise
        finally:
            stream.__exit__(None, None, None)
        return buffer.getvalue()

    async def _wire(self, response: wreq.Response, origin: str, place: Place) -> bytes:
        """Return the body as it travelled."""
        if response.content_length is not None and response.content_length > self._limit:
            raise self._too_large(origin)
        buffer = io.BytesIO()
        size = pieces = 0
        stream = response.stream()
        try:
            async for piece in stream:
                if not isinstance(piece, memoryview):
                    continue  # trailers
                size += len(piece)
                pieces += 1
                if size > self._limit:
                    raise self._too_large(origin)
                if pieces > _MAX_PIECES:
                    raise SiteFailed(f"ERR_FAILED: tried {origin}, its page comes in too many tiny pieces")
                if size > MEDIUM:
                    await place.take(size)
                buffer.write(piece)
        finally:
            stream.__exit__(None, None, None)  # an error's traceback must not keep the socket open
        return buffer.getvalue()

    async def _decoded(self, wire: bytes, coding: str, place: Place) -> tuple[bytes, bool]:
        """Decode here when it is quick, else in a thread, for the event loop has cancels to hear."""
        if len(wire) <= _INLINE_WIRE:
            try:
                return decode(wire, coding, min(self._limit, _INLINE_BODY))
            except DecodedTooLarge:
                if self._limit <= _INLINE_BODY:
                    raise
        await place.take(self._limit)
        decoded, complete = await self._large.beside(place, decode, wire, coding, self._limit)
        place.lessen(len(wire) + len(decoded))
        return decoded, complete

    def _too_large(self, origin: str) -> SiteFailed:
        """Return the error for a page over the limit."""
        return SiteFailed(
            f"ERR_FILE_TOO_BIG: tried {origin}, its page is larger than {self._limit >> 20} MiB"
        )


def values_of(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    """Return every value of a header, named in lower case."""
    return [value for key, value in headers if key == name]
