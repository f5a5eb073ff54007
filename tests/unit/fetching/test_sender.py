from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address

import pytest

from unit.fetching.conftest import opened
from unit.fetching.raw_server import Connection, closing, fixed, page
from webkiln.errors import (
    BlockedAddress,
    ConnectionFailed,
    InvalidTarget,
    NameNotResolved,
    ScrapeTimeout,
    TlsFailed,
)
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.sender import USER_AGENT

BODY = b'{"type":"batch_scrape.page"}'
HEADERS = {"Content-Type": "application/json", "X-Firecrawl-Signature": "sha256=00"}


def post(sender, url, timeout_s=5.0):
    return sender.post(url, headers=HEADERS, body=BODY, timeout_s=timeout_s)


def receiver(answer, got=None):
    """Read whole requests and answer each with the same bytes, keeping the connection."""

    async def answers(connection: Connection):
        while True:
            head = await connection.read_head()
            body = await connection.reader.readexactly(len(BODY))
            if got is not None:
                got.append((head, body))
            await connection.send(answer)

    return answers


async def test_an_event_arrives_as_it_was_signed(serve, make_sender):
    got = []
    server = await serve(receiver(page(b"thanks"), got))
    assert await post(make_sender(), server.url("/hook?a=%7b|{}#x")) == 200
    ((head, body),) = got
    assert body == BODY
    assert head.startswith(b"POST /hook?a=%7b|{} HTTP/1.1\r\n")
    assert b"x-firecrawl-signature: sha256=00" in head.lower()
    assert head.count(b"application/json") == 1
    assert f"User-Agent: {USER_AGENT}".encode() in head
    assert b"ookie" not in head


@pytest.mark.parametrize("status", ["204 No Content", "302 Found", "404 Not Found", "500 Oops"])
async def test_the_status_is_the_answer_and_redirects_are_not_followed(serve, make_sender, status):
    other = await serve(fixed(page()))
    body = b"" if status.startswith("204") else b"no"
    server = await serve(receiver(page(body, status, [f"Location: {other.url()}"])))
    assert await post(make_sender(), server.url()) == int(status[:3])
    assert other.connections == []


async def test_connections_are_kept_while_answers_are_short(serve, make_sender):
    server = await serve(receiver(page(b"ok", headers=["Set-Cookie: a=1"])))
    sender = make_sender()
    for _ in range(10):
        await post(sender, server.url())
    assert len(server.connections) == 1


async def endless_answer(connection):
    await connection.read_head()
    await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await connection.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


async def dripping_answer(connection):
    await connection.read_head()
    await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    await connection.until_gone()


async def cut_answer(connection):
    await connection.read_head()
    await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")


@pytest.mark.parametrize("answer", [endless_answer, dripping_answer, cut_answer])
async def test_what_a_receiver_says_is_not_waited_for(serve, make_sender, answer):
    server = await serve(answer)
    started = time.perf_counter()
    assert await post(make_sender(), server.url()) == 200
    assert time.perf_counter() - started < 3


async def test_receivers_are_vetted_at_every_delivery(serve, make_sender):
    server = await serve(receiver(page(b"ok")))
    answers = [["127.0.0.1"], ["10.0.0.1"], []]
    now = 0.0

    async def lookup(_name):
        return [ip_address(text) for text in answers.pop(0)]

    sender = make_sender(EgressGuard(opened(), lookup, lambda: now))
    url = f"http://hooks.example:{server.port}/"
    assert await post(sender, url) == 200
    now += 60
    with pytest.raises(BlockedAddress):
        await post(sender, url)
    now += 60
    with pytest.raises(NameNotResolved):
        await post(sender, url)


