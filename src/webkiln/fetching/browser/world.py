"""Our own scripts in a page: in a world of their own, where the page cannot have changed what they use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson
from playwright.async_api import Error as PlaywrightError

from webkiln.errors import BrowserLost

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

_NAME = "webkiln"
_TRIES = 3  # a page that moves on takes the world along


@cache
def script(name: str) -> str:
    """Return one of our scripts, a JavaScript function, by its file's name."""
    return files("webkiln.fetching.browser").joinpath("scripts", f"{name}.js").read_text("utf-8")


class World:
    """An isolated world of a page's main frame."""

    def __init__(self, session: CDPSession) -> None:
        """Speak to the page through `session`."""
        self._session = session

    async def run(self, name: str, *arguments: object) -> Any:
        """Call a script with JSON arguments and return what it answers; a page that moved on is asked again.

        Raises BrowserLost when there is no page to ask any more.
        """
        given = ",".join(orjson.dumps(argument).decode() for argument in arguments)
        expression = f"({script(name)})({given})"
        for left in reversed(range(_TRIES)):
            try:
                return await self._evaluate(expression)
            except PlaywrightError:
                if not left:
                    raise
        raise BrowserLost("The page never stood still.")

    async def _evaluate(self, expression: str) -> Any:
        tree = await self._session.send("Page.getFrameTree")
        world = await self._session.send(
            "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": _NAME}
        )
        answer = await self._session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": world["executionContextId"],
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in answer:
            raise PlaywrightError(str(answer["exceptionDetails"].get("text", "a script failed")))
        return answer["result"].get("value")
