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


class Pipe:
    """Answers every command, and goes where it is sent: to a document of no kind but text."""

    open = True

    def listen(self, _session, listener):
        self.listener = listener

    def tell(self, *said):
        pass

    async def ask(self, method, params=None, _session=""):
        if method == "Page.navigate":
            frame = {"id": "frame", "loaderId": "first", "url": params["url"], "mimeType": "text/plain"}
            self.listener("Page.frameNavigated", {"frame": frame})
        return {}


async def visit(gate):
    pipe = Pipe()
    page = PlainPage(pipe, "page", "frame", [])
    context = PlainContext(pipe, "context", {})
    tab = Tab(context, page, gate, "Chrome/156.0.0.0", alive=lambda: True, blame=lambda: None)
    return await Visit(tab, FetchRequest(URL, 5.0), most_bytes=1_000, clock=lambda: 0.0).run()


async def test_what_the_gate_has_refused_is_no_file():
    with pytest.raises(BlockedAddress):
        await visit(Gate({"kiln.test": BlockedAddress()}))


async def test_what_a_browser_would_only_display_is_one():
    with pytest.raises(NotAPage):
        await asyncio.wait_for(visit(Gate()), 5)
