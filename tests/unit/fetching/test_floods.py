from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import ip_address
from pathlib import Path

import pytest

from unit.fetching.raw_server import page
from webkiln.errors import ScrapeTimeout, SiteFailed
from webkiln.fetching.floods import Connection, _Waiting, own_connections
from webkiln.fetching.page import FetchRequest

DESCRIPTORS = Path("/proc/self/fd")
pytestmark = pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="Linux only")

PEER = ip_address("192.0.2.1")
MIB = 1 << 20


def waiting(since=10.0):
    return _Waiting(asyncio.Timeout(None), frozenset({PEER}), 80, since)


def line(local_port, received, peer=PEER, port=80):
    return Connection(local_port, peer, port, received)


def test_a_connection_that_grows_without_an_answer_is_a_flood():
    request = waiting()
    assert not request.is_flooded([line(1, 5 * MIB)], {})
    assert not request.is_flooded([line(1, 6 * MIB)], {})
    assert request.is_flooded([line(1, 6 * MIB + 1)], {})


def test_other_servers_do_not_count():
    request = waiting()
    others = [line(1, 0, peer=ip_address("192.0.2.2")), line(2, 0, port=81)]
    grown = [other._replace(received=90 * MIB) for other in others]
    assert not request.is_flooded(others, {})
    assert not request.is_flooded(grown, {})


def test_a_connection_that_answered_meanwhile_may_carry_an_honest_page():
    request = waiting(since=10.0)
    assert not request.is_flooded([line(1, 0)], {})
    assert not request.is_flooded([line(1, 90 * MIB)], {1: 11.0})
    assert request.is_flooded([line(1, 90 * MIB)], {1: 9.0})


def test_a_slow_page_does_not_pay_for_another_connection():
    request = waiting()
    assert not request.is_flooded([line(1, 0), line(2, 0)], {})
    assert not request.is_flooded([line(1, 0), line(2, 2 * MIB)], {})
    assert not request.is_flooded([line(1, 0), line(2, 2 * MIB), line(3, 90 * MIB)], {})
    assert request.is_flooded([line(1, 0), line(2, 7 * MIB)], {})


def test_the_kernel_counts_what_a_connection_received():
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    server.sendall(b"x" * 1_000)
    while len(client.recv(4_096, socket.MSG_PEEK)) < 1_000:
        pass
    mine = [each for each in own_connections() if each.local_port == client.getsockname()[1]]
    assert mine == [
        Connection(client.getsockname()[1], ip_address("127.0.0.1"), listener.getsockname()[1], 1_000)
    ]
    descriptors = len(list(DESCRIPTORS.iterdir()))
    list(own_connections())
    assert len(list(DESCRIPTORS.iterdir())) == descriptors
    for each in (client, server, listener):
        each.close()


async def flood(connection):
    await connection.read_head()
    while True:
        await connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000)
        await asyncio.sleep(0.01)


async def test_informational_answers_without_end_are_given_up(serve, make_fetcher):
    server = await serve(flood)
    started = time.perf_counter()
    with pytest.raises(SiteFailed, match=r"ERR_INVALID_HTTP_RESPONSE.*informational"):
        await make_fetcher().fetch(FetchRequest(server.url(), 30))
    assert time.perf_counter() - started < 10


async def test_a_server_that_thinks_for_long_is_waited_for(serve, make_fetcher):
    async def slow(connection):
        await connection.read_head()
        await connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500)
        await asyncio.sleep(4)
        await connection.send(page(b"thought"))

    server = await serve(slow)
    assert (await make_fetcher().fetch(FetchRequest(server.url(), 30))).body == b"thought"


async def test_the_pages_own_clock_still_rules(serve, make_fetcher):
    server = await serve(flood)
    with pytest.raises(ScrapeTimeout):
        await make_fetcher().fetch(FetchRequest(server.url(), 1))
