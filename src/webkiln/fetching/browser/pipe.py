"""A line to Chromium in its own protocol, with no driver in between: JSON messages through two pipes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from playwright.async_api import Error as PlaywrightError

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 256 * 1024
GONE = "Browser closed"
DETACHED = "Inspector.detached"
"""The event that a session ends with, said by us."""


@dataclass(frozen=True, slots=True)
class _Asked:
    answer: asyncio.Future[dict[str, Any]]
    method: str
    session: str


class Pipe:
    """Asks a browser, and hands on what it tells; failures are Playwright's error, as from its driver.

    A session is a name that a browser gives to the line to one target; "" is the browser itself.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to read."""
        self._reader = reader
        self._writer = writer
        self._asked: dict[int, _Asked] = {}
        self._listeners: dict[str, Callable[[str, dict[str, Any]], None]] = {}
        self._last = 0
        self.open = True
        """Whether the browser is still there."""
        self._reading = asyncio.ensure_future(self._read())

    def listen(self, session: str, listener: Callable[[str, dict[str, Any]], None]) -> None:
        """Have `listener` called with the name and the contents of each event of a session."""
        self._listeners[session] = listener

    async def ask(
        self, method: str, params: dict[str, Any] | None = None, session: str = ""
    ) -> dict[str, Any]:
        """Return the answer to a command."""
        if not self.open:
            raise PlaywrightError(GONE)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        number = self.tell(method, params, session)
        self._asked[number] = _Asked(answer, method, session)
        return await answer

    def tell(self, method: str, params: dict[str, Any] | None = None, session: str = "") -> int:
        """Give a command whose answer nobody waits for; return its number."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        if self.open:
            self._writer.write(orjson.dumps(message) + b"\0")
        return self._last

    async def _read(self) -> None:
        held = bytearray()
        try:
            while data := await self._reader.read(_CHUNK):
                held += data
                if b"\0" in data:
                    *whole, held = held.split(b"\0")
                    for message in whole:
                        self._take(message)
        except OSError:
            pass  # it is gone all the same
        finally:
            self._end()

    def _take(self, data: bytearray) -> None:
        try:
            message = orjson.loads(data)
        except orjson.JSONDecodeError:
            return  # nested deeper than anything that is asked for
        number = message.get("id")
        if number is None:
            self._hand_on(message.get("sessionId", ""), message["method"], message["params"])
            return
        asked = self._asked.pop(number, None)
        if asked is None or asked.answer.done():
            return
        if "error" in message:
            reason = f"Protocol error ({asked.method}): {message['error'].get('message', '')}"
            asked.answer.set_exception(PlaywrightError(reason))
        else:
            asked.answer.set_result(message["result"])

    def _hand_on(self, session: str, event: str, params: dict[str, Any]) -> None:
        if event == "Target.detachedFromTarget":
            self._forget(params["sessionId"])
        elif session in self._listeners:
            self._listeners[session](event, params)

    def _forget(self, session: str) -> None:
        """End a session: nothing asked in it will be answered."""
        for number, asked in list(self._asked.items()):
            if asked.session == session:
                del self._asked[number]
                if not asked.answer.done():
                    asked.answer.set_exception(PlaywrightError("Target closed"))
        listener = self._listeners.pop(session, None)
        if listener is not None:
            listener(DETACHED, {})

    def _end(self) -> None:
        self.open = False
        with contextlib.suppress(OSError):
            self._writer.close()
        for session in {*self._listeners, *(asked.session for asked in self._asked.values())}:
            self._forget(session)
