"""A Chromium that we have started ourselves, controlled through its standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from playwright.async_api import Error as PlaywrightError

from webkiln.fetching.browser.pipe import Pipe
from webkiln.fetching.browser.plain import PlainBrowser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LAST_WORDS = 4096
_END_S = 3.0
# As Playwright starts it, so that a page looks and does the same with and without it.
_NOT_WANTED = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
_POINTER = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
_FLAGS = (
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--allow-pre-commit-input",
    "--hide-scrollbars",
    f"--blink-settings={_POINTER}",
    f"--disable-features={','.join(_NOT_WANTED)}",
    "--disable-back-forward-cache",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-breakpad",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-field-trial-config",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-prompt-on-repost",
    "--disable-renderer-backgrounding",
    "--disable-search-engine-choice-screen",
    "--enable-unsafe-swiftshader",
    "--force-color-profile=srgb",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
    # Nobody presses anything in these pages, and without that a browser opens no windows.
    "--block-new-web-contents",
    "--user-data-dir=ours",  # the script that starts it says which
)


class PipedBrowser(PlainBrowser):
    """A browser with its process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Speak to the process through its pipes."""
        assert process.stdin is not None  # noqa: S101 (all three are pipes)
        assert process.stdout is not None  # noqa: S101
        super().__init__(Pipe(process.stdout, process.stdin))
        self._process = process
        self._last_words = b""
        self._listening = asyncio.ensure_future(self._listen())

    async def close(self) -> None:
        """End it, and see that it has ended."""
        try:
            self._pipe.tell("Browser.close")
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._listening

    async def last_words(self) -> str:
        """Return what it has said before it ended."""
        await self.close()
        return self._last_words.decode(errors="replace").strip()

    async def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101
        while said := await self._process.stderr.read(_LAST_WORDS):
            self._last_words = (self._last_words + said)[-_LAST_WORDS:]


async def start_piped(
    starter: str, flags: Sequence[str], env: Mapping[str, str], *, patience_s: float
) -> PipedBrowser:
    """Start a browser by a script of Home's; raises PlaywrightError with what it said where it does not."""
    process = await asyncio.create_subprocess_exec(
        starter,
        *_FLAGS,
        *flags,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # what ends us by the keyboard is not meant for it
    )
    browser = PipedBrowser(process)
    try:
        async with asyncio.timeout(patience_s):
            await browser.begin()
    except (PlaywrightError, TimeoutError) as error:
        raise PlaywrightError(await browser.last_words() or str(error) or "no answer in time") from None
    except BaseException:
        await browser.close()
        raise
    return browser
