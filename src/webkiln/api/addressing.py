"""How requests are addressed: spellings of a path that mean one route, and HEAD as a GET without a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


# What follows is the name of a file; a slash more makes it another one, which there is not.
_NAMES = "/files/"


class Addressed:
    """Lets a request reach the route it means, without a redirect: a POST would lose its body on one.

    Clients join base URLs and paths by hand, and leave a slash too many in front, between or behind.
    Load balancers ask with HEAD (RFC 9110 §9.3.2).
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`, the routes and all that is around them."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as it is meant."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if not path.startswith(_NAMES) and ("//" in path or (path.endswith("/") and path != "/")):
            path = "/" + "/".join(part for part in path.split("/") if part)
            scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "surrogateescape")}
        if scope.get("method") != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
