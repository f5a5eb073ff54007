"""What a visit makes of what has no answer of a site's own."""

import asyncio
from dataclasses import dataclass, field

import pytest

from webkiln.errors import BlockedAddress
from webkiln.fetching.browser.failures import NotAPage
from webkiln.fetching.browser.plain import PlainContext, PlainPage
from webkiln.fetching.browser.pool import Tab
from webkiln.fetching.browser.visit import Visit
from webkiln.fetching.page import FetchRequest

URL = "http://kiln.test/"


@dataclass
class Gate:
    refused: dict[str, Exception] = field(default_factory=dict)
    cut_off: bool = False


class Pipe:
    """Answers every command, and goes where it is sent, to a document with these signs of life."""

    open = True

    def __init__(self, media_type="text/plain", signs=(), settles="settled"):
        self.media_type, self.signs, self.settles = media_type, signs, settles

    def listen(self, _session, listener):
        self.listener = listener

    def tell(self, *said):
        pass

    async def ask(self, method, params=None, _session=""):
        if method == "Page.navigate":
            frame = {"id": "frame", "loaderId": "first", "url": params["url"], "mimeType": self.media_type}
            self.listener("Page.frameNavigated", {"frame": frame})
            for sign in self.signs:
                life = {"frameId": "frame", "loaderId": "first", "name": sign}
                self.listener("Page.lifecycleEvent", life)
        if method == "Runtime.evaluate":
            capture = {"url": URL, "status": 200, "html": "<p>Clay.</p>"}
            value = self.settles if '"settled"' in params["expression"] else capture
            return {"result": {"value": value}}
        return {"targetInfo": {"targetId": "frame"}, "executionContextId": 1}


async def visit(gate, pipe=None, timeout_s=5.0):
    pipe = pipe or Pipe()
    page = PlainPage(pipe, "page", "frame", [])
    context = PlainContext(pipe, "context", {})
    tab = Tab(context, page, gate, "Chrome/156.0.0.0", alive=lambda: True, blame=lambda: None)
    return await Visit(tab, FetchRequest(URL, timeout_s), most_bytes=1_000, clock=lambda: 0.0).run()


async def test_what_the_gate_has_refused_is_no_file():
    with pytest.raises(BlockedAddress):
        await visit(Gate({"kiln.test": BlockedAddress()}))


async def test_what_a_browser_would_only_display_is_one():
    with pytest.raises(NotAPage):
        await asyncio.wait_for(visit(Gate()), 5)


@pytest.mark.parametrize(
    ("signs", "settles", "timeout_s", "hurried"),
    [
        (("init", "load", "networkIdle"), "settled", 60.0, False),
        (("init", "load", "networkIdle"), "settled", 5.0, False),
        (("init", "load", "networkIdle"), "unsettled", 60.0, False),  # it had all the time a page may have
        (("init", "load", "networkIdle"), "unsettled", 5.0, True),
        (("init", "load"), "settled", 0.1, True),
        (("init",), "settled", 0.1, True),
    ],
)
async def test_a_page_is_hurried_when_more_time_would_have_shown_more(signs, settles, timeout_s, hurried):
    page = await visit(Gate(), Pipe("text/html", signs, settles), timeout_s)
    assert (page.body, page.hurried) == (b"<p>Clay.</p>", hurried)
