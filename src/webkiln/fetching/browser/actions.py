"""What a browser is told to do with a page, one thing after the other (contract §4.2)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from webkiln.contract.actions import (
    ClickAction,
    ExecuteJavascriptAction,
    PdfAction,
    PressAction,
    ScrapeAction,
    ScreenshotAction,
    ScrollAction,
    WaitAction,
    WriteAction,
)
from webkiln.errors import ActionFailed
from webkiln.fetching.browser.capture import printed, screenshot
from webkiln.fetching.browser.world import script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import CDPSession, Page

    from webkiln.contract.actions import Action
    from webkiln.fetching.browser.world import World
    from webkiln.fetching.page import Picture

_PATIENCE_S = 30.0  # for one action; also what a wait for a selector gets
_TYPED = 500  # longer texts are put in at once: a key press each would take minutes
_MARGIN_S, _MARGIN_SHARE = 1.0, 0.3  # of the time that is left, to say which action took the time
_LATE = "it did not come in time"


@dataclass(slots=True)
class Results:
    """What actions brought, in their order."""

    screenshots: list[Picture] = field(default_factory=list)
    scrapes: list[tuple[str, str]] = field(default_factory=list)
    returns: list[tuple[str, Any]] = field(default_factory=list)
    pdfs: list[Picture] = field(default_factory=list)


class Actor:
    """Carries out actions on one page."""

    def __init__(
        self,
        page: Page,
        session: CDPSession,
        world: World,
        *,
        settle: Callable[[], Awaitable[None]],
        capture: Callable[[], Awaitable[tuple[str, str]]],
    ) -> None:
        """`settle` returns when the page has calmed down, `capture` gives its URL and HTML."""
        self._page = page
        self._session = session
        self._world = world
        self._settle = settle
        self._capture = capture
        self.results = Results()
        self.unmet: ActionFailed | None = None
        """What to say when the page's time ends now: the action whose element has not come yet."""

    async def perform(self, actions: tuple[Action, ...], deadline: float) -> None:
        """Do one after the other until `deadline` (`time.monotonic`).

        Raises ActionFailed naming the first that could not be done. The connection's own errors pass through.
        """
        for number, action in enumerate(actions, 1):
            left_s = max(deadline - time.monotonic(), 0.1)
            patience_s = min(left_s - min(_MARGIN_S, left_s * _MARGIN_SHARE), _PATIENCE_S)
            looking = getattr(action, "selector", None) is not None
            self.unmet = _failed(number, action, _LATE) if looking else None
            try:
                await _DOERS[type(action)](self, action, patience_s)
            except (PlaywrightTimeout, TimeoutError):
                raise _failed(number, action, _LATE) from None
            except PlaywrightError as error:
                if self._page.is_closed() or "crashed" in error.message:
                    raise
                raise _failed(number, action, _reason(error)) from None
        self.unmet = None

    async def _wait(self, action: WaitAction, patience_s: float) -> None:
        if action.selector is not None:
            await self._page.locator(action.selector).first.wait_for(timeout=patience_s * 1000)
        else:
            await asyncio.sleep((action.milliseconds or 0) / 1000)

    async def _click(self, action: ClickAction, patience_s: float) -> None:
        found = self._page.locator(action.selector)
        await found.first.wait_for(state="attached", timeout=patience_s * 1000)
        for one in await found.all() if action.all else [found.first]:
            await one.click(timeout=patience_s * 1000)
        await self._settle()

    async def _write(self, action: WriteAction, _patience_s: float) -> None:
        if len(action.text) <= _TYPED:
            await self._page.keyboard.type(action.text)
        else:
            await self._page.keyboard.insert_text(action.text)

    async def _press(self, action: PressAction, _patience_s: float) -> None:
        await self._page.keyboard.press(action.key)
        await self._settle()

    async def _scroll(self, action: ScrollAction, patience_s: float) -> None:
        if action.selector is None:
            await self._world.run("scroll", action.direction)
        else:
            element = self._page.locator(action.selector).first
            down = action.direction == "down"
            await element.evaluate(script("scroll_element"), down, timeout=patience_s * 1000)
        await self._settle()

    async def _screenshot(self, action: ScreenshotAction, patience_s: float) -> None:
        self.results.screenshots.append(await screenshot(self._page, self._world, action, patience_s))

    async def _scrape(self, _action: ScrapeAction, _patience_s: float) -> None:
        self.results.scrapes.append(await self._capture())

    async def _pdf(self, action: PdfAction, _patience_s: float) -> None:
        self.results.pdfs.append(await printed(self._page, action))

    async def _execute(self, action: ExecuteJavascriptAction, patience_s: float) -> None:
        async with asyncio.timeout(patience_s):
            answer = await self._evaluate(action.script)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            said = details.get("exception", {}).get("description") or details.get("text", "")
            raise PlaywrightError(f"evaluate: the script failed: {said.partition(chr(10))[0]}")
        result = answer["result"]
        kind = "null" if result.get("subtype") == "null" else str(result["type"])
        self.results.returns.append((kind, result.get("value", result.get("unserializableValue"))))
        await self._settle()

    async def _evaluate(self, script: str) -> dict[str, Any]:
        """Run a script as a page would; else as a console would, or as the body of a function."""
        given = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        answer: dict[str, Any] = {}
        for expression, more in (
            (script, {}),
            (script, {"replMode": True}),
            (f"(async () => {{{script}\n}})()", {}),
        ):
            answer = await self._session.send("Runtime.evaluate", {"expression": expression, **given, **more})
            if not _is_syntax_error(answer):
                break
        return answer


_DOERS: Final[dict[type, Callable[[Actor, Any, float], Awaitable[None]]]] = {
    WaitAction: Actor._wait,  # noqa: SLF001 (their own class's)
    ClickAction: Actor._click,  # noqa: SLF001
    WriteAction: Actor._write,  # noqa: SLF001
    PressAction: Actor._press,  # noqa: SLF001
    ScrollAction: Actor._scroll,  # noqa: SLF001
    ScreenshotAction: Actor._screenshot,  # noqa: SLF001
    ScrapeAction: Actor._scrape,  # noqa: SLF001
    PdfAction: Actor._pdf,  # noqa: SLF001
    ExecuteJavascriptAction: Actor._execute,  # noqa: SLF001
}


def _is_syntax_error(answer: dict[str, Any]) -> bool:
    said = str(answer.get("exceptionDetails", {}).get("exception", {}).get("description", ""))
    return said.startswith("SyntaxError")


def _reason(error: PlaywrightError) -> str:
    line = error.message.strip().partition("\n")[0]
    return line.partition(": ")[2] or line


def _failed(number: int, action: Action, reason: str) -> ActionFailed:
    selector = getattr(action, "selector", None)
    what = action.type if selector is None else f"{action.type} {selector!r}"
    return ActionFailed(
        f"Action(s) failed to complete. Error code: action {number} ({what}) failed: {reason[:300]}"
    )
