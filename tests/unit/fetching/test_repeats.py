"""Connections that fail requests which they were not meant to fail; the pages come all the same."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from unit.fetching import h2_server as h2
from unit.fetching.raw_server import page, site
from webkiln.errors import ConnectionFailed, ScrapeError
from webkiln.fetching.page import FetchRequest


def ask(url, **more):
    return FetchRequest(url, 10, **more)


async def hang_up(connection):
    connection.writer.close()


async def reset(connection):
    raw = connection.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.writer.transport.abort()


async def half_a_line(connection):
    await connection.send(b"HTTP/1.1 2")


GIVEN_UP = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate"
UNSAID = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"


async def given_up(connection):
    await connection.send(GIVEN_UP)


async def given_up_unsaid(connection):
    await connection.send(UNSAID)


def answering(number, then):
    """Answer so many requests of each connection; do something else with the next, and close."""

    async def answer(connection):
        for _ in range(number):
            await connection.read_head()
            await connection.send(page(b"clay"))
        await connection.read_head()
        await then(connection)

    return answer


# HTTP/1.1


@pytest.mark.parametrize("then", [hang_up, reset, half_a_line, given_up, given_up_unsaid])
@pytest.mark.parametrize("number", [1, 3])
async def test_a_kept_connection_that_ends_at_a_request_costs_no_page(serve, make_fetcher, number, then):
    server = await serve(answering(number, then))
    fetcher = make_fetcher()
    for _ in range(12):
        got = await fetcher.fetch(ask(server.url()))
        assert (got.status, got.body) == (200, b"clay")
    assert len(server.heads) < 12 * 2


async def test_pages_side_by_side_are_not_failed_by_old_connections(serve, make_fetcher):
    server = await serve(answering(2, hang_up))
    fetcher = make_fetcher()
    for _ in range(4):
        got = await asyncio.gather(*(fetcher.fetch(ask(server.url())) for _ in range(10)))
        assert {one.body for one in got} == {b"clay"}


@pytest.mark.parametrize("then", [hang_up, reset, half_a_line])
async def test_a_new_connection_that_fails_is_the_sites_doing(serve, make_fetcher, then):
    server = await serve(answering(0, then))
    fetcher = make_fetcher()
    for number in (1, 2):
        with pytest.raises(ConnectionFailed, match=r"ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"):
            await fetcher.fetch(ask(server.url()))
        assert len(server.heads) == number


async def test_what_fails_on_the_new_connection_too_has_failed(serve, make_fetcher):
    gone = False

    async def answer(connection):
        while True:
            await connection.read_head()
            if gone:
                return
            await connection.send(page(b"clay"))

    server = await serve(answer)
    fetcher = make_fetcher()
    await fetcher.fetch(ask(server.url()))
    gone = True
    with pytest.raises(ConnectionFailed):
        await fetcher.fetch(ask(server.url()))
    assert [len(connection.heads) for connection in server.connections] == [2, 1]


async def test_a_408_that_was_asked_for_is_a_page(serve, make_fetcher):
    server = await serve(answering(0, given_up))
    got = await make_fetcher().fetch(ask(server.url()))
    assert (got.status, got.body, len(server.heads)) == (408, b"late", 1)

    server = await serve(site({"/": page(b"clay"), "/slow": GIVEN_UP}))
    fetcher = make_fetcher()
    await fetcher.fetch(ask(server.url()))
    got = await fetcher.fetch(ask(server.url("/slow")))
    assert (got.status, got.body) == (408, b"late")
    assert len(server.heads) == 3  # it was asked once more, and said it again


async def test_a_page_that_had_begun_is_not_asked_for_again(serve, make_fetcher):
    broken = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nclay"

    async def cut(connection):
        await connection.send(broken)

    server = await serve(answering(1, cut))
    fetcher = make_fetcher()
    await fetcher.fetch(ask(server.url()))
    with pytest.raises(ConnectionFailed, match="ERR_CONTENT_LENGTH_MISMATCH"):
        await fetcher.fetch(ask(server.url()))
    assert len(server.heads) == 2


async def test_every_hop_has_its_repeat(serve, make_fetcher):
    hops = 6

    async def answer(connection):
        for number in range(2):
            await connection.read_head()
            if number:
                return
            step = int(connection.path[1:])
            moved = page(b"", "302 Found", [f"Location: /{step + 1}"])
            await connection.send(moved if step < hops else page(b"there"))

    server = await serve(answer)
    got = await make_fetcher().fetch(ask(server.url("/0")))
    assert (got.body, got.url) == (b"there", server.url(f"/{hops}"))


# HTTP/2


@pytest.fixture
def h2_tls(tls):
    tls.set_alpn_protocols(["h2", "http/1.1"])
    return tls


@pytest.fixture
def fetch(make_fetcher, authority_file):
    fetcher = make_fetcher(extra_ca_file=authority_file)
    return lambda server, path="/": fetcher.fetch(ask(server.url(path)))


async def at_once(fetch, server, pages, most):
    """Fetch so many pages, at most so many at a time; return their bodies."""
    places = asyncio.Semaphore(most)

    async def one(number):
        async with places:
            return (await fetch(server, f"/{number}")).body

    return await asyncio.gather(*map(one, range(pages)))


@pytest.mark.parametrize(("each", "pages"), [(1, 16), (5, 40), (20, 60)])
@pytest.mark.parametrize("abruptly", [False, True])
async def test_a_server_that_goes_away_again_and_again_costs_no_page(
    serve, fetch, h2_tls, each, pages, abruptly
):
    async def on_request(connection, number, stream):
        if number <= each:
            await connection.send(h2.h2_page(stream))
        if number == each:
            await connection.send(h2.goaway(stream))
            return abruptly
        return False

    server = await serve(h2.speaking_h2(on_request), tls=h2_tls)
    assert set(await at_once(fetch, server, pages, 16)) == {b"over h2"}
    assert len(server.connections) >= pages / each


async def test_requests_that_a_closing_server_has_not_looked_at_are_sent_again(serve, fetch, h2_tls):
    """It says so with the requests in hand: all above the last one it names are nobody's."""

    async def on_request(connection, number, _stream):
        if number == 8:
            await connection.send(h2.goaway(1) + h2.h2_page(1))
        return number == 8

    async def first_waits(connection):
        first = len(server.connections) == 1
        await (h2.speaking_h2(on_request) if first else h2.speak_h2)(connection)

    server = await serve(first_waits, tls=h2_tls)
    assert set(await at_once(fetch, server, 8, 8)) == {b"over h2"}


