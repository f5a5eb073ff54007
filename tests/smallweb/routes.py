"""What the site answers, under every name but those of `catalogue.py`:

/                        the front page of that name
/i/<n>?ms=               a page that shows `item_mark(n)` and nothing else's, after `ms` milliseconds
/turn/<n>?ms=            as /i/<n>, and how often it was asked for: `turn1` the first time
/said/<n>?<header>=      as /turn/<n>, with these headers
/slow?ms=                an answer after `ms` milliseconds (1,000)
/status/<code>?text=     that status, with a page (or with `text` as it is)
/redirect/<n>?code=      n redirects, then /i/0
/redirect-to?url=&code=  one redirect
/redirect-loop           for ever
/lead-on?url=&s=&by=     a long page that leads on after `s` seconds (0), by its `tag` (default) or a `header`
/cookie/set?name=&value= a cookie, and a redirect to /echo
/encoded/<coding>        the page /i/0 under gzip, deflate, br or zstd
/charset/<label>?in=     a page in a legacy charset, named in `header` (default), `meta`, `bom`, or `nowhere`
/large?kb=               much prose
/links?first=&count=     a list of links to items
/for-sale                a kiln that is sold, told to machines and, at a lower price, to readers
/inn                     the menu of an inn, told to nobody but readers
/shrinking/<n>?count=    a list of `count` (3) items from <n> on, and of one less each time it is asked for
/echo                    the request as JSON: method, host, path, headers in order, body
/json /text /xml /empty /image /pdf-like
/drip?ms=&bytes=         one byte every `ms` milliseconds, for ever or `bytes` times
/cut                     half of a promised body, then the connection closes
/reset                   the connection closes without an answer
/flaky/<key>?fail=&status=&retry_after=   fails `fail` times (2, 503) for that key, then /i/0
/hook[/<name>]?fail=&status=&ms=          the webhook receiver: answers the first `fail` calls with `status`
anything else            a plain page of that name and path
"""

from __future__ import annotations

import asyncio
import gzip
import html
import itertools
import time
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import brotli
import zstandard
from aiohttp import web

from smallweb import pages
from smallweb.ledger import Delivery

if TYPE_CHECKING:
    from smallweb.ledger import Ledger

FRONT_PAGES = {
    "docs.firecrawl.dev": pages.manual,
    "firecrawl.dev": pages.shop,
    "www.firecrawl.dev": pages.shop,
    "github.com": pages.workshop,
}
CODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
# The smallest PNG there is: one transparent pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def _html(text: str, **kwargs: Any) -> web.Response:
    return web.Response(text=text, content_type="text/html", **kwargs)


def _number(request: web.Request, name: str, default: int) -> int:
    return int(request.query.get(name, default))


async def _pause(request: web.Request, default: int = 0) -> None:
    if milliseconds := _number(request, "ms", default):
        await asyncio.sleep(milliseconds / 1000)


async def front(request: web.Request) -> web.Response:
    host = request.host.partition(":")[0]
    if host in FRONT_PAGES:
        return _html(FRONT_PAGES[host]())
    return _html(pages.plain(host, "/"))


async def plain(request: web.Request) -> web.Response:
    return _html(pages.plain(request.host.partition(":")[0], request.path))


async def item(request: web.Request) -> web.Response:
    await _pause(request)
    return _html(pages.item(int(request.match_info["number"])))


async def for_sale(_: web.Request) -> web.Response:
    return _html(pages.for_sale())


async def inn(_: web.Request) -> web.Response:
    return _html(pages.inn())


async def slow(request: web.Request) -> web.Response:
    await _pause(request, 1000)
    return _html(pages.item(0))


async def status(request: web.Request) -> web.Response:
    code = int(request.match_info["code"])
    text = request.query.get("text")
    page = pages.document(f"Status {code}", f"<h1>Status {code}</h1><p>{pages.prose(code, 3)}</p>")
    return _html(page if text is None else text, status=code)


async def redirect(request: web.Request) -> web.Response:
    left = int(request.match_info["left"])
    target = f"/redirect/{left - 1}" if left > 1 else "/i/0"
    return web.Response(status=_number(request, "code", 302), headers={"Location": target})


async def redirect_to(request: web.Request) -> web.Response:
    return web.Response(status=_number(request, "code", 302), headers={"Location": request.query["url"]})


async def redirect_loop(request: web.Request) -> web.Response:
    turn = _number(request, "turn", 0) + 1
    return web.Response(status=302, headers={"Location": f"/redirect-loop?turn={turn}"})


async def lead_on(request: web.Request) -> web.Response:
    declared = f"{_number(request, 's', 0)}; url={request.query['url']}"
    by_header = request.query.get("by") == "header"
    tag = "" if by_header else f'<meta http-equiv="refresh" content="{html.escape(declared)}">'
    page = pages.document("Moved", f"{tag}<h1>Moved</h1><p>{pages.prose(1, 12)}</p>")
    return web.Response(
        text=page, content_type="text/html", headers={"Refresh": declared} if by_header else {}
    )


async def cookie_set(request: web.Request) -> web.Response:
    answer = web.Response(status=302, headers={"Location": "/echo"})
    answer.set_cookie(request.query.get("name", "glaze"), request.query.get("value", "celadon"))
    return answer


