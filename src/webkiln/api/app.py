"""The whole door on one page: every route and every layer around them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse

from webkiln import errors
from webkiln.api import (
    account,
    batch_scrape,
    crawl,
    envelope,
    files,
    health,
    map,  # noqa: A004
    profiles,
    scrape,
    search,
)
from webkiln.api.addressing import Addressed
from webkiln.api.described import complete
from webkiln.api.docs_page import docs_page
from webkiln.api.envelope import LastResort, error_response, json_response
from webkiln.api.open_door import OpenDoor
from webkiln.api.v1 import routes as v1

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from webkiln.api.parts import Parts
    from webkiln.telemetry.metrics import Metrics


def create_app(parts: Parts) -> ASGIApp:
    """Return the ASGI application over `parts`; unexpected faults are answered inside of it."""
    app = FastAPI(
        title="Webkiln",
        summary="Your own web-data API, wire-compatible with the Firecrawl API v2",
        version="2",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for noun in (scrape, batch_scrape, crawl, map, search, account, files, profiles, health, v1):
        app.include_router(noun.routes(parts))
    envelope.install(app)
    complete(app)
    _describe(app, parts)
    app.add_middleware(LastResort)
    if parts.open_to is None:
        # Any page may ask, for it has to bring a key, which no browser adds to a request by itself.
        app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    else:
        app.add_middleware(OpenDoor, hosts=parts.open_to)
    return Addressed(Measured(app, parts.metrics))


def _describe(app: FastAPI, parts: Parts) -> None:
    """Serve the OpenAPI description and its page, to callers with a key like everything else."""

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        await parts.auth.caller(request, "account")
        return json_response(app.openapi())

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        try:
            await parts.auth.caller(request, "account")
        except errors.Unauthorized as error:
            # A browser then asks for a password: the key. It sends it along to the description too.
            return error_response(error, {"WWW-Authenticate": 'Basic realm="Webkiln API key as password"'})
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return HTMLResponse(docs_page(app.openapi()), headers={"Content-Security-Policy": policy})


class Measured:
    """Counts and times requests, and sends each its `X-Response-Time`."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap `app`."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through, with a watch on it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - started
                message["headers"] = [
                    *message["headers"],
                    (b"x-response-time", f"{seconds * 1000:.1f}ms".encode()),
                ]
                route = getattr(scope.get("route"), "path", None)
                # Anything may stand where a method should; only those of our routes become labels.
                method, path = (scope["method"], route) if route else ("other", "unknown")
                self._metrics.requests.labels(method, path, str(message["status"])).inc()
                self._metrics.latency.labels(method, path).observe(seconds)
            await send(message)

        await self._app(scope, receive, timed)
