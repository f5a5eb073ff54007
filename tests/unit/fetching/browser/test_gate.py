"""The gate between a page and the web, over real sockets; only the guard behind it does as the test says."""

import asyncio
import base64
import contextlib
from ipaddress import ip_address

import pytest

from webkiln.errors import BlockedAddress, ConnectionFailed, NameNotResolved, SiteFailed
from webkiln.fetching.browser.gate import Gate, Upstream, upstream_of
from webkiln.settings import FetchSettings

LOOPBACK = ip_address("127.0.0.1")
REFUSED = b"HTTP/1.1 403 Forbidden\r\n"
UNREACHABLE = b"HTTP/1.1 502 Bad Gateway\r\n"


class Guard:
    """Sends every name to loopback, except those that the test refuses."""

    def __init__(self):
        self.asked = []
        self.refused = {}

    async def addresses(self, host, port, *, by_proxy=False):
        self.by_proxy = by_proxy
        self.asked.append((host, port))
        if host in self.refused:
            raise self.refused[host]
        return [LOOPBACK]


class Far:
    """A server that keeps what it hears, and says `answer` to every head of a request."""

    def __init__(self):
        self.heard = []
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nclay"
        self.hold = False
        self.began, self.ended = asyncio.Event(), asyncio.Event()
        self.port = 0

    async def serve(self, reader, writer):
        try:
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            self.began.set()
            writer.write(self.answer)
            await writer.drain()
            if self.hold:
                self.heard.append(await reader.read())
        except OSError:
            pass
        finally:
            self.ended.set()
            writer.transport.abort() if self.hold else writer.close()


@pytest.fixture
async def far():
    here = Far()
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    yield here
    server.close()


@pytest.fixture
def guard():
    return Guard()


@pytest.fixture
async def make_gate(guard):
    made = []

    async def make(**options):
        gate = Gate(guard, **{"most_bytes": 1_000_000, **options})
        await gate.open()
        made.append(gate)
        return gate

    yield make
    for gate in made:
        gate.close()
    await asyncio.sleep(0)


async def connect(gate):
    return await asyncio.open_connection("127.0.0.1", int(gate.url.rpartition(":")[2]))


async def say(gate, text):
    """Send bytes through a gate; return everything that comes back."""
    reader, writer = await connect(gate)
    writer.write(text if isinstance(text, bytes) else text.encode())
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.transport.abort()


async def test_a_request_reaches_its_site_as_the_site_expects_it(make_gate, guard, far):
    gate = await make_gate()
    came = await say(
        gate,
        f"GET http://site.test:{far.port}/a/b?c=d HTTP/1.1\r\nHost: elsewhere.test\r\n"
        "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nX-Own: 1\r\n\r\n",
    )
    assert came.endswith(b"clay")
    assert far.heard == [
        f"GET /a/b?c=d HTTP/1.1\r\nHost: site.test:{far.port}\r\n"
        "X-Own: 1\r\nConnection: close\r\n\r\n".encode()
    ]
    assert guard.asked == [("site.test", far.port)]
    assert (gate.received, gate.refused, gate.cut_off) == (len(far.answer), {}, False)


async def test_a_site_that_keeps_its_connections_gets_one_request_on_each(make_gate, guard):
    """Even if the browser, told that the connection is closed, said more on it."""
    heard = []

    async def keep(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                heard.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\n"
                    b"Keep-Alive: timeout=100\r\n\r\nclay"
                )
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    gate = await make_gate()
    for path in ("/first", "/second"):
        reader, writer = await connect(gate)
        writer.write(
            f"GET http://site.test:{port}{path} HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\r\n".encode()
        )
        answer = await reader.readexactly(len("HTTP/1.1 200 OK") + 2 + 19 + 19 + 2 + 4)
        assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nclay"
        writer.write(f"GET http://elsewhere.test:{port}/third HTTP/1.1\r\n\r\n".encode())
        async with asyncio.timeout(2):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.transport.abort()
    server.close()
    lines = [head.split(b"\r\n")[0] for head in heard]
    assert lines == [b"GET /first HTTP/1.1", b"GET /second HTTP/1.1"]
    assert not any(b"proxy" in head.lower() for head in heard)
    assert {host for host, _ in guard.asked} == {"site.test"}


async def test_a_browser_that_has_its_answer_frees_a_site_that_does_not_close(make_gate, far):
    far.hold = True
    gate = await make_gate()
    reader, writer = await connect(gate)
    writer.write(f"GET http://site.test:{far.port}/ HTTP/1.1\r\n\r\n".encode())
    await reader.readuntil(b"clay")
    writer.close()
    async with asyncio.timeout(2):
        await far.ended.wait()


