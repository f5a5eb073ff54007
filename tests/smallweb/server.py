"""The site as an async context manager: listeners, certificates, and what they saw."""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import trustme
from aiohttp import ClientConnectionResetError, web

from smallweb.catalogue import SITES
from smallweb.ledger import Ledger
from smallweb.routes import add_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

NAMES = (
    "docs.firecrawl.dev",
    "firecrawl.dev",
    "www.firecrawl.dev",
    "github.com",
    "example.com",
    "smallweb.test",
    "other.test",
    *SITES.names(),
)


def private_address() -> str:
    """Return a loopback address that only this process is likely to use (127.0.0.0/8, Linux)."""
    pid = os.getpid()
    return f"127.73.{pid >> 8 & 0xFF}.{pid & 0xFF or 1}"


class SmallWeb:
    """The site on `address`; port 0 takes a free one.

    While it runs: `http_port`, `https_port`, `control_port`, `ca_file` (PEM of the authority
    that signed its certificate for `names` and the address), and `ledger`. `connections()`
    counts sockets now open. The control port answers about the ledger in JSON without
    touching its counts: GET /stats?since=, GET /requests?since=, GET /deliveries?name=, POST /clear.
    """

    def __init__(
        self,
        address: str = "127.0.0.1",
        *,
        http_port: int = 0,
        https_port: int = 0,
        names: tuple[str, ...] = NAMES,
    ) -> None:
        self.address = address
        self.http_port = http_port
        self.https_port = https_port
        self.control_port = 0
        self.names = names
        self.ledger = Ledger()
        self._folder = tempfile.TemporaryDirectory(prefix="smallweb-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> Self:
        try:
            site = await self._runner(self._site_app())
            self.http_port = await self._listen(site, self.http_port, None)
            self.https_port = await self._listen(site, self.https_port, self._certificate())
            control = await self._runner(self._control_app())
            self.control_port = await self._listen(control, 0, None)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every socket and remove the certificates."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        self._folder.cleanup()

    def url(self, path: str = "/", *, name: str | None = None, secure: bool = False) -> str:
        """Return the address of a path, under a name (to be pinned) or the bare address."""
        port = self.https_port if secure else self.http_port
        scheme, usual = ("https", 443) if secure else ("http", 80)
        return f"{scheme}://{name or self.address}{'' if port == usual else f':{port}'}{path}"

    def pins(self) -> str:
        """Return `name:address` pairs that send every name here, as WEBKILN_RESOLVE takes them."""
        return ",".join(f"{name}:{self.address}" for name in self.names)

    def connections(self) -> int:
        """Count the sockets of clients that are open now."""
        server = self._runners[0].server if self._runners else None
        return len(server.connections) if isinstance(server, web.Server) else 0

    def summary(self, since: float = 0.0) -> dict[str, Any]:
        """Return the ledger's summary together with the sockets now open."""
        return {**self.ledger.summary(since), "connections": self.connections()}

    async def until(self, happened: Callable[[], bool], *, within_s: float = 5.0) -> None:
        """Wait until something has happened here; raises TimeoutError after `within_s` seconds."""
        async with asyncio.timeout(within_s):
            while not happened():  # noqa: ASYNC110 - what is waited for is anything a test can see
                await asyncio.sleep(0.001)

    def _certificate(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(self.address, *self.names).configure_cert(context)
        return context

    async def _runner(self, app: web.Application) -> web.AppRunner:
        # Without cancellation a handler would sleep on after its client has gone, and look open.
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        return runner

    async def _listen(self, runner: web.AppRunner, port: int, tls: ssl.SSLContext | None) -> int:
        listener = web.TCPSite(runner, self.address, port, ssl_context=tls, backlog=1024)
        await listener.start()
        return int(runner.addresses[-1][1])

    def _site_app(self) -> web.Application:
        ledger = self.ledger

        @web.middleware
        async def noted(request: web.Request, handler: Handler) -> web.StreamResponse:
            seen = ledger.begin(request.host.partition(":")[0], request.path_qs, request.remote or "")
            aborted = False
            try:
                return await handler(request)
            except (asyncio.CancelledError, ClientConnectionResetError):
                aborted = True
                raise
            finally:
                ledger.end(seen, aborted=aborted)

        @web.middleware
        async def of_a_site(request: web.Request, handler: Handler) -> web.StreamResponse:
            answer = await SITES.answer(request, (self.http_port, self.https_port))
            return await handler(request) if answer is None else answer

        app = web.Application(middlewares=[noted, of_a_site], client_max_size=64 << 20)
        add_routes(app, ledger)
        return app

    def _control_app(self) -> web.Application:
        async def stats(request: web.Request) -> web.Response:
            return web.json_response(self.summary(float(request.query.get("since", 0))))

        async def requests(request: web.Request) -> web.Response:
            return web.json_response(self.ledger.requests_json(float(request.query.get("since", 0))))

        async def deliveries(request: web.Request) -> web.Response:
            return web.json_response(self.ledger.deliveries_json(request.query.get("name")))

        async def clear(_: web.Request) -> web.Response:
            self.ledger.clear()
            return web.json_response({})

        app = web.Application()
        app.add_routes(
            [
                web.get("/stats", stats),
                web.get("/requests", requests),
                web.get("/deliveries", deliveries),
                web.post("/clear", clear),
            ]
        )
        return app
