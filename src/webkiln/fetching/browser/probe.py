"""Showing a page once, in each of the two ways, to find out whether that works on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError

from webkiln.errors import BrowserUnavailable
from webkiln.fetching.browser.driver import driver_problem
from webkiln.fetching.browser.findings import Findings
from webkiln.fetching.browser.launching import Launcher

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from webkiln.fetching.browser.launching import Sandbox

_MOST_S = 60.0  # for one page: a machine may be slow, a browser that hangs must not hold up a start
_PAGE = "data:text/html,<title>shown</title><p>shown"
_SIZE: Any = {"width": 320, "height": 200}
_NOWHERE: Any = {"server": "http://127.0.0.1:9"}


async def probe(executable: Path, *, sandbox: Sandbox) -> Findings:
    """Show a page without the driver, and take a picture of one with it; the browsers end at once."""
    shows = await _problem(_show(executable, sandbox))
    drives = shows or await asyncio.to_thread(driver_problem)
    if drives is None:
        drives = await _problem(_picture(executable, sandbox))
    return Findings(shows, drives)


async def _problem(work: Awaitable[None]) -> str | None:
    try:
        async with asyncio.timeout(_MOST_S):
            await work
    except BrowserUnavailable as error:
        return error.message
    except TimeoutError:
        return f"The browser showed no page in {_MOST_S:.0f} s."
    except PlaywrightError as error:
        return f"The browser showed no page: {error.message.strip().partition(chr(10))[0][:200]}"
    return None


async def _show(executable: Path, sandbox: Sandbox) -> None:
    started = await Launcher(executable, None, sandbox=sandbox, piped=True).start()
    try:
        context = await started.browser.new_context(proxy=_NOWHERE, viewport=_SIZE, locale="en-US")
        page: Any = await context.new_page()
        await page.goto(_PAGE, wait_until="commit", timeout=_MOST_S * 1000)
        await page.wait_for_load_state("load", timeout=_MOST_S * 1000)
    finally:
        await started.close()


async def _picture(executable: Path, sandbox: Sandbox) -> None:
    started = await Launcher(executable, None, sandbox=sandbox).start()
    try:
        context = await started.browser.new_context(proxy=_NOWHERE, viewport=_SIZE)
        page: Any = await context.new_page()
        await page.set_content("<p>shown")
        await page.screenshot()
    finally:
        await started.close()
