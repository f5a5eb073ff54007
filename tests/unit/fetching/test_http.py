from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from ipaddress import ip_address

import brotli
import pytest
import zstandard

from unit.fetching.conftest import opened
from unit.fetching.raw_server import closing, fixed, page, sent, site
from webkiln.errors import (
    BlockedAddress,
    ConnectionFailed,
    InvalidTarget,
    NameNotResolved,
    ScrapeTimeout,
)
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.page import FetchRequest

TEXT = b"<html>" + b"some text " * 5_000


def ask(url, timeout_s=10, **more):
    return FetchRequest(url, timeout_s, **more)


async def test_a_page_is_everything_that_came(serve, make_fetcher):
    server = await serve(site({"/a": page(TEXT, headers=["X-Two: 1", "x-two: 2", "X-Latin: caf\xe9"])}))
    before = time.time()
    got = await make_fetcher().fetch(ask(server.url("/a?q=%zz|{}#part")))
    assert got.requested_url == got.url == server.url("/a?q=%zz|{}#part")
    assert got.status == 200
    assert got.body == got.wire_body == TEXT
    assert got.content_encoding == ""
    assert got.header("content-type") == "text/html"
    assert [value for name, value in got.headers if name == "x-two"] == ["1", "2"]
    assert before <= got.fetched_at <= time.time()
    assert server.heads[0].startswith(b"GET /a?q=%zz|{} HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "status", ["204 No Content", "304 Not Modified", "404 Not Found", "503 Busy", "999 Odd"]
)
async def test_any_status_is_a_page(serve, make_fetcher, status):
    server = await serve(fixed(page(b"" if status[:3] in {"204", "304"} else b"text", status)))
    got = await make_fetcher().fetch(ask(server.url()))
    assert got.status == int(status[:3])


async def test_requests_look_like_chromes(serve, make_fetcher):
    server = await serve(fixed(page()))
    await make_fetcher().fetch(ask(server.url(), languages=("de", "en")))
    head = sent(server.heads[0])
    assert "Chrome/" in head["user-agent"]
    assert {"gzip", "deflate", "br", "zstd"} <= set(head["accept-encoding"].split(", "))
    assert head["accept"].startswith("text/html")
    assert head["accept-language"] == "de,en;q=0.9"
    assert head["host"] == f"127.0.0.1:{server.port}"
    assert "cookie" not in head
    names = [line.partition(b":")[0] for line in server.heads[0].split(b"\r\n")[1:-2]]
    assert names[:2] == [b"Host", b"sec-ch-ua"]
    assert names.index(b"User-Agent") < names.index(b"Accept") < names.index(b"Accept-Language")


async def test_the_callers_headers_win(serve, make_fetcher):
    server = await serve(fixed(page()))
    mine = {"USER-AGENT": "me", "accept": "x/y", "Cookie": "a=b", "Authorization": "Bearer t", "X-Own": "1"}
    await make_fetcher().fetch(ask(server.url(), headers=mine, languages=("de",)))
    head = sent(server.heads[0])
    assert {name.lower(): value for name, value in mine.items()}.items() <= head.items()
    assert server.heads[0].lower().count(b"user-agent") == 1


@pytest.mark.parametrize(
    "headers", [{"Host": "a"}, {"X": "a\r\nB: c"}, {"Transfer-Encoding": "chunked"}, {"a b": "c"}]
)
async def test_headers_that_break_the_message_are_never_sent(serve, make_fetcher, headers):
    server = await serve(fixed(page()))
    with pytest.raises(InvalidTarget):
        await make_fetcher().fetch(ask(server.url(), headers=headers))
    assert server.connections == []


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("br", brotli.compress(TEXT)),
        ("zstd", zstandard.compress(TEXT)),
        ("gzip, br", brotli.compress(gzip.compress(TEXT, mtime=0))),
    ],
)
async def test_codings_come_undone_and_the_wire_is_kept(serve, make_fetcher, coding, packed):
    server = await serve(fixed(page(packed, headers=[f"Content-Encoding: {coding}"])))
    got = await make_fetcher().fetch(ask(server.url()))
    assert got.body == TEXT
    assert got.wire_body == packed
    assert got.content_encoding == coding


