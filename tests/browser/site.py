"""A site of pages that need a browser, on a loopback address of its own, in a thread of the test's process.

`pages.py` has the pages that only stand there; here is what answers late, in parts, or never.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import ClientConnectionResetError, web

from browser.pages import PAGES, STATUS, page
from smallweb import private_address

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME, OTHER, ADVERTISER = "kiln.test", "other.test", "static.doubleclick.net"
NAMES = (HOME, OTHER, ADVERTISER)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da636460000000060002308105ae0000000049454e44ae426082"
)
FILE = {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment; filename=glaze.bin"}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 0>>endobj\n%%EOF\n"


@dataclass(frozen=True)
class Asked:
    """One request: to which name, for what, with which headers (names in lower case)."""

    host: str
    path: str
    headers: dict[str, str]


class Site:
    """Where the site answers and what it was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.port = 0
        self.log: list[Asked] = []
        self.open: list[str] = []
        self.runner = web.AppRunner(
            self._app(), handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )

    @property
    def pins(self) -> str:
        """What sends every name here, as WEBKILN_RESOLVE takes it."""
        return ",".join(f"{name}:{self.address}" for name in NAMES)

    def url(self, path: str, name: str = HOME) -> str:
        return f"http://{name}:{self.port}{path}"

    def asked(self, path: str, name: str = HOME) -> list[Asked]:
        """Return the requests for a path, whatever their query."""
        return [one for one in self.log if (one.host, one.path.partition("?")[0]) == (name, path)]

    def paths(self, name: str = HOME) -> set[str]:
        """Return everything that was asked for under a name."""
        return {one.path for one in self.log if one.host == name}

    def connections(self) -> int:
        """Count the sockets that are open now."""
        return len(self.runner.server.connections)

    async def listen(self) -> None:
        await self.runner.setup()
        await web.TCPSite(self.runner, self.address, 0).start()
        self.port = self.runner.addresses[0][1]

    def _app(self) -> web.Application:
        @web.middleware
        async def noted(request, handler):
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.log.append(Asked(request.host.partition(":")[0], request.path_qs, headers))
            self.open.append(request.path)
            try:
                return await handler(request)
            except ClientConnectionResetError:  # it did not wait for the end
                return web.Response()
            finally:
                self.open.remove(request.path)

        app = web.Application(middlewares=[noted])
        app.add_routes(
            [
                web.get("/data", data),
                web.get("/never", never),
                web.get("/pixel.png", pixel),
                web.get("/file.bin", file),
                web.get("/paper.pdf", paper),
                web.get("/hop", self._hop),
                web.get("/headers", headers_page),
                web.get("/set-cookie", set_cookie),
                web.get("/renew/{rest:.*}", renew),
                web.get("/empty", empty),
                web.get("/{rest:.*}", self._page),
            ]
        )
        return app

    async def _page(self, request: web.Request) -> web.Response:
        text = PAGES.get(request.path)
        if text is None:
            return web.Response(
                status=404, text=page("<p>Nothing is kept here.</p>"), content_type="text/html"
            )
        for name, host in (("HOME", HOME), ("OTHER", OTHER), ("ADVERTISER", ADVERTISER)):
            text = text.replace(f"{{{name}}}", f"http://{host}:{self.port}")
        kind = "text/javascript" if request.path.endswith(".js") else "text/html"
        return web.Response(text=text, content_type=kind, status=STATUS.get(request.path, 200))

    async def _hop(self, request: web.Request) -> web.Response:
        """Lead to a path under another name."""
        target = self.url(request.query["to"], request.query.get("name", OTHER))
        return web.Response(status=302, headers={"Location": target})


async def data(request: web.Request) -> web.Response:
    """Answer with a text as JSON, after `ms` milliseconds."""
    await asyncio.sleep(int(request.query.get("ms", 0)) / 1000)
    headers = {"Access-Control-Allow-Origin": "*"}
    return web.json_response({"text": request.query.get("text", "the glaze has matured")}, headers=headers)


async def never(request: web.Request) -> web.StreamResponse:
    """Begin an image and leave it at that."""
    answer = web.StreamResponse(headers={"Content-Type": "image/png"})
    await answer.prepare(request)
    await answer.write(PIXEL[:20])
    await asyncio.sleep(600)
    return answer


async def pixel(_: web.Request) -> web.Response:
    return web.Response(body=PIXEL, content_type="image/png")


async def file(_: web.Request) -> web.Response:
    return web.Response(body=bytes(range(256)) * 8, headers=FILE)


async def paper(_: web.Request) -> web.Response:
    return web.Response(body=PDF, content_type="application/pdf")


async def empty(_: web.Request) -> web.Response:
    return web.Response(status=204)


async def headers_page(request: web.Request) -> web.Response:
    """Show the headers it was asked with, as JSON within a page."""
    shown = json.dumps({name.lower(): value for name, value in request.headers.items()})
    return web.Response(text=page(f"<pre id=headers>{shown}</pre>"), content_type="text/html")


async def set_cookie(request: web.Request) -> web.Response:
    answer = web.Response(text=page("<p>A cookie was set.</p>"), content_type="text/html")
    answer.set_cookie("visited", request.query.get("value", "yes"), max_age=3_600)
    return answer


async def renew(request: web.Request) -> web.Response:
    """Set each cookie that `set` spells, and lead on to `/headers`."""
    answer = web.Response(status=302, headers={"Location": f"/headers?{request.match_info['rest']}"})
    for line in request.query.getall("set"):
        answer.headers.add("Set-Cookie", line)
    return answer


@contextlib.contextmanager
def running_site(address: str | None = None) -> Iterator[Site]:
    """Run the site until the block ends."""
    site = Site(address or private_address())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="site", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(site.listen(), loop).result(10)
        yield site
    finally:
        asyncio.run_coroutine_threadsafe(site.runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
