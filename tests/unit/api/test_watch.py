import asyncio
import contextlib
import dataclasses
import json

import pytest

from engine.scenes import WORKER
from engine.scripted import until
from unit.api.conftest import KEY
from webkiln.api.watch import _reason
from webkiln.engine.outcome import Completed, Failed
from webkiln.errors import SiteFailed, Unavailable

UNKNOWN = "0198a000-0000-7000-8000-00000000abcd"


class Watcher:
    """A WebSocket as an ASGI server would carry it; `reading` is whether its client takes anything."""

    def __init__(self, app, job_id, *, key=KEY, subprotocols=()):
        headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
        path = f"/v2/batch/scrape/{job_id}"
        scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "subprotocols": list(subprotocols),
            "scheme": "ws",
            "server": ("api.test", 80),
            "client": ("127.0.0.1", 9),
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }
        self.sent = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.said = asyncio.Queue()
        self.said.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self.said.get, self._send))

    async def _send(self, message):
        if message["type"] == "websocket.send":
            await self.reading.wait()
        self.sent.append(message)

    @property
    def messages(self):
        return [json.loads(one["text"]) for one in self.sent if one["type"] == "websocket.send"]

    @property
    def close(self):
        return next(
            (
                (one["code"], json.loads(one["reason"]))
                for one in self.sent
                if one["type"] == "websocket.close"
            ),
            None,
        )

    def hang_up(self):
        self.said.put_nowait({"type": "websocket.disconnect", "code": 1001})


@pytest.fixture
async def watch(parts, app_over):
    watchers = []

    def begin(job_id, over=parts, **more):
        watchers.append(Watcher(app_over(over), job_id, **more))
        return watchers[-1]

    yield begin
    for watcher in watchers:
        watcher.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher.task


@pytest.fixture
def batch(client, lifecycle, clock):
    """Start a batch and return its id with its claimed pages."""

    async def start(count):
        urls = [f"https://site.test/{number}" for number in range(count)]
        answer = await client.post("/v2/batch/scrape", json={"urls": urls})
        clock.advance(6)
        return answer.json()["id"], await lifecycle.claim(WORKER, ["batch_scrape"], count)

    return start


async def finish(lifecycle, held):
    await lifecycle.finish(
        WORKER, [(task, Completed(b'{"markdown":"%s"}' % task.id.encode())) for task in held]
    )


async def test_a_watcher_sees_what_was_then_what_comes_then_the_end(watch, batch, lifecycle):
    job_id, held = await batch(4)
    await finish(lifecycle, held[:2])
    watcher = watch(job_id)
    await until(lambda: watcher.messages)
    catchup = watcher.messages[0]
    assert catchup["type"] == "catchup"
    assert [one["markdown"] for one in catchup["data"].pop("data")] == [task.id for task in held[:2]]
    assert (catchup["data"]["status"], catchup["data"]["completed"]) == ("scraping", 2)
    await finish(lifecycle, held[2:3])
    await lifecycle.finish(WORKER, [(held[3], Failed(SiteFailed("no")))])
    await watcher.task
    kinds = [(one["type"], one["data"].get("markdown")) for one in watcher.messages[1:]]
    assert kinds == [("document", held[2].id), ("done", None)]
    assert watcher.messages[-1]["data"]["status"] == "completed"
    assert watcher.close == (1000, {"type": "done"})


async def test_every_document_comes_exactly_once_however_many(watch, batch, lifecycle):
    job_id, held = await batch(250)
    watcher = watch(job_id)
    await until(lambda: watcher.messages)
    for start in range(0, 250, 64):
        await finish(lifecycle, held[start : start + 64])
    await watcher.task
    seen = [one["data"]["markdown"] for one in watcher.messages if one["type"] == "document"]
    assert seen == [task.id for task in held]