@pytest.mark.parametrize("refusals", [1, 4])
async def test_refused_streams_are_sent_again(serve, fetch, h2_tls, refusals):
    refused = 0

    async def on_request(connection, _number, stream):
        nonlocal refused
        refused += 1
        await connection.send(
            h2.reset(stream, h2.REFUSED_STREAM) if refused <= refusals else h2.h2_page(stream)
        )

    server = await serve(h2.speaking_h2(on_request), tls=h2_tls)
    assert (await fetch(server)).body == b"over h2"


@pytest.mark.parametrize("refusal", ["stream", "connection"])
async def test_a_server_that_refuses_everything_is_given_up(serve, fetch, h2_tls, refusal):
    async def on_request(connection, _number, stream):
        await connection.send(h2.reset(stream, h2.REFUSED_STREAM) if refusal == "stream" else h2.goaway(0))
        return refusal == "connection"

    server = await serve(h2.speaking_h2(on_request), tls=h2_tls)
    with pytest.raises(ConnectionFailed, match="ERR_HTTP2_PROTOCOL_ERROR"):
        await fetch(server)
    assert len(server.heads) <= 12


@pytest.mark.parametrize("by", ["stream", "connection"])
async def test_a_server_that_wants_http_1_1_gets_it_from_then_on(serve, fetch, h2_tls, by):
    async def on_request(connection, _number, stream):
        code = h2.HTTP_1_1_REQUIRED
        await connection.send(h2.reset(stream, code) if by == "stream" else h2.goaway(0, code))
        return by == "connection"

    async def answer(connection):
        spoken.append(connection.writer.get_extra_info("ssl_object").selected_alpn_protocol())
        speak = h2.speaking_h2(on_request) if spoken[-1] == "h2" else site({"/": page(b"over http/1.1")})
        await speak(connection)

    spoken = []
    server = await serve(answer, tls=h2_tls)
    for _ in range(3):
        assert (await fetch(server)).body == b"over http/1.1"
    assert spoken == ["h2", "http/1.1"]


async def test_a_server_that_wants_http_1_1_and_does_not_speak_it_is_given_up(serve, fetch, tls):
    tls.set_alpn_protocols(["h2"])

    async def on_request(connection, _number, stream):
        await connection.send(h2.reset(stream, h2.HTTP_1_1_REQUIRED))

    server = await serve(h2.speaking_h2(on_request), tls=tls)
    with pytest.raises(ScrapeError):
        await fetch(server)
    assert len(server.connections) == 2


@pytest.mark.parametrize("code", [h2.PROTOCOL_ERROR, h2.INTERNAL_ERROR, h2.CANCEL])
async def test_a_request_that_was_refused_for_what_it_is_has_failed(serve, fetch, h2_tls, code):
    async def on_request(connection, _number, stream):
        await connection.send(h2.reset(stream, code))

    server = await serve(h2.speaking_h2(on_request), tls=h2_tls)
    with pytest.raises(ConnectionFailed, match="ERR_HTTP2_PROTOCOL_ERROR"):
        await fetch(server)
    assert len(server.heads) == 1


async def test_a_server_that_asks_for_calm_is_not_asked_at_once(serve, fetch, h2_tls):
    async def on_request(connection, _number, _stream):
        await connection.send(h2.goaway(0, h2.ENHANCE_YOUR_CALM, b'", NO_ERROR, Remote)'))
        return True

    server = await serve(h2.speaking_h2(on_request), tls=h2_tls)
    with pytest.raises(ConnectionFailed):
        await fetch(server)
    assert len(server.heads) == 1
