from __future__ import annotations

import gzip
import os
import zlib

import brotli
import pytest
import zstandard

from webkiln.fetching.decoding import DecodedTooLarge, Undecodable, decode, decode_start

PAGE = b"<html><body>" + b"some text " * 30_000 + b"</body></html>"
LIMIT = 4 << 20


def raw_deflate(data):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zstd_stream(data, **parameters):
    chosen = zstandard.ZstdCompressionParameters(**parameters)
    packer = zstandard.ZstdCompressor(compression_params=chosen).compressobj()
    return packer.compress(data) + packer.flush()


CODINGS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    " DEFLATE ": raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "Zstd": zstd_stream,
}


@pytest.mark.parametrize("name", CODINGS)
def test_every_coding_comes_undone(name):
    assert decode(CODINGS[name](PAGE), name, LIMIT) == (PAGE, True)
    assert decode(CODINGS[name](b""), name, LIMIT)[0] == b""


@pytest.mark.parametrize("name", CODINGS)
def test_incompressible_and_large_bodies_come_undone(name):
    noise = os.urandom(1_500_000)
    assert decode(CODINGS[name](noise), name, LIMIT) == (noise, True)


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("limit", [0, 1, 1_000, len(PAGE) - 1])
def test_the_limit_holds_to_the_byte(name, limit):
    with pytest.raises(DecodedTooLarge):
        decode(CODINGS[name](PAGE), name, limit)
    assert decode(CODINGS[name](PAGE), name, len(PAGE)) == (PAGE, True)


def test_the_limit_holds_for_bodies_without_a_coding():
    assert decode(b"abc", "", 3) == (b"abc", True)
    with pytest.raises(DecodedTooLarge):
        decode(b"abcd", "", 3)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_plain_text_under_a_false_header_stays_as_it_is(name):
    text = b"<!doctype html><p>not compressed at all</p>" * 100
    assert decode(text, name, LIMIT) == (text, True)


def test_unknown_codings_leave_the_body_alone():
    assert decode(b"abc", "magic", LIMIT) == (b"abc", True)
    assert decode(gzip.compress(PAGE), "identity, gzip", LIMIT) == (PAGE, True)
    assert decode(b"", "gzip", LIMIT) == (b"", True)


def test_two_codings_are_undone_in_turn_and_three_are_too_many():
    twice = brotli.compress(gzip.compress(PAGE))
    assert decode(twice, "gzip, br", LIMIT) == (PAGE, True)
    with pytest.raises(Undecodable, match="2"):
        decode(twice, "gzip, gzip, br", LIMIT)
    with pytest.raises(Undecodable):
        decode(b"x", ", ".join(["gzip"] * 20_000), LIMIT)


def test_the_limit_holds_for_the_stage_in_between():
    bomb = gzip.compress(gzip.compress(os.urandom(200_000)))
    with pytest.raises(DecodedTooLarge):
        decode(bomb, "gzip, gzip", 100_000)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_data_that_ends_early_says_so(name):
    packed = CODINGS[name](os.urandom(100_000))
    body, complete = decode(packed[: len(packed) // 2], name, LIMIT)
    assert not complete
    assert len(body) < 100_000


@pytest.mark.parametrize("length", range(12))
def test_a_gzip_header_cut_short_is_no_error(length):
    assert decode(gzip.compress(PAGE)[:length], "gzip", LIMIT)[0] in {b"", b"\x1f"}


def test_a_gzip_header_can_have_every_field():
    packed = raw_deflate(PAGE)
    header = b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03" + b"\x03\0abc" + b"name\0" + b"comment\0" + b"\0\0"
    assert decode(header + packed + b"\0" * 8, "gzip", LIMIT) == (PAGE, True)
    assert decode(header[:-4] + b"x" * 20, "gzip", LIMIT) == (b"", False)


def test_members_follow_one_another_up_to_a_number():
    assert decode(gzip.compress(b"ab") + gzip.compress(b"cd"), "gzip", LIMIT) == (b"abcd", True)
    assert decode(gzip.compress(b"a") * 1_024, "gzip", LIMIT) == (b"a" * 1_024, True)
    with pytest.raises(Undecodable, match="members"):
        decode(gzip.compress(b"a") * 1_025, "gzip", LIMIT)


def test_a_wrong_checksum_and_bytes_after_the_end_do_not_matter():
    packed = bytearray(gzip.compress(PAGE))
    packed[-5] ^= 0xFF
    assert decode(bytes(packed), "gzip", LIMIT) == (PAGE, True)
    assert decode(gzip.compress(PAGE) + b"garbage" * 100, "gzip", LIMIT) == (PAGE, True)
    assert decode(raw_deflate(PAGE) + b"garbage", "deflate", LIMIT) == (PAGE, True)


def test_a_gzip_body_inside_gzip_ends():
    """The inner stream ends inside an input slice whose output filled the last piece."""
    inner = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(inner.compress(b"\0" * (1 << 20)) for _ in range(64)) + inner.flush()
    with pytest.raises(DecodedTooLarge):
        decode(gzip.compress(bomb), "gzip, gzip", LIMIT)
    exact = gzip.compress(b"\0" * (3 << 20))
    assert decode(exact, "gzip", 3 << 20) == (b"\0" * (3 << 20), True)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xff" * 100),
        ("deflate", b"\x78\x9c" + b"\xff" * 100),
        ("deflate", b"\x07\xff" * 100),
        ("br", b"\0" * 100),
        ("zstd", b"\x28\xb5\x2f\xfd" + b"\xff" * 100),
    ],
)
def test_broken_data_is_an_error(name, data):
    with pytest.raises(Undecodable):
        decode(data, name, LIMIT)


def test_zstd_windows_over_8_mib_are_refused():
    assert decode(zstd_stream(PAGE, window_log=23), "zstd", LIMIT) == (PAGE, True)
    with pytest.raises(Undecodable):
        decode(zstd_stream(PAGE, window_log=27), "zstd", LIMIT)


def test_zstd_frames_follow_one_another():
    skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    assert decode(zstd_stream(b"ab") + zstd_stream(b"cd"), "zstd", LIMIT) == (b"abcd", True)
    assert decode(skippable + zstd_stream(b"ab"), "zstd", LIMIT)[0] == b"ab"


@pytest.mark.parametrize("name", CODINGS)
def test_the_start_of_a_body_is_enough_where_that_is_asked_for(name):
    packed = CODINGS[name](PAGE)
    assert decode_start(packed, name, 1_000) == PAGE[:1_000]
    assert decode_start(packed, name, LIMIT) == PAGE
    assert PAGE.startswith(decode_start(packed[:-9], name, LIMIT))


def test_the_start_of_a_bomb_is_what_fits():
    bomb = gzip.compress(gzip.compress(b"x" * (8 << 20)))
    assert decode_start(bomb, "gzip, gzip", 100_000) == b"x" * 100_000
    with pytest.raises(Undecodable):
        decode_start(b"x", "gzip, gzip, gzip", LIMIT)
