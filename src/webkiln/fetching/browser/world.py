"""Our own scripts in a page: in a world of their own, where the page cannot have changed what they use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import orjson
from playwright.async_api import Error as PlaywrightError

_NAME = "webkiln"
_TRIES = 3  # a page that moves on takes the world along


@cache
def script(name: str) -> str:
    """Return one of our scripts, a JavaScript function, by its file's name."""
    return files("webkiln.fetching.browser").joinpath("scripts", f"{name}.js").read_text("utf-8")


class Line(Protocol):
    """A line to a page, Playwright's or our own."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a command of Chromium's protocol."""
        ...


class World:
    """An isolated world of a page's main frame."""

    def __init__(self, session: Line) -> None:
        """Speak to the page through `session`."""
        self._session = session
        self._frame: str | None = None
        self._context: int | None = None

    @property
    def frame(self) -> str | None:
        """The main frame's name, known once something has run in it."""
        return self._frame

    async def run(self, name: str, *arguments: object) -> Any:
        """Call a script with JSON arguments and return its answer; a page that moved on is asked again."""
        given = ",".join(orjson.dumps(argument).decode() for argument in arguments)
        expression = f"({script(name)})({given})"
        tries = 0
        while True:
            tries += 1
            try:
                return await self._evaluate(expression)
            except PlaywrightError:
                self._context = None
                if tries == _TRIES:
                    raise

    async def _evaluate(self, expression: str) -> Any:
        if self._context is None:
            self._context = await self._enter()
        answer = await self._session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": self._context,
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in answer:
            raise PlaywrightError(str(answer["exceptionDetails"].get("text", "a script failed")))
        return answer["result"].get("value")

    async def _enter(self) -> int:
        """Make the world in the document that is there now."""
        if self._frame is None:
            # The main frame has its page's name. The tree of frames says so too, unless it is too deep.
            answer = await self._session.send("Target.getTargetInfo")
            self._frame = str(answer["targetInfo"]["targetId"])
        made = await self._session.send(
            "Page.createIsolatedWorld", {"frameId": self._frame, "worldName": _NAME}
        )
        return int(made["executionContextId"])