async def test_a_cancelled_job_ends_the_watch_without_done(watch, batch, lifecycle):
    """Clients take a `done` message for completion, whatever it says (contract §17)."""
    job_id, held = await batch(3)
    await finish(lifecycle, held[:1])
    await lifecycle.cancel(job_id)
    watcher = watch(job_id)
    await watcher.task
    assert [one["type"] for one in watcher.messages] == ["catchup"]
    assert watcher.messages[0]["data"]["status"] == "cancelled"
    assert watcher.close == (1000, {"type": "done"})


@pytest.mark.parametrize(
    ("job_id", "key", "code", "error"),
    [
        (UNKNOWN, KEY, 1008, "Job not found"),
        ("nonsense", KEY, 1008, "Invalid job ID format. Job ID must be a valid UUID."),
        (UNKNOWN, "fc-" + "0" * 32, 3000, "Unauthorized: Invalid token"),
        (UNKNOWN, None, 3000, "Unauthorized"),
    ],
)
async def test_what_is_wrong_is_said_and_said_again_when_closing(watch, job_id, key, code, error):
    watcher = watch(job_id, key=key)
    await watcher.task
    assert watcher.sent[0]["type"] == "websocket.accept"
    assert watcher.messages == [{"type": "error", "error": error}]
    assert watcher.close == (code, {"type": "error", "error": error})


async def test_a_job_of_another_team_is_unknown(watch, batch, parts):
    job_id, _ = await batch(1)
    other = await parts.auth._keys.create(team="other")
    watcher = watch(job_id, key=other)
    await watcher.task
    assert watcher.close == (1008, {"type": "error", "error": "Job not found"})


@pytest.mark.parametrize(
    ("key", "offered", "chosen"), [(None, [KEY, "x"], KEY), (KEY, ["x"], None), (None, [], None)]
)
async def test_the_key_as_subprotocol_is_echoed(watch, key, offered, chosen):
    watcher = watch(UNKNOWN, key=key, subprotocols=offered)
    await watcher.task
    assert watcher.sent[0]["subprotocol"] == chosen
    assert watcher.close[0] == (3000 if key is None and not offered else 1008)


async def test_a_client_that_leaves_ends_the_watch(watch, batch):
    job_id, _ = await batch(1)
    watcher = watch(job_id)
    await until(lambda: watcher.messages)
    watcher.hang_up()
    await watcher.task
    assert watcher.close is None


async def test_a_client_that_reads_nothing_is_sent_no_more_than_one_message_at_a_time(
    watch, batch, lifecycle
):
    job_id, held = await batch(60)
    watcher = watch(job_id)
    await until(lambda: watcher.messages)
    watcher.reading.clear()
    await finish(lifecycle, held)
    await asyncio.sleep(0.7)
    assert len(watcher.messages) == 1  # nothing is piled up for it meanwhile
    watcher.reading.set()
    await watcher.task
    assert len(watcher.messages) == 62


async def test_a_fault_closes_with_its_code_and_says_nothing_of_its_cause(watch, parts):
    class Broken:
        async def watch(self, *_args):
            raise RuntimeError("the secret cause")
            yield

    watcher = watch(UNKNOWN, dataclasses.replace(parts, job_status=Broken()))
    await watcher.task
    assert watcher.close == (
        1011,
        {"type": "error", "error": "An unexpected error occurred on the server."},
    )


async def test_an_outage_closes_with_the_code_of_a_fault(watch, parts):
    class Away:
        async def watch(self, *_args):
            raise Unavailable("The database does not answer: disk I/O error")
            yield

    watcher = watch(UNKNOWN, dataclasses.replace(parts, job_status=Away()))
    await watcher.task
    assert watcher.close[0] == 1011


@pytest.mark.parametrize("text", ["short", "x" * 500, "ü" * 500, '"' * 500, "💥" * 100, "\\" * 200])
def test_a_reason_fits_its_frame_and_stays_json(text):
    reason = _reason(text)
    assert len(reason.encode()) <= 123
    assert text.startswith(json.loads(reason)["error"])
    if len(text) > 200:
        assert len(reason.encode()) > 115
