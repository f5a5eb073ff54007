"""Watching a job over a WebSocket (contract §17)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from webkiln import errors
from webkiln.api.job_id import checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webkiln.api.parts import Parts
    from webkiln.operations.job_status import Status

_UNAUTHORIZED = 3000
_NOT_FOUND = 1008
_INTERNAL = 1011
_DONE = 1000
_REASON_BYTES = 123  # what a close frame holds (RFC 6455 §5.5)
_SEND_S = 30.0  # a client that reads nothing for so long is dropped


async def serve_watcher(parts: Parts, websocket: WebSocket, job_id: str, kinds: Sequence[str]) -> None:
    """Send a job's documents as they finish, then close.

    The upgrade is accepted first. What is wrong is said by the close code and its reason, and
    before that in a message: some clients take every close for a broken line, and ask for ever.
    """
    offered = websocket.scope.get("subprotocols") or []
    await websocket.accept(
        subprotocol=offered[0] if offered and "authorization" not in websocket.headers else None
    )
    watching = asyncio.ensure_future(_watch(parts, websocket, job_id, kinds))
    leaving = asyncio.ensure_future(_leave(websocket))
    try:
        await asyncio.wait({watching, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            code, reason = watching.result()
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                if code in (_UNAUTHORIZED, _NOT_FOUND):
                    await _send(websocket, reason.encode())
                await websocket.close(code, reason)
    finally:
        watching.cancel()
        leaving.cancel()
        await asyncio.gather(watching, leaving, return_exceptions=True)


async def _watch(parts: Parts, websocket: WebSocket, job_id: str, kinds: Sequence[str]) -> tuple[int, str]:
    """Send everything; return the close code and reason."""
    try:
        caller = await parts.auth.caller(websocket, "status")
    except errors.Unavailable as error:
        return _INTERNAL, _reason(error.message)
    except errors.WebkilnError as error:
        return _UNAUTHORIZED, _reason(error.message)
    try:
        first = True
        async for status in parts.job_status.watch(caller, checked(job_id), kinds):
            if first:
                await _send(
                    websocket, b'{"type":"catchup","data":' + _snapshot(status, status.documents) + b"}"
                )
            else:
                for document in status.documents:
                    await _send(websocket, b'{"type":"document","data":' + document + b"}")
            first = False
        if status.job.state == "completed":
            await _send(websocket, b'{"type":"done","data":' + _snapshot(status, []) + b"}")
    except errors.Unavailable as error:
        return _INTERNAL, _reason(error.message)
    except errors.RequestError as error:
        return _NOT_FOUND, _reason(error.message)
    except (TimeoutError, WebSocketDisconnect):
        return _INTERNAL, _reason("The watcher stopped reading.")
    return _DONE, '{"type":"done"}'


def _snapshot(status: Status, documents: list[bytes]) -> bytes:
    head = orjson.dumps(status.head())
    return b"".join((head[:-1], b',"data":[', b",".join(documents), b"]}"))


async def _send(websocket: WebSocket, message: bytes) -> None:
    async with asyncio.timeout(_SEND_S):
        await websocket.send_text(message.decode())


async def _leave(websocket: WebSocket) -> None:
    """Return when the client has gone; what it sends meanwhile means nothing."""
    message: dict[str, Any] = {}
    while message.get("type") != "websocket.disconnect":
        message = dict(await websocket.receive())


def _reason(text: str) -> str:
    """Return the JSON close reason, cut to what a close frame holds."""
    reason = orjson.dumps({"type": "error", "error": text}).decode()
    while len(reason.encode()) > _REASON_BYTES:
        text = text[:-1]
        reason = orjson.dumps({"type": "error", "error": text}).decode()
    return reason