async def test_the_connector_asks_the_guard_as_well(make_sender):
    """DNS may change between the check and the dial; the second answer is judged like the first."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    now = 0.0

    def clock():
        nonlocal now
        now += 10
        return now

    async def lookup(_name):
        return [ip_address(text) for text in answers.pop(0)]

    with pytest.raises(BlockedAddress):
        await post(make_sender(EgressGuard(opened(), lookup, clock)), "http://hooks.example:8000/")
    assert answers == []


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://[::1]:8000/",
        "http://169.254.169.254/",
        "http://a.internal/",
        "http://2130706433/",
    ],
)
async def test_private_receivers_are_refused(make_sender, url):
    with pytest.raises(BlockedAddress):
        await post(make_sender(allow_networks="127.0.0.2/32"), url)


@pytest.mark.parametrize(
    "url", ["http://a..test/", "ftp://example.com/", "http://user@example.com/", "http://example.com:25/"]
)
async def test_what_is_no_web_address_is_no_receiver(make_sender, url):
    with pytest.raises(InvalidTarget):
        await post(make_sender(), url)


async def test_pinned_receivers_are_dialled_at_their_address(serve, make_sender):
    server = await serve(receiver(page(b"ok")), host="127.0.0.4")
    assert await post(make_sender(resolve="hooks.test:127.0.0.4"), f"http://hooks.test:{server.port}/") == 200


async def test_the_environments_proxies_do_not_apply(serve, make_sender, monkeypatch):
    proxy = await serve(fixed(page()))
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    server = await serve(receiver(page(b"ok")))
    assert await post(make_sender(), server.url()) == 200
    assert proxy.connections == []


async def test_certificates_are_verified(serve, make_sender, tls, authority_file):
    server = await serve(receiver(page(b"ok")), tls=tls)
    with pytest.raises(TlsFailed, match="ERR_CERT_INVALID"):
        await post(make_sender(), server.url())
    assert await post(make_sender(extra_ca_file=authority_file), server.url()) == 200


async def test_receivers_that_are_not_there_are_worth_another_try(serve, make_sender):
    server = await serve(closing(b""))
    refused = f"http://127.0.0.7:{server.port}/"
    for url, word in ((server.url(), "ERR_EMPTY_RESPONSE"), (refused, "ERR_CONNECTION_REFUSED")):
        with pytest.raises(ConnectionFailed, match=word) as caught:
            await post(make_sender(), url)
        assert caught.value.retry
        assert "Errno" not in caught.value.message


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"]
)
async def test_nonsense_is_a_failed_delivery(serve, make_sender, answer):
    server = await serve(closing(answer))
    with pytest.raises(ConnectionFailed, match="ERR_INVALID_HTTP_RESPONSE"):
        await post(make_sender(), server.url())


async def test_silence_ends_at_the_timeout(serve, make_sender):
    server = await serve(fixed(b""))
    with pytest.raises(ScrapeTimeout, match=r"0\.2 s"):
        await post(make_sender(), server.url(), timeout_s=0.2)


async def test_cancelling_closes_the_socket(serve, make_sender):
    server = await serve(fixed(b""))
    sending = asyncio.create_task(post(make_sender(), server.url(), 60))
    await asyncio.wait_for(server.asked.wait(), 5)
    cancelled = time.perf_counter()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await asyncio.wait_for(server.connections[0].gone.wait(), 5)
    assert server.connections[0].gone_at - cancelled < 0.2


@pytest.mark.parametrize("slow", [24, 64])
async def test_a_slow_receiver_holds_up_no_other_on_its_host(serve, make_sender, slow):
    answered, all_asked = asyncio.Event(), asyncio.Event()
    asked = 0

    async def answers(connection):
        nonlocal asked
        head = await connection.read_head()
        asked += 1
        if asked == slow:
            all_asked.set()
        if head.startswith(b"POST /slow"):
            await answered.wait()
        await connection.send(page(b"ok", headers=["Connection: close"]))

    server = await serve(answers)
    sender = make_sender()
    waiting = [asyncio.create_task(post(sender, server.url("/slow"), 30.0)) for _ in range(slow)]
    await all_asked.wait()
    assert await post(sender, server.url("/quick"), 30.0) == 200
    assert not any(one.done() for one in waiting)
    answered.set()
    assert await asyncio.gather(*waiting) == [200] * slow