async def test_a_large_page_is_decoded_off_the_loop(serve, make_fetcher):
    body = TEXT * 100
    server = await serve(fixed(page(gzip.compress(body), headers=["Content-Encoding: gzip"])))
    got = await make_fetcher().fetch(ask(server.url()))
    assert got.body == body


async def test_chunks_trailers_and_bare_closes_end_a_body(serve, make_fetcher):
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
    )
    server = await serve(fixed(chunked))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"abcde"
    server = await serve(closing(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"until the end"


async def test_sloppy_headers_are_read_as_browsers_do(serve, make_fetcher):
    lines = [b"no colon", b"X-Folded: a", b"  b", b"X-Space : c", b"X-Ctl: a\x01b", b"Content-Length: 2"]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *lines]) + b"\r\n\r\nok"
    server = await serve(fixed(head))
    got = await make_fetcher().fetch(ask(server.url()))
    assert got.body == b"ok"
    assert got.header("content-length") == "2"


# Where connections go


async def test_names_are_dialled_at_their_vetted_address(serve, make_fetcher):
    server = await serve(fixed(page(b"pinned")), host="127.0.0.3")
    fetcher = make_fetcher(resolve="site.test:127.0.0.3,wiki:127.0.0.3")
    for name in ("site.test", "wiki"):
        got = await fetcher.fetch(ask(f"http://{name}:{server.port}/"))
        assert got.body == b"pinned"
    assert sent(server.heads[0])["host"] == f"site.test:{server.port}"


async def test_a_name_that_changes_its_mind_is_blocked(serve, make_fetcher):
    good = await serve(fixed(page(b"good")), host="127.0.0.1")
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    now = 0.0

    async def lookup(_name):
        return [ip_address(text) for text in answers.pop(0)]

    settings = opened(allow_networks="127.0.0.1/32")
    fetcher = make_fetcher(EgressGuard(settings, lookup, lambda: now))
    url = f"http://flip.example:{good.port}/"
    assert (await fetcher.fetch(ask(url))).body == b"good"
    now = 60.0
    with pytest.raises(BlockedAddress):
        await fetcher.fetch(ask(url))


async def test_a_name_that_moves_is_dialled_at_its_new_address(serve, make_fetcher):
    old = await serve(fixed(page(b"old")), host="127.0.0.1")
    answers = [["127.0.0.1"], ["127.0.0.9"], ["127.0.0.1", "127.0.0.9"]]
    now = 0.0

    async def lookup(_name):
        return [ip_address(text) for text in answers.pop(0)]

    fetcher = make_fetcher(EgressGuard(opened(), lookup, lambda: now))
    url = f"http://moves.example:{old.port}/"
    assert (await fetcher.fetch(ask(url))).body == b"old"
    now = 60.0
    with pytest.raises(ConnectionFailed, match="ERR_CONNECTION_REFUSED"):
        await fetcher.fetch(ask(url))


async def test_addresses_that_do_not_answer_make_way_for_those_that_do(serve, make_fetcher):
    server = await serve(fixed(page(b"second")), host="127.0.0.5")
    fetcher = make_fetcher(resolve="two.test:127.0.0.6,two.test:127.0.0.5")
    assert (await fetcher.fetch(ask(f"http://two.test:{server.port}/"))).body == b"second"


async def test_literals_and_unknown_names_are_refused(make_fetcher):
    async def lookup(_name):
        return []

    fetcher = make_fetcher(EgressGuard(opened(), lookup))
    for url in ("http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/", "http://a.internal/"):
        with pytest.raises(BlockedAddress):
            await fetcher.fetch(ask(url))
    with pytest.raises(NameNotResolved):
        await fetcher.fetch(ask("http://nowhere.example/"))


