import asyncio
import contextlib
import errno
import socket
import sys

import httpx
import pytest

from webkiln.api.envelope import LastResort
from webkiln.cli.http_server import HttpServer, shut_to_newcomers


@pytest.fixture
async def serve():
    """Serve an app on a free loopback port; ends with the test."""
    running = []

    async def start(app, drain_s=0.0, head_s=30.0):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = HttpServer(app, drain_s=drain_s, head_s=head_s)
        running.append((server, asyncio.create_task(server.serve([listener]))))
        while not server.started:  # noqa: ASYNC110 (uvicorn offers nothing to wait on)
            await asyncio.sleep(0.005)
        return server, f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, serving in running:
        server.stop()
        await serving


class Patient:
    """Answers when the test says so."""

    def __init__(self):
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def __call__(self, _scope, _receive, send):
        self.asked.set()
        await self.answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def ready(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Talker:
    """A client that says byte for byte what the test wants."""

    def __init__(self, url):
        self.port = int(url.rpartition(":")[2])

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def flood(self, first, again, most=200):
        """Send until the server has heard enough; return what it answered."""
        with contextlib.suppress(OSError):
            self.writer.write(first)
            for _ in range(most):
                self.writer.write(again)
                await self.writer.drain()
        with contextlib.suppress(OSError):
            return await self.reader.read()
        return b""


async def get(url):
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.get(url)


async def test_what_was_asked_before_the_end_is_answered(serve):
    app = Patient()
    server, url = await serve(LastResort(app), drain_s=20)
    asking = asyncio.create_task(get(url))
    await app.asked.wait()
    server.stop()
    app.answer.set()
    assert (await asking).text == "ok"


async def test_what_is_not_answered_in_time_is_told_to_come_back(serve):
    """Cut off without a word, a client cannot tell whether to ask again."""
    app = Patient()
    server, url = await serve(LastResort(app))
    asking = asyncio.create_task(get(url))
    await app.asked.wait()
    server.stop()
    answer = await asking
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {"success": False, "error": "The server is shutting down."}


async def test_a_server_may_give_up_before_its_time(serve):
    app = Patient()
    server, url = await serve(LastResort(app), drain_s=600)
    asking = asyncio.create_task(get(url))
    await app.asked.wait()
    server.stop()
    await asyncio.sleep(0.2)
    assert not asking.done()
    server.give_up()
    assert (await asking).status_code == 503


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"GET / HTTP/1.1\r\nX-Long: ", b"a" * 50_000),
        (b"GET / HTTP/1.1\r\n", b"X-Many: aaaaaaaaaaaaaaaaaaaaaa\r\n" * 1_000),
        (b"GET /", b"a" * 50_000),
    ],
    ids=["one header", "many headers", "the path"],
)
async def test_a_head_without_an_end_is_not_heard_out(serve, first, again):
    """The HTTP parser would keep all of it: gigabytes, from clients without a key."""
    _, url = await serve(ready)
    async with Talker(url) as talker:
        answer = await talker.flood(first, again)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert (await get(url)).text == "ok"


async def test_a_head_of_ordinary_size_is(serve):
    _, url = await serve(ready)
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(5):  # of one connection
            answer = await client.get(url, headers={"X-Long": "a" * 30_000, "Authorization": "Bearer x"})
            assert answer.text == "ok"


async def test_requests_that_arrive_together_are_all_answered(serve):
    _, url = await serve(ready)
    request = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n"
    async with Talker(url) as talker:
        talker.writer.write(request * 8)
        heard = b""
        while heard.count(b"HTTP/1.1 200 ") < 8:
            more = await talker.reader.read(65_536)
            assert more
            heard += more


async def test_who_says_nothing_is_let_go(serve):
    _, url = await serve(ready, head_s=0.05)
    for begin in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n"):
        async with Talker(url) as talker:
            talker.writer.write(begin)
            assert await talker.reader.read() == b""
    app = Patient()
    _, url = await serve(app, head_s=0.05)
    asking = asyncio.create_task(get(url))  # who has said everything is waited for
    await app.asked.wait()
    await asyncio.sleep(0.1)
    app.answer.set()
    assert (await asking).text == "ok"


async def test_a_request_on_its_way_when_the_server_ends_is_answered(serve):
    """Its connection was accepted: closed without a look, it would be reset."""
    server, url = await serve(ready, drain_s=5)
    async with Talker(url) as client:
        await asyncio.sleep(0.05)  # accepted by now
        server.stop()
        await asyncio.sleep(0.2)
        client.writer.write(b"GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
        assert (await client.reader.readline()).startswith(b"HTTP/1.1 200")


async def test_a_connection_made_just_before_the_end_is_answered(serve):
    """It waits in the kernel's queue, and closing the listener would reset it."""
    server, url = await serve(ready, drain_s=5)
    server.should_exit = True
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5) as client:
        closing = asyncio.create_task(server.shutdown())
        client.sendall(b"GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")
        await closing
        assert client.recv(1_000).startswith(b"HTTP/1.1 200")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has filters on sockets")
def test_a_socket_that_is_shut_to_newcomers_keeps_those_in_its_queue():
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), timeout=5) as early,
        socket.socket() as late,
    ):
        shut_to_newcomers(listener)
        late.setblocking(False)  # noqa: FBT003
        assert late.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"hello")
            assert early.recv(10) == b"hello"
        listener.setblocking(False)  # noqa: FBT003
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_a_server_that_follows_on_the_same_socket_is_reached():
    """An API process that ends by itself gets a successor, which is handed the same socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        first = HttpServer(ready, drain_s=0)
        first.should_exit = True
        await first.serve([listener.dup()])
        second = HttpServer(ready, drain_s=0)
        serving = asyncio.create_task(second.serve([listener.dup()]))
        host, port = listener.getsockname()
        assert (await get(f"http://{host}:{port}")).text == "ok"
        second.stop()
        await serving


async def test_a_connection_that_asks_nothing_holds_the_end_up_for_a_moment_only(serve):
    server, url = await serve(ready, drain_s=30)
    async with Talker(url) as client:
        await asyncio.sleep(0.05)
        server.stop()
        async with asyncio.timeout(5):
            assert await client.reader.read() == b""