async def test_what_is_sent_with_a_request_reaches_its_site(make_gate, far):
    far.hold = True
    gate = await make_gate()
    reader, writer = await connect(gate)
    writer.write(f"POST http://site.test:{far.port}/ HTTP/1.1\r\nContent-Length: 6\r\n\r\nshards".encode())
    assert (await reader.readuntil(b"clay")).endswith(b"clay")
    writer.close()
    await far.ended.wait()
    assert far.heard[1] == b"shards"


@pytest.mark.parametrize(("path", "asked"), [("", "/"), ("?q=1", "/?q=1"), ("/#part", "/")])
async def test_a_url_without_a_path_asks_for_the_root(make_gate, far, path, asked):
    gate = await make_gate()
    target = f"http://site.test:{far.port}{path}"
    came = await say(gate, f"GET {target} HTTP/1.1\r\n\r\n")
    if "#" in path:  # a browser never sends one
        assert came.startswith(REFUSED)
        assert far.heard == []
    else:
        assert far.heard[0].startswith(f"GET {asked} HTTP/1.1\r\n".encode())


async def test_a_tunnel_passes_on_whatever_is_said(make_gate, far):
    gate = await make_gate()
    reader, writer = await connect(gate)
    writer.write(f"CONNECT site.test:{far.port} HTTP/1.1\r\nHost: site.test\r\n\r\n".encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
    writer.write(b"\x16\x03\x01 anything\r\n\r\n")
    assert await reader.read() == far.answer
    assert far.heard == [b"\x16\x03\x01 anything\r\n\r\n"]
    writer.transport.abort()


@pytest.mark.parametrize(
    "request_line", ["CONNECT inside.test:443 HTTP/1.1", "GET http://INSIDE.test/ HTTP/1.1"]
)
async def test_what_the_guard_refuses_is_refused_and_told(make_gate, guard, request_line):
    guard.refused["inside.test"] = BlockedAddress()
    gate = await make_gate()
    assert (await say(gate, f"{request_line}\r\n\r\n")).startswith(REFUSED)
    assert gate.refused == {"inside.test": guard.refused["inside.test"]}


async def test_what_cannot_be_reached_is_told_apart_from_what_is_refused(make_gate, guard):
    guard.refused["nowhere.test"] = NameNotResolved("ERR_NAME_NOT_RESOLVED: no address")
    gate = await make_gate()
    assert (await say(gate, "CONNECT nowhere.test:443 HTTP/1.1\r\n\r\n")).startswith(UNREACHABLE)
    assert isinstance(gate.refused["nowhere.test"], NameNotResolved)


async def test_a_port_where_nobody_listens_is_a_failed_connection(make_gate, far):
    gate = await make_gate()
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert (await say(gate, f"CONNECT site.test:{port} HTTP/1.1\r\n\r\n")).startswith(UNREACHABLE)
    assert isinstance(gate.refused["site.test"], ConnectionFailed)


async def test_the_guard_is_asked_for_the_name_itself(make_gate, guard, far):
    """A root dot is only another spelling of a name, and brackets only of an address."""
    gate = await make_gate()
    await say(gate, f"CONNECT Site.Test.:{far.port} HTTP/1.1\r\n\r\n\r\n\r\n")
    guard.refused["::1"] = BlockedAddress()
    assert (await say(gate, "CONNECT [::1]:443 HTTP/1.1\r\n\r\n")).startswith(REFUSED)
    assert guard.asked == [("site.test", far.port), ("::1", 443)]


@pytest.mark.parametrize(
    "target",
    [
        "CONNECT site.test:443/path HTTP/1.1",
        "CONNECT user@site.test:443 HTTP/1.1",
        "CONNECT [::1 HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
        "GET / HTTP/1.1",
        "GET https://site.test/ HTTP/1.1",
        "GET ftp://site.test/ HTTP/1.1",
        "GET http://user:word@site.test/ HTTP/1.1",
        "GET http:///path HTTP/1.1",
        "OPTIONS * HTTP/1.1",
    ],
)
async def test_a_request_that_names_no_site_is_refused(make_gate, guard, target):
    gate = await make_gate()
    assert (await say(gate, f"{target}\r\n\r\n")).startswith(REFUSED)
    assert guard.asked == []


@pytest.mark.parametrize(
    "text",
    [
        b"\r\n\r\n",
        b"CONNECT site.test:443\r\n\r\n",
        b"CONNECT  site.test:443 HTTP/1.1\r\n\r\n",
        b"CONNECT site.test:443 HTTP/2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET http://site.test/" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_request_gets_no_answer(make_gate, guard, text):
    gate = await make_gate()
    assert await say(gate, text) == b""
    assert guard.asked == []


async def test_an_advertiser_is_not_even_asked_about(make_gate, guard):
    gate = await make_gate(without_ads=True)
    assert (await say(gate, "CONNECT ads.doubleclick.net:443 HTTP/1.1\r\n\r\n")).startswith(UNREACHABLE)
    assert guard.asked == []
    assert isinstance(gate.refused["ads.doubleclick.net"], SiteFailed)


async def test_one_answer_takes_at_most_half_of_what_a_page_may_have(make_gate, far):
    far.answer = b"x" * 60_000
    gate = await make_gate(most_bytes=100_000)
    assert len(await say(gate, f"GET http://site.test:{far.port}/ HTTP/1.1\r\n\r\n")) <= 50_000
    assert gate.cut_off
    far.answer = b"HTTP/1.1 200 OK\r\n\r\nsmall"
    assert (await say(gate, f"GET http://site.test:{far.port}/ HTTP/1.1\r\n\r\n")).endswith(b"small")


async def test_a_page_that_has_had_all_it_may_gets_nothing_more(make_gate, guard, far):
    far.answer = b"x" * 40_000
    gate = await make_gate(most_bytes=100_000)
    for _ in range(3):
        await say(gate, f"GET http://site.test:{far.port}/ HTTP/1.1\r\n\r\n")
    assert (gate.flooded, gate.cut_off) == (True, True)
    assert await say(gate, f"GET http://site.test:{far.port}/ HTTP/1.1\r\n\r\n") == b""
    assert len(guard.asked) == 3


async def test_closing_closes_both_ends_at_once(make_gate, far):
    far.hold, far.answer = True, b""
    gate = await make_gate()
    port = int(gate.url.rpartition(":")[2])
    reader, writer = await connect(gate)
    writer.write(f"GET http://site.test:{far.port}/ HTTP/1.1\r\n\r\n".encode())
    await far.began.wait()
    gate.close()
    async with asyncio.timeout(2):
        await far.ended.wait()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.transport.abort()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_who_hangs_up_is_heard_on_the_other_side(make_gate, far):
    far.hold, far.answer = True, b"HTTP/1.1 200 OK\r\n\r\n"
    gate = await make_gate()
    reader, writer = await connect(gate)
    writer.write(f"GET http://site.test:{far.port}/ HTTP/1.1\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    async with asyncio.timeout(2):
        await far.ended.wait()


async def test_the_operators_proxy_is_asked_for_what_was_vetted(make_gate, guard, far):
    far.answer = b"HTTP/1.1 200 Fine\r\n\r\n"
    upstream = Upstream("127.0.0.1", far.port, "Basic c2VjcmV0")
    gate = await make_gate(upstream=upstream)
    came = await say(gate, "CONNECT site.test:443 HTTP/1.1\r\n\r\n")
    assert came.startswith(b"HTTP/1.1 200 Connection established\r\n\r\n")
    (heard,) = far.heard
    assert heard.split(b"\r\n") == [
        b"CONNECT site.test:443 HTTP/1.1",
        b"Host: site.test:443",
        b"Proxy-Authorization: Basic c2VjcmV0",
        b"",
        b"",
    ]
    assert guard.by_proxy
    guard.refused["inside.test"] = BlockedAddress()
    assert (await say(gate, "CONNECT inside.test:443 HTTP/1.1\r\n\r\n")).startswith(REFUSED)
    assert len(far.heard) == 1


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Who?\r\n\r\n", b"nonsense\r\n\r\n", b""])
async def test_a_proxy_that_refuses_is_a_failed_connection(make_gate, far, answer):
    far.answer = answer
    gate = await make_gate(upstream=Upstream("127.0.0.1", far.port, None))
    assert (await say(gate, "CONNECT site.test:443 HTTP/1.1\r\n\r\n")).startswith(UNREACHABLE)
    assert isinstance(gate.refused["site.test"], ConnectionFailed)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, None),
        ({"proxy_server": "http://proxy.test:3128"}, ("proxy.test", 3128, None)),
        ({"proxy_server": "proxy.test"}, ("proxy.test", 80, None)),
        ({"proxy_server": "http://me:word@proxy.test:1"}, ("proxy.test", 1, b"me:word")),
        (
            {"proxy_server": "http://proxy.test:1", "proxy_username": "me", "proxy_password": "ours"},
            ("proxy.test", 1, b"me:ours"),
        ),
    ],
)
def test_the_operators_proxy_is_read_from_the_settings(settings, found):
    upstream = upstream_of(FetchSettings.model_validate(settings))
    if upstream is None or found is None:
        assert upstream is found
        return
    host, port, credentials = found
    assert (upstream.host, upstream.port) == (host, port)
    expected = credentials and f"Basic {base64.b64encode(credentials).decode()}"
    assert upstream.authorization == expected


@pytest.mark.parametrize("server", ["socks5://proxy.test:1080", "https://proxy.test"])
def test_a_proxy_of_another_kind_is_refused(server):
    with pytest.raises(ValueError, match="http://host:port"):
        upstream_of(FetchSettings.model_validate({"proxy_server": server}))
