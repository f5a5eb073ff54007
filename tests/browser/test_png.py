"""The reader that the screenshot tests trust."""

import struct
import zlib

import pytest

from browser.png import SIGNATURE, read_png

WIDTH, HEIGHT = 7, 10


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def filtered(kind, line, above, step):
    """Filter a line as an encoder would."""
    left, corner = bytes(step) + line, bytes(step) + above
    out = []
    for at, here in enumerate(line):
        a, b, c = left[at], above[at], corner[at]
        guess = a + b - c
        nearest = min((abs(guess - one), order, one) for order, one in enumerate((a, b, c)))[2]
        out.append((here - (0, a, b, (a + b) // 2, nearest)[kind]) & 0xFF)
    return bytes([kind, *out])


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (6, 4)])
def test_every_filter_is_undone(colour, channels):
    stride = WIDTH * channels
    rows = [bytes((x * 37 + y * 91 + x * y) & 0xFF for x in range(stride)) for y in range(HEIGHT)]
    above = [bytes(stride), *rows]
    packed = zlib.compress(b"".join(filtered(y % 5, row, above[y], channels) for y, row in enumerate(rows)))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, colour, 0, 0, 0)
    halves = chunk(b"IDAT", packed[:9]) + chunk(b"IDAT", packed[9:])
    image = read_png(SIGNATURE + chunk(b"IHDR", header) + halves + chunk(b"IEND", b""))
    assert (image.width, image.height, image.rows) == (WIDTH, HEIGHT, rows)
    assert image.at(2, 3) == tuple(rows[3][2 * channels : 2 * channels + 3])


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", SIGNATURE + chunk(b"IHDR", b"")[:-1] + b"\0"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ValueError, match=r"no PNG|damaged"):
        read_png(data)
