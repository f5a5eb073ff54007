from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
import time
import zlib

import pytest

from unit.fetching.raw_server import closing, fixed, page, site
from webkiln.errors import ConnectionFailed, NothingScraped, SiteFailed
from webkiln.fetching.clients import MAX_HEADER_LINES
from webkiln.fetching.page import FetchRequest

MIB = 1 << 20
NOISE = os.urandom(50_000)


def ask(url, timeout_s=20):
    return FetchRequest(url, timeout_s)


async def failure(serve, make_fetcher, answer, **settings):
    """Return the error that fetching from a server ends in."""
    server = await serve(answer)
    with pytest.raises((SiteFailed, NothingScraped)) as caught:
        await make_fetcher(**settings).fetch(ask(server.url()))
    assert f"http://127.0.0.1:{server.port}" in caught.value.message
    return caught.value


async def endless_chunks(connection):
    await connection.read_head()
    await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await connection.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


async def endless_close(connection):
    await connection.read_head()
    await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await connection.send(b"x" * 0x10000)


@pytest.mark.parametrize("answer", [endless_chunks, endless_close])
async def test_a_body_without_end_is_cut_at_the_limit(serve, make_fetcher, answer):
    error = await failure(serve, make_fetcher, answer, max_page_mb=2)
    assert error.message.startswith("ERR_FILE_TOO_BIG")
    assert "2 MiB" in error.message
    assert not error.retry


async def test_a_body_announced_as_too_large_is_not_read(serve, make_fetcher):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    error = await failure(serve, make_fetcher, fixed(head), max_page_mb=1)
    assert error.message.startswith("ERR_FILE_TOO_BIG")


async def test_a_page_may_be_as_large_as_the_limit(serve, make_fetcher):
    server = await serve(
        site(
            {
                "/": page(b"x" * MIB),
                "/gz": page(gzip.compress(b"x" * MIB), headers=["Content-Encoding: gzip"]),
            }
        )
    )
    fetcher = make_fetcher(max_page_mb=1)
    assert len((await fetcher.fetch(ask(server.url()))).body) == MIB
    assert len((await fetcher.fetch(ask(server.url("/gz")))).body) == MIB
    for body, coding in ((b"x" * (MIB + 1), "identity"), (gzip.compress(b"x" * (MIB + 1)), "gzip")):
        await failure(
            serve, make_fetcher, fixed(page(body, headers=[f"Content-Encoding: {coding}"])), max_page_mb=1
        )


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xff" * 100, "gzip"),
        (b"\0" * 100, "br"),
        (b"x", "gzip, gzip, gzip"),
        (gzip.compress(b"") * 1_025, "gzip"),
    ],
)
async def test_what_cannot_be_decoded_is_the_sites_fault(serve, make_fetcher, body, coding):
    answer = fixed(page(body, headers=[f"Content-Encoding: {coding}"]))
    error = await failure(serve, make_fetcher, answer)
    assert error.message.startswith("ERR_CONTENT_DECODING_FAILED")


async def test_a_compressed_page_cut_by_a_bare_close_is_worth_another_try(serve, make_fetcher):
    cut = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(NOISE)[:20_000]
    error = await failure(serve, make_fetcher, closing(cut))
    assert isinstance(error, ConnectionFailed)
    assert error.retry


async def test_a_compressed_page_never_finished_by_its_server_is_shown_as_far_as_it_goes(serve, make_fetcher):
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    open_ended = packer.compress(b"all there is") + packer.flush(zlib.Z_SYNC_FLUSH)
    server = await serve(fixed(page(open_ended, headers=["Content-Encoding: gzip"])))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"all there is"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", "ERR_CONTENT_LENGTH_MISMATCH"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "ERR_CONTENT_LENGTH_MISMATCH"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
            "ERR_INCOMPLETE_CHUNKED_ENCODING",
        ),
        (b"", "ERR_EMPTY_RESPONSE"),
        (b"HTTP/1.1 200 OK\r\nConten", "ERR_EMPTY_RESPONSE"),
    ],
)
async def test_half_a_page_is_never_taken_for_a_whole_one(serve, make_fetcher, answer, word):
    error = await failure(serve, make_fetcher, closing(answer))
    assert error.message.startswith(word)
    assert error.retry


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 -200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 40_000,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ],
)
async def test_broken_http_is_the_sites_fault(serve, make_fetcher, answer):
    error = await failure(serve, make_fetcher, closing(answer))
    assert error.code == "SCRAPE_SITE_ERROR"
    assert "ERR_INVALID" in error.message


@pytest.mark.parametrize(
    "banner", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00\xff\xfe garbage", b"just a body, no head\n" * 9]
)
async def test_what_does_not_speak_http_has_no_page(serve, make_fetcher, banner):
    assert isinstance(await failure(serve, make_fetcher, closing(banner)), NothingScraped)


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(MAX_HEADER_LINES + 1)),
        b"X: " + b"y" * 70_000 + b"\r\n",
        b"X: y\r\n" * 100_000,
    ],
)
async def test_headers_are_bounded(serve, make_fetcher, head):
    answer = fixed(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n")
    error = await failure(serve, make_fetcher, answer)
    assert error.message.startswith("ERR_RESPONSE_HEADERS_TOO_BIG")


async def test_many_headers_are_fine_up_to_the_bound(serve, make_fetcher):
    head = [f"X-{number}: y" for number in range(MAX_HEADER_LINES - 10)]
    server = await serve(fixed(page(b"ok", headers=head)))
    assert len((await make_fetcher().fetch(ask(server.url()))).headers) > MAX_HEADER_LINES - 10


async def test_a_page_in_crumbs_is_given_up(serve, make_fetcher):
    async def crumbs(connection):
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(200):
            await connection.send(b"1\r\nx\r\n" * 1_000)
        await connection.until_gone()

    error = await failure(serve, make_fetcher, crumbs)
    assert "tiny pieces" in error.message


async def test_the_loop_stays_awake_while_a_bomb_goes_off(serve, make_fetcher):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * MIB) for _ in range(128)) + packer.flush()
    server = await serve(fixed(page(bomb, headers=["Content-Encoding: gzip"])))
    fetching = asyncio.create_task(make_fetcher().fetch(ask(server.url())))
    longest = 0.0
    while not fetching.done():
        started = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - started)
    with pytest.raises(SiteFailed, match="ERR_FILE_TOO_BIG"):
        await fetching
    assert longest < 0.5


