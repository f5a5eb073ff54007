import asyncio
import socket

import httpx
import pytest

from webkiln.api.envelope import LastResort
from webkiln.cli.http_server import HttpServer


@pytest.fixture
async def serve():
    """Serve an app on a free loopback port; ends with the test."""
    running = []

    async def start(app, drain_s=0.0):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = HttpServer(app, drain_s=drain_s)
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
