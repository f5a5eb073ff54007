"""Content codings undone within bounds: a kilobyte on the wire can be a gigabyte of page.

Every decoder takes its input in slices, gives its output in pieces and stops at the limit, so the
most memory a bomb can take is the limit itself. Where a header lies about the coding, the body is
taken for what its first bytes say, as browsers do.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

import brotli
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_CODINGS = 2
MAX_GZIP_MEMBERS = 1_024
MAX_ZSTD_WINDOW = 8 << 20
"""RFC 9659: the largest window a zstd body on the web may ask for, in bytes."""

_PIECE = 1 << 20
_SLICE = 1 << 18

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_HEADER = 10
_GZIP_FOOTER = 8
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # preceded by 0x50 to 0x5f (RFC 8878 §3.1.2)
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT = 2, 4, 8, 16  # RFC 1952 §2.3.1
_RAW_DEFLATE = -15
_DEFLATE_METHOD, _ZLIB_CHECK, _FDICT = 8, 31, 0x20  # RFC 1950 §2.2
_TEXT_SAMPLE = 256
_NOT_TEXT = bytes(set(range(0x20)) - set(b"\t\n\r\f\x1b"))


class DecodedTooLarge(Exception):
    """The body is larger than the limit once decoded; `start` is what fits."""

    def __init__(self, start: bytes = b"") -> None:
        """Keep the first bytes, up to the limit."""
        super().__init__()
        self.start = start


class Undecodable(Exception):
    """The body cannot be decoded; the message says why."""


class _Output:
    """Decoded bytes, and the room that is left."""

    def __init__(self, limit: int) -> None:
        """Start empty; `limit` is in bytes."""
        self._buffer = io.BytesIO()
        self._room = limit

    def add(self, piece: bytes) -> None:
        """Keep a piece. Raises DecodedTooLarge when it does not fit."""
        if len(piece) > self._room:
            self._buffer.write(piece[: self._room])
            raise DecodedTooLarge(self._buffer.getvalue())
        self._room -= len(piece)
        self._buffer.write(piece)

    def most(self) -> int:
        """Return how much to ask a decoder for: one byte over the room shows that it overflows."""
        return min(_PIECE, self._room + 1)

    def bytes(self) -> bytes:
        """Return everything; the buffer gives its memory away without a copy."""
        return self._buffer.getvalue()


def decode(wire: bytes, content_encoding: str, limit: int) -> tuple[bytes, bool]:
    """Undo a `Content-Encoding`; answer with the body and whether its coding had come to its end.

    Codings we do not know leave the body as it is. Checksums are not compared: browsers show a
    page whose checksum is wrong. Raises DecodedTooLarge over `limit` bytes (of any stage), and
    Undecodable for broken data, for more than two codings and for more than 1,024 gzip members.
    """
    codings = _codings(content_encoding)
    if len(codings) > MAX_CODINGS:
        raise Undecodable(f"more than {MAX_CODINGS} content codings are stacked")
    body, complete = wire, True
    if len(wire) > limit:
        raise DecodedTooLarge
    for coding in reversed(codings):
        if body:
            body, whole = coding(body, limit)
            complete = complete and whole
    return body, complete


def decode_start(wire: bytes, content_encoding: str, limit: int) -> bytes:
    """Undo a `Content-Encoding` up to `limit` bytes of the body; `wire` may be the start of it only.

    Raises Undecodable as `decode` does, for what is broken from its start.
    """
    codings = _codings(content_encoding)
    if len(codings) > MAX_CODINGS:
        raise Undecodable(f"more than {MAX_CODINGS} content codings are stacked")
    body = wire[:limit]
    for coding in reversed(codings):
        try:
            body = coding(body, limit)[0] if body else body
        except DecodedTooLarge as large:
            body = large.start
    return body


def _codings(header: str) -> list[Callable[[bytes, int], tuple[bytes, bool]]]:
    """Return the decoders a header names, in the order they were applied."""
    if not header:
        return []
    # The cap on names keeps a header of thousands of codings from being worked through.
    names = (name.strip().lower() for name in header.split(",", MAX_CODINGS * 8))
    return [_DECODERS[name] for name in names if name in _DECODERS]


def _slices(data: bytes, start: int = 0) -> Iterator[memoryview]:
    """Cut data into views, so that no decoder copies more than one of them at a time."""
    view = memoryview(data)
    for position in range(start, len(data), _SLICE):
        yield view[position : position + _SLICE]


def _inflated(data: bytes, start: int, output: _Output) -> int | None:
    """Inflate raw deflate data from `start`; return where it ended, None when the data did first."""
    inflater = zlib.decompressobj(_RAW_DEFLATE)
    position = start
    try:
        for piece in _slices(data, start):
            position += len(piece)
            output.add(inflater.decompress(piece, output.most()))
            # At the end the tail stays as it was, so only `eof` says that there is no more.
            while not inflater.eof:
                more = inflater.decompress(inflater.unconsumed_tail, output.most())
                output.add(more)
                if not more and not inflater.unconsumed_tail:
                    break
            if inflater.eof:
                return position - len(inflater.unused_data)
    except zlib.error as error:
        raise Undecodable(f"the deflate data is broken ({error})") from None
    return None


def _gunzip(data: bytes, limit: int) -> tuple[bytes, bool]:
    """Undo gzip, member by member (RFC 1952)."""
    if not data.startswith(_GZIP_MAGIC):
        return data, True
    output = _Output(limit)
    position = 0
    for _ in range(MAX_GZIP_MEMBERS):
        start = _after_gzip_header(data, position)
        end = None if start is None else _inflated(data, start, output)
        if end is None:
            return output.bytes(), False
        position = end + _GZIP_FOOTER
        # What follows the last member is padding or garbage, which browsers do not mind.
        if data[position : position + 2] != _GZIP_MAGIC:
            return output.bytes(), True
    raise Undecodable(f"more than {MAX_GZIP_MEMBERS} gzip members")


def _after_gzip_header(data: bytes, position: int) -> int | None:
    """Return where the deflate data of a gzip member starts, None when the header is cut short."""
    if position + _GZIP_HEADER > len(data):
        return None
    flags = data[position + 3]
    position += _GZIP_HEADER
    if flags & _FEXTRA:
        position += 2 + int.from_bytes(data[position : position + 2], "little")
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag:
            position = data.find(b"\0", position) + 1
            if position == 0:
                return None
    if flags & _FHCRC:
        position += 2
    return position if position <= len(data) else None


def _undeflate(data: bytes, limit: int) -> tuple[bytes, bool]:
    """Undo "deflate": zlib's wrapping (RFC 1950), or bare, as many servers have it."""
    output = _Output(limit)
    wrapped = (
        len(data) > 1
        and data[0] & 0x0F == _DEFLATE_METHOD
        and int.from_bytes(data[:2], "big") % _ZLIB_CHECK == 0
        and not data[1] & _FDICT
    )
    try:
        end = _inflated(data, 2 if wrapped else 0, output)
    except Undecodable:
        if not wrapped and _looks_like_text(data):
            return data, True
        raise
    return output.bytes(), end is not None