async def test_large_pages_wait_for_one_another_and_small_ones_do_not(serve, make_fetcher):
    under_way = most = 0

    async def large(connection):
        nonlocal under_way, most
        await connection.read_head()
        if connection.path == "/small":
            await connection.send(page(b"small"))
            return
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(40):
            if number == 39:  # by now only those with a place are still being read
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0.05)
            await connection.send(b"100000\r\n" + b"x" * MIB + b"\r\n")
        under_way -= 1
        await connection.send(b"0\r\n\r\n")

    server = await serve(large)
    fetcher = make_fetcher()

    async def size(number):
        return len((await fetcher.fetch(ask(server.url(f"/{number}")))).body)  # nobody keeps the page

    many = [asyncio.create_task(size(number)) for number in range(8)]
    await asyncio.sleep(0.1)
    assert (await fetcher.fetch(ask(server.url("/small"), timeout_s=5))).body == b"small"
    assert await asyncio.gather(*many) == [40 * MIB] * 8
    assert 1 <= most <= 2


async def test_a_large_page_has_its_place_until_nobody_holds_it(serve, make_fetcher):
    """Given back at decoding, the bodies of all pages that wait to be rendered would add up."""
    body = gzip.compress(b"x" * 40 * MIB)
    server = await serve(fixed(page(body, headers=["Content-Encoding: gzip", "Connection: close"])))
    fetcher = make_fetcher()
    held = [await fetcher.fetch(ask(server.url())) for _ in range(2)]
    third = asyncio.create_task(fetcher.fetch(ask(server.url())))
    await asyncio.wait([third], timeout=0.3)
    assert not third.done()
    held.pop()
    assert len((await third).body) == 40 * MIB


def start_of(url, first_bytes):
    return FetchRequest(url, 20, first_bytes=first_bytes)


@pytest.mark.parametrize(
    "answer",
    [
        endless_chunks,
        endless_close,
        fixed(page(b"x" * MIB)),
        fixed(page(gzip.compress(b"x" * 8 * MIB), headers=["Content-Encoding: gzip"])),
        closing(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * MIB),
    ],
)
async def test_of_a_long_body_the_start_is_a_page_for_who_wants_no_more(serve, make_fetcher, answer):
    server = await serve(answer)
    got = await make_fetcher(max_page_mb=4).fetch(start_of(server.url(), 100_000))
    assert got.body == b"x" * 100_000
    assert len(got.wire_body) <= 100_000


async def test_who_wants_the_start_closes_the_connection_behind_it(serve, make_fetcher):
    server = await serve(endless_chunks)
    await make_fetcher().fetch(start_of(server.url(), 100_000))
    async with asyncio.timeout(10):
        await server.connections[0].gone.wait()


async def test_a_start_is_never_longer_than_a_page_may_be(serve, make_fetcher):
    server = await serve(endless_chunks)
    assert len((await make_fetcher(max_page_mb=1).fetch(start_of(server.url(), 9 * MIB))).body) == MIB


async def test_a_body_that_breaks_off_is_a_start_unless_nothing_came(serve, make_fetcher):
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    server = await serve(closing(cut + b"abc"))
    assert (await make_fetcher().fetch(start_of(server.url(), 50))).body == b"abc"
    empty = await serve(closing(cut))
    with pytest.raises(ConnectionFailed):
        await make_fetcher().fetch(start_of(empty.url(), 50))


async def test_a_start_that_cannot_be_decoded_is_the_sites_fault(serve, make_fetcher):
    server = await serve(fixed(page(b"\0" * 100, headers=["Content-Encoding: br"])))
    with pytest.raises(SiteFailed, match="ERR_CONTENT_DECODING_FAILED"):
        await make_fetcher().fetch(start_of(server.url(), 50_000))


async def test_a_large_start_is_decoded_beside_the_loop(serve, make_fetcher):
    packed = gzip.compress(b"x" * 12 * MIB)
    server = await serve(fixed(page(packed, headers=["Content-Encoding: gzip"])))
    assert len((await make_fetcher().fetch(start_of(server.url(), 10 * MIB))).body) == 10 * MIB


BOMBS = """
import gzip, resource, sys, zlib, brotli, zstandard
from webkiln.fetching.decoding import DecodedTooLarge, decode
zeros = bytes(1 << 20)
def packed(packer, end):
    return b"".join(packer(zeros) for _ in range(256)) + end()
gz = zlib.compressobj(9, zlib.DEFLATED, 31); br = brotli.Compressor(quality=5)
zs = zstandard.ZstdCompressor(3).compressobj()
bombs = {"gzip": packed(gz.compress, gz.flush), "br": packed(br.process, br.finish)}
bombs["zstd"] = packed(zs.compress, zs.flush)
bombs["gzip, gzip"] = gzip.compress(bombs["gzip"])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
for coding, bomb in bombs.items():
    try:
        decode(bomb, coding, 64 << 20)
        sys.exit(coding)
    except DecodedTooLarge:
        pass
print(peak() - before)
"""


async def test_a_bomb_costs_at_most_100_mib():
    run = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", BOMBS], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < 100
