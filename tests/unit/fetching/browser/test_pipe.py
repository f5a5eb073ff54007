"""The line to a browser, with the test at its other end."""

import asyncio

import orjson
import pytest
from playwright.async_api import Error

from webkiln.fetching.browser.pipe import DETACHED, Pipe


class Writer:
    """Keeps what was written."""

    def __init__(self):
        self.said, self.closed = [], False

    def write(self, data):
        assert data.endswith(b"\0")
        self.said.append(orjson.loads(data[:-1]))

    def close(self):
        self.closed = True


class Line:
    """A pipe and its other end."""

    def __init__(self):
        self.reader, self.writer = asyncio.StreamReader(), Writer()
        self.pipe = Pipe(self.reader, self.writer)

    def tell(self, **message):
        self.reader.feed_data(orjson.dumps(message) + b"\0")

    async def asked(self, *args):
        """Ask, and give the browser the time to hear it."""
        asking = asyncio.ensure_future(self.pipe.ask(*args))
        await asyncio.sleep(0)
        return asking, self.writer.said[-1]["id"]


@pytest.fixture
async def line():
    opened = Line()
    yield opened
    opened.reader.feed_eof()
    await asyncio.sleep(0.001)


async def test_answers_find_who_has_asked(line):
    first, one = await line.asked("Page.first", {"a": 1}, "page")
    second, two = await line.asked("Page.second")
    assert line.writer.said == [
        {"id": one, "method": "Page.first", "params": {"a": 1}, "sessionId": "page"},
        {"id": two, "method": "Page.second", "params": {}},
    ]
    line.tell(id=two, result={"is": "second"})
    line.tell(id=one, result={"is": "first"})
    assert await asyncio.gather(first, second) == [{"is": "first"}, {"is": "second"}]


async def test_an_error_is_playwrights_own(line):
    asking, number = await line.asked("Page.navigate")
    line.tell(id=number, error={"code": -32000, "message": "no such thing"})
    with pytest.raises(Error, match=r"^Protocol error \(Page.navigate\): no such thing$"):
        await asking


async def test_messages_come_in_any_pieces(line):
    heard = []
    line.pipe.listen("page", lambda *event: heard.append(event))
    event = b'{"sessionId":"page","method":"Page.moved","params":{"to":"\xc3\xb6"}}\0'
    nested = b'{"id":1,"result":' + b"[" * 5_000 + b"]" * 5_000 + b"}\0"
    for at in range(len(event)):
        line.reader.feed_data(event[at : at + 1])
        await asyncio.sleep(0)
    line.reader.feed_data(event + nested + event + event[:9])
    await asyncio.sleep(0.001)
    assert heard == [("Page.moved", {"to": "ö"})] * 3


async def test_what_nobody_asked_or_listens_for_is_let_go(line):
    line.pipe.tell("Page.enable")
    line.tell(id=1, result={})
    line.tell(method="Page.moved", params={}, sessionId="nobody")
    asking, number = await line.asked("Page.first")
    asking.cancel()
    line.tell(id=number, result={})
    again, number = await line.asked("Page.second")
    line.tell(id=number, result={"still": "here"})
    assert await again == {"still": "here"}


async def test_a_session_that_ends_answers_nothing_any_more(line):
    heard = []
    line.pipe.listen("page", lambda *event: heard.append(event))
    asking, _ = await line.asked("Runtime.evaluate", {}, "page")
    other, number = await line.asked("Browser.getVersion")
    line.tell(method="Target.detachedFromTarget", params={"sessionId": "page"})
    line.tell(id=number, result={})
    with pytest.raises(Error, match=r"^Target closed$"):
        await asking
    assert await other == {}
    assert heard == [(DETACHED, {})]


async def test_a_browser_that_ends_ends_everything(line):
    heard = []
    line.pipe.listen("page", lambda *event: heard.append(event))
    asking, _ = await line.asked("Runtime.evaluate", {}, "page")
    line.reader.feed_eof()
    with pytest.raises(Error, match=r"^Target closed$"):
        await asking
    assert (line.pipe.open, line.writer.closed, heard) == (False, True, [(DETACHED, {})])
    with pytest.raises(Error, match=r"^Browser closed$"):
        await line.pipe.ask("Page.first")
    said = len(line.writer.said)
    line.pipe.tell("Page.first")
    assert len(line.writer.said) == said