async def test_the_environments_proxies_do_not_apply(serve, make_fetcher, monkeypatch):
    proxy = await serve(fixed(page(b"from the proxy")))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url())
    server = await serve(fixed(page(b"from the server")))
    assert (await make_fetcher().fetch(ask(server.url()))).body == b"from the server"
    assert proxy.connections == []


# Connections


async def test_connections_are_kept_and_used_again(serve, make_fetcher):
    server = await serve(site({"/": page(gzip.compress(TEXT), headers=["Content-Encoding: gzip"])}))
    fetcher = make_fetcher()
    for _ in range(20):
        await fetcher.fetch(ask(server.url()))
    assert len(server.connections) == 1


async def test_a_connection_given_up_by_the_server_costs_no_page(serve, make_fetcher):
    server = await serve(closing(page(b"ok")))
    fetcher = make_fetcher()
    for _ in range(50):
        assert (await fetcher.fetch(ask(server.url()))).body == b"ok"


async def test_an_answer_nobody_asked_for_poisons_nothing(serve, make_fetcher):
    server = await serve(site({"/": page(b"good") + page(b"POISONED")}))
    fetcher = make_fetcher()
    for _ in range(20):
        assert (await fetcher.fetch(ask(server.url()))).body == b"good"


async def test_an_unread_body_is_never_taken_for_the_next_answer(serve, make_fetcher):
    moved = b"HTTP/1.1 302 A\r\nLocation: /x\r\nContent-Length: 9\r\n\r\nHTTP/1.1 "
    server = await serve(site({"/": moved, "/x": page(b"good")}))
    fetcher = make_fetcher()
    for _ in range(20):
        assert (await fetcher.fetch(ask(server.url()))).body == b"good"


async def test_closing_the_fetcher_closes_its_connections(serve, make_fetcher):
    server = await serve(fixed(page(b"ok")))
    fetcher = make_fetcher()
    await fetcher.fetch(ask(server.url()))
    await fetcher.close()
    await asyncio.wait_for(server.connections[0].gone.wait(), 5)


# Time


async def drip(connection):
    await connection.read_head()
    await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await connection.send(b"1\r\nx\r\n")
        await asyncio.sleep(0.02)


async def slow_head(connection):
    await connection.read_head()
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000:
        await connection.send(bytes([byte]))
        await asyncio.sleep(0.02)


async def silent(connection):
    await connection.until_gone()


async def slow_hops(connection):
    while True:
        await connection.read_head()
        await asyncio.sleep(0.1)
        await connection.send(page(b"", "302 A", ["Location: /"]))


@pytest.mark.parametrize(
    "answer", [drip, slow_head, silent, slow_hops, fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")]
)
async def test_one_clock_runs_over_everything(serve, make_fetcher, answer):
    server = await serve(answer)
    started = time.perf_counter()
    with pytest.raises(ScrapeTimeout, match=r"ERR_TIMED_OUT: tried http://127\.0\.0\.1"):
        await make_fetcher().fetch(ask(server.url(), timeout_s=0.5))
    assert 0.4 < time.perf_counter() - started < 1.5


async def test_the_clock_runs_over_dns_as_well(make_fetcher):
    async def lookup(_name):
        await asyncio.sleep(60)

    with pytest.raises(ScrapeTimeout):
        await make_fetcher(EgressGuard(opened(), lookup)).fetch(ask("http://slow.example/", timeout_s=0.1))


async def endless(connection):
    await connection.read_head()
    await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await connection.send(b"1\r\nx\r\n" * 100)
        await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    "answer", [silent, endless, fixed(b""), fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc")]
)
async def test_cancelling_closes_the_socket_at_once(serve, make_fetcher, answer):
    server = await serve(answer)
    fetching = asyncio.create_task(make_fetcher().fetch(ask(server.url(), timeout_s=60)))
    await asyncio.wait_for((server.connected if answer is silent else server.asked).wait(), 5)
    await asyncio.sleep(0.05)  # until the first bytes of the answer have arrived
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    await asyncio.wait_for(server.connections[0].gone.wait(), 5)
