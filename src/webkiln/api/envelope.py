"""How errors leave: the only place that turns an exception into a response (contract §1.2)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, cast

import orjson
import structlog
from starlette.responses import Response

from webkiln import errors
from webkiln.ids import parse_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

UNEXPECTED = "An unexpected error occurred on the server."

# These answer 404 and 500 with exactly {"error": …}, as the published pages show (contract §3.5).
BARE = frozenset(
    ("DELETE", f"/{version}/{noun}/{{job_id}}")
    for version in ("v1", "v2")
    for noun in ("batch/scrape", "crawl")
)
_BARE_STATUSES = frozenset({404, 500})
_PATH_SHOWN = 200
_INTERNAL = 1011  # the close code of a fault (RFC 6455 §7.4.1)


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `content` as JSON."""
    return Response(orjson.dumps(content), status, dict(headers or {}), "application/json")


def error_body(error: errors.WebkilnError) -> dict[str, Any]:
    """Return the body of an error: `success`, `error`, and `code` and `details` where it has them."""
    body: dict[str, Any] = {"success": False, "error": error.message}
    if error.code is not None:
        body["code"] = error.code
    if isinstance(error, errors.BadRequest) and not isinstance(error, errors.MalformedJson):
        body["details"] = error.details
    return body


def error_response(
    error: errors.WebkilnError, headers: Mapping[str, str] | None = None, *, bare: bool = False
) -> Response:
    """Return the response of an error."""
    headers = dict(headers or {})
    if isinstance(error, errors.RateLimited | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after_s)
    body = {"error": error.message} if bare and error.status in _BARE_STATUSES else error_body(error)
    return json_response(body, error.status, headers)


def install(app: FastAPI) -> None:
    """Make the app answer every WebkilnError, and unknown paths and methods, in the contract's form."""

    async def ours(request: Request, error: Exception) -> Response:
        return error_response(cast("errors.WebkilnError", error), bare=_is_bare(request.scope))

    async def unknown(request: Request, _error: Exception) -> Response:
        return json_response({"success": False, "error": _absent(request)}, 404)

    async def wrong_method(request: Request, error: Exception) -> Response:
        body = {"success": False, "error": _absent(request)}
        job_id = request.scope.get("path_params", {}).get("job_id")
        if job_id is not None and parse_id(job_id) is None:
            return json_response(body, 404)  # no job's path, but one of the published API that is not here
        allowed = (getattr(error, "headers", None) or {}).get("Allow", "")
        if "GET" in allowed and "HEAD" not in allowed:
            allowed += ", HEAD"
        return json_response(body, 405, {"Allow": allowed})

    app.add_exception_handler(errors.WebkilnError, ours)
    app.add_exception_handler(404, unknown)
    app.add_exception_handler(405, wrong_method)


def _absent(request: Request) -> str:
    # Clients know endpoints that this server does not have, and show their users nothing but this.
    return f"There is no {request.method} {request.url.path[:_PATH_SHOWN]} on this server"


def _is_bare(scope: Scope) -> bool:
    return (scope.get("method"), getattr(scope.get("route"), "path", None)) in BARE


class LastResort:
    """Answers 500 for whatever nobody expected, and logs it; the client learns nothing of its cause."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`, the routes."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through, and catch what falls out."""
        started = False

        async def watching(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watching)
        except asyncio.CancelledError:
            if scope["type"] != "http" or started:
                raise
            # The server ends before this was done: the client is told so, not just cut off.
            await error_response(errors.Unavailable("The server is shutting down."))(scope, receive, send)
        except Exception:
            log.exception("request failed unexpectedly", method=scope.get("method"), path=scope.get("path"))
            if scope["type"] == "websocket":
                reason = orjson.dumps({"type": "error", "error": UNEXPECTED}).decode()
                with contextlib.suppress(OSError, RuntimeError):  # it may be closed already
                    await send({"type": "websocket.close", "code": _INTERNAL, "reason": reason})
                return
            if started:
                raise
            body: dict[str, Any] = {"success": False, "error": UNEXPECTED, "code": "UNKNOWN_ERROR"}
            if _is_bare(scope):
                body = {"error": UNEXPECTED}
            await json_response(body, 500)(scope, receive, send)