async def encoded(request: web.Request) -> web.Response:
    coding = request.match_info["coding"]
    body = CODINGS[coding](pages.item(0).encode())
    headers = {"Content-Encoding": coding, "Content-Type": "text/html; charset=utf-8"}
    return web.Response(body=body, headers=headers)


async def charset(request: web.Request) -> web.Response:
    label = request.match_info["label"]
    declared = request.query.get("in", "header")
    suffix = f"; charset={label}" if declared == "header" else ""
    return web.Response(body=pages.foreign(label, declared), headers={"Content-Type": f"text/html{suffix}"})


async def large(request: web.Request) -> web.Response:
    return _html(pages.large(_number(request, "kb", 1024)))


async def links(request: web.Request) -> web.Response:
    return _html(pages.link_list(_number(request, "first", 0), _number(request, "count", 100)))


async def echo(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "method": request.method,
            "scheme": request.scheme,
            "host": request.host,
            "path": request.path_qs,
            "headers": [[name, value] for name, value in request.headers.items()],
            "cookies": dict(request.cookies),
            "body": await request.text(),
        }
    )


async def sample(request: web.Request) -> web.Response:
    kind = request.path.removeprefix("/")
    samples = {
        "json": ("application/json", b'{"kiln": {"cone": 6, "fired": true}}'),
        "text": ("text/plain; charset=utf-8", b"One line.\n  Another line.\n"),
        "xml": ("application/xml", b'<?xml version="1.0"?><kiln><cone>6</cone></kiln>'),
        "empty": ("text/html", b""),
        "image": ("image/png", PIXEL),
        "pdf-like": ("application/pdf", b"%PDF-1.4\n%%EOF\n"),
    }
    content_type, body = samples[kind]
    return web.Response(body=body, headers={"Content-Type": content_type})


async def drip(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/html"})
    await answer.prepare(request)
    count = _number(request, "bytes", 0)
    for _ in range(count) if count else itertools.count():
        await answer.write(b"x")
        await _pause(request, 100)
    return answer


async def cut(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/html", "Content-Length": "100000"})
    await answer.prepare(request)
    await answer.write(b"<html><body><p>Half of a page" * 100)
    _close(request)
    return answer


async def reset(request: web.Request) -> web.Response:
    _close(request)
    return web.Response()


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


class Fickle:
    """Handlers that remember how often they were called."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._calls: Counter[str] = Counter()

    def _fails(self, request: web.Request, default: int) -> bool:
        self._calls[request.path] += 1
        return self._calls[request.path] <= _number(request, "fail", default)

    async def flaky(self, request: web.Request) -> web.Response:
        if not self._fails(request, 2):
            return _html(pages.item(0))
        wait = request.query.get("retry_after")
        return _html(
            pages.document("Not now", "<h1>Not now</h1><p>Come back later.</p>"),
            status=_number(request, "status", 503),
            headers={} if wait is None else {"Retry-After": wait},
        )

    async def turn(self, request: web.Request) -> web.Response:
        self._calls[request.path] += 1
        turn = self._calls[request.path]
        await _pause(request)
        number = int(request.match_info["number"])
        return _html(pages.document(f"Item {number}", f"<h1>{pages.item_mark(number)}</h1><p>turn{turn}</p>"))

    async def shrinking(self, request: web.Request) -> web.Response:
        self._calls[request.path] += 1
        count = _number(request, "count", 3) + 1 - self._calls[request.path]
        return _html(pages.link_list(int(request.match_info["first"]), max(count, 0)))

    async def said(self, request: web.Request) -> web.Response:
        answer = await self.turn(request)
        answer.headers.update(request.query)
        return answer

    async def hook(self, request: web.Request) -> web.Response:
        await _pause(request)
        code = _number(request, "status", 500) if self._fails(request, 0) else 200
        self._ledger.deliveries.append(
            Delivery(
                name=request.match_info.get("name", ""),
                at=time.time(),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.text(),
                status=code,
            )
        )
        return web.Response(status=code, text="noted")


def add_routes(app: web.Application, ledger: Ledger) -> None:
    """Give an application every route of the list above."""
    fickle = Fickle(ledger)
    app.add_routes(
        [
            web.get("/", front),
            web.get(r"/i/{number:\d+}", item),
            web.get(r"/turn/{number:\d+}", fickle.turn),
            web.get(r"/shrinking/{first:\d+}", fickle.shrinking),
            web.get(r"/said/{number:\d+}", fickle.said),
            web.get("/slow", slow),
            web.get(r"/status/{code:\d{3}}", status),
            web.get(r"/redirect/{left:\d+}", redirect),
            web.get("/redirect-to", redirect_to),
            web.get("/lead-on", lead_on),
            web.get("/redirect-loop", redirect_loop),
            web.get("/cookie/set", cookie_set),
            web.get("/encoded/{coding}", encoded),
            web.get("/charset/{label}", charset),
            web.get("/large", large),
            web.get("/links", links),
            web.get("/for-sale", for_sale),
            web.get("/inn", inn),
            web.route("*", "/echo", echo),
            *(web.get(f"/{kind}", sample) for kind in ("json", "text", "xml", "empty", "image", "pdf-like")),
            web.get("/drip", drip),
            web.get("/cut", cut),
            web.get("/reset", reset),
            web.get("/flaky/{key}", fickle.flaky),
            web.post("/hook", fickle.hook),
            web.post("/hook/{name}", fickle.hook),
            web.get("/{rest:.*}", plain),
        ]
    )
