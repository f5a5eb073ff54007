"""Just enough of a PNG reader to look at a screenshot's pixels: 8-bit RGB or RGBA, not interlaced."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # by colour type


@dataclass(frozen=True)
class Image:
    """A picture as rows of bytes."""

    width: int
    height: int
    channels: int
    rows: list[bytes]

    def at(self, x: int, y: int) -> tuple[int, int, int]:
        """Return the red, green and blue of a pixel."""
        red, green, blue = self.rows[y][x * self.channels : x * self.channels + 3]
        return red, green, blue


def read_png(data: bytes) -> Image:
    """Decode a picture; raises ValueError for what is none, or of another kind."""
    if not data.startswith(SIGNATURE):
        raise ValueError("no PNG")
    packed, header, at = b"", b"", len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if zlib.crc32(kind + body) != struct.unpack_from(">I", data, at + 8 + length)[0]:
            raise ValueError(f"chunk {kind!r} is damaged")
        header = body if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or colour not in CHANNELS or interlaced:
        raise ValueError("another kind of PNG")
    channels = CHANNELS[colour]
    lines, stride = zlib.decompress(packed), width * channels
    rows, above = [], bytes(stride)
    for start in range(0, height * (stride + 1), stride + 1):
        line = lines[start + 1 : start + 1 + stride]
        above = _unfiltered(lines[start], line, above, channels)
        rows.append(above)
    return Image(width, height, channels, rows)


def _unfiltered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """Undo one line's filter (PNG specification, §9)."""
    if kind == 0:
        return line
    if kind == 2:
        return bytes((here + up) & 0xFF for here, up in zip(line, above, strict=True))
    predict = {1: _left, 3: _mean, 4: _paeth}[kind]
    made = bytearray(step)  # what stands left of the first pixel
    for here, up, corner in zip(line, above, bytes(step) + above, strict=False):
        made.append((here + predict(made[-step], up, corner)) & 0xFF)
    return bytes(made[step:])


def _left(left: int, _up: int, _corner: int) -> int:
    return left


def _mean(left: int, up: int, _corner: int) -> int:
    return (left + up) // 2


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    far = abs(guess - left), abs(guess - up), abs(guess - corner)
    return (left, up, corner)[far.index(min(far))]
