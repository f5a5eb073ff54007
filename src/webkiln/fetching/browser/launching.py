"""Starting Chromium: its flags, its sandbox, and who it runs as."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import structlog
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from webkiln.errors import BrowserUnavailable, DriverUnavailable
from webkiln.fetching.browser.driver import driver_problem, missing_library
from webkiln.fetching.browser.home import Home, open_to_all
from webkiln.fetching.browser.installed import is_headless_shell
from webkiln.fetching.browser.piped import start_piped

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Playwright

    from webkiln.fetching.browser.piped import PipedBrowser

log = structlog.get_logger(__name__)

Sandbox = Literal["auto", "on", "off"]

_START_S = 20.0
# Nobody listens there: what the browser wants for itself ends here, pages have a gate of their own.
_NOWHERE = "http://127.0.0.1:9"
_FLAGS = (
    # Nothing of a page may leave beside the proxy: no UDP for calls, no names asked of DNS.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-quic",
    # What it would do of its own accord.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    "--dns-prefetch-disable",
    # Pages that turn automation away need not be told of it.
    "--disable-blink-features=AutomationControlled",
    # No screen, no sound; pictures are drawn without a graphics card.
    "--disable-gpu",
    "--mute-audio",
    "--autoplay-policy=document-user-activation-required",
    # A page that wants more memory than this ends instead of the machine.
    "--js-flags=--max-old-space-size=512",
)


@dataclass(frozen=True, slots=True)
class Started:
    """A browser that runs, with what drives it."""

    playwright: Playwright | None
    browser: Browser | PipedBrowser
    sandboxed: bool
    home: Home | None
    """Where it lives; None for a browser elsewhere."""

    @property
    def pid(self) -> int | None:
        """The process that everything of the browser descends from; None for a browser elsewhere."""
        return None if self.home is None else self.home.pid

    async def close(self) -> None:
        """End the browser and what drives it, whatever state they are in."""
        try:
            with contextlib.suppress(Exception):
                await self.browser.close()
            with contextlib.suppress(Exception):
                if self.playwright is not None:
                    await self.playwright.stop()
        finally:
            if self.home is not None:
                self.home.remove()


class Launcher:
    """Starts the same browser again and again; what one start has learned the next one knows."""

    def __init__(
        self, executable: Path | None, cdp_url: str | None, *, sandbox: Sandbox, piped: bool = False
    ) -> None:
        """Start `executable`, or connect to the browser at `cdp_url` when that is given.

        A `piped` browser has no driver, and shows pages only.
        """
        self._piped = piped
        self._executable = executable
        self._cdp_url = cdp_url
        self._sandbox = sandbox
        self._without_sandbox = sandbox == "off"
        self._driven = self._told = False
        self._as_root = executable is not None and os.geteuid() == 0 and not open_to_all(executable)
        if self._as_root and sandbox == "auto":
            log.warning("only root can run this browser; pages run without a sandbox", path=str(executable))
            self._without_sandbox = True

    async def start(self) -> Started:
        """Return a browser that answers; raises BrowserUnavailable saying why there is none.

        Of them, DriverUnavailable is about the driver alone.
        """
        if self._cdp_url is None and self._executable is None:
            raise BrowserUnavailable("This server has no browser: no Chromium was found on it.")
        home = None
        if self._cdp_url is None and self._executable is not None:
            home = await asyncio.to_thread(Home, self._executable, as_root=self._as_root, piped=self._piped)
        playwright: Playwright | None = None
        try:
            if not self._piped:
                playwright = await self._drive(home)
            browser = await self._begin(playwright, home)
        except BaseException:
            with contextlib.suppress(Exception):
                if playwright is not None:
                    await playwright.stop()
            if home is not None:
                home.remove()
            raise
        sandboxed = home is not None and not self._without_sandbox
        return Started(playwright, browser, sandboxed, home)

    async def _drive(self, home: Home | None) -> Playwright:
        """Start the driver; the first failure is logged, with what is missing."""
        problem = None if self._driven else await asyncio.to_thread(driver_problem)
        if problem is None:
            try:
                with contextlib.nullcontext() if home is None else home.for_the_driver():
                    playwright = await async_playwright().start()
            except Exception as error:  # noqa: BLE001 (the driver has no class for its own end)
                found = await asyncio.to_thread(driver_problem)
                problem = found or f"The browser's driver does not start: {str(error)[:200]}"
            else:
                self._driven = True
                return playwright
        if not self._told:
            log.warning("the driver of the browser does not start", why=problem)
            self._told = True
        raise DriverUnavailable(problem)

    async def _begin(self, playwright: Playwright | None, home: Home | None) -> Browser | PipedBrowser:
        try:
            if home is None:
                assert self._cdp_url is not None  # noqa: S101 (or there would be a home)
                assert playwright is not None  # noqa: S101 (only it can connect)
                return await playwright.chromium.connect_over_cdp(self._cdp_url, timeout=_START_S * 1000)
            try:
                return await self._launch(playwright, home)
            except PlaywrightError as error:
                if self._without_sandbox or "sandbox" not in error.message.lower():
                    raise
                if self._sandbox == "on":
                    raise BrowserUnavailable(
                        "The kernel gives the browser no sandbox, and WEBKILN_BROWSER_SANDBOX asks for one."
                    ) from None
                log.warning("the kernel gives the browser no sandbox; pages run without one")
                self._without_sandbox = True
                return await self._launch(playwright, home)
        except PlaywrightError as error:
            reason = missing_library(error.message) or error.message.strip().partition("\n")[0]
            log.warning("the browser does not start", reason=error.message[-2000:])
            raise BrowserUnavailable(f"The browser does not start: {reason[:200]}") from None

    async def _launch(self, playwright: Playwright | None, home: Home) -> Browser | PipedBrowser:
        flags = [*_FLAGS, *([] if is_headless_shell(home.executable) else ["--headless=new"])]
        if playwright is None:
            flags += [f"--proxy-server={_NOWHERE}", "--proxy-bypass-list=<-loopback>"]
            flags += ["--no-sandbox"] if self._without_sandbox else []
            return await start_piped(str(home.starter), flags, _environment(), patience_s=_START_S)
        return await playwright.chromium.launch(
            executable_path=home.starter,
            args=flags,
            chromium_sandbox=not self._without_sandbox,
            proxy={"server": _NOWHERE},
            env={**_environment()},
            timeout=_START_S * 1000,
            handle_sigint=False,  # the worker drains first; it says itself when the browser ends
            handle_sigterm=False,
            handle_sighup=False,
        )


def _environment() -> dict[str, str]:
    """Return what a browser may know of ours: no key, no password of any kind."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


def user_agent(version: str, *, phone: bool) -> str:
    """Return what Chrome of this version calls itself, on a desk or a phone, with or without a head."""
    device, kind = ("Linux; Android 10; K", " Mobile") if phone else ("X11; Linux x86_64", "")
    major = version.partition(".")[0]
    return (
        f"Mozilla/5.0 ({device}) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major}.0.0.0{kind} Safari/537.36"
    )