def _unbrotli(data: bytes, limit: int) -> tuple[bytes, bool]:
    """Undo brotli (RFC 7932), whose windows are at most 16 MiB."""
    output = _Output(limit)
    decoder = brotli.Decompressor()
    try:
        for piece in _slices(data):
            output.add(decoder.process(bytes(piece), output_buffer_limit=output.most()))
            while not decoder.is_finished() and not decoder.can_accept_more_data():
                output.add(decoder.process(b"", output_buffer_limit=output.most()))
            if decoder.is_finished():
                return output.bytes(), True
    except brotli.error:
        if _looks_like_text(data):
            return data, True
        raise Undecodable("the brotli data is broken") from None
    return output.bytes(), False


def _unzstd(data: bytes, limit: int) -> tuple[bytes, bool]:
    """Undo zstd (RFC 8878), frame by frame, with windows of at most 8 MiB (RFC 9659)."""
    if not data.startswith(_ZSTD_MAGIC) and data[1:4] != _ZSTD_SKIPPABLE:
        return data, True
    output = _Output(limit)
    decoder = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
    try:
        with decoder.stream_reader(data, read_across_frames=True) as reader:
            while piece := reader.read(output.most()):
                output.add(piece)
        body = output.bytes()
        declared = zstandard.frame_content_size(data)
    except zstandard.ZstdError as error:
        raise Undecodable(f"the zstd data is broken ({error})") from None
    return body, len(body) >= declared


def _looks_like_text(data: bytes) -> bool:
    """Return whether data starts like text, for codings that have no magic number."""
    sample = data[:_TEXT_SAMPLE]
    return len(sample.translate(None, _NOT_TEXT)) == len(sample)


_DECODERS: dict[str, Callable[[bytes, int], tuple[bytes, bool]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
