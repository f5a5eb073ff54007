"""The browsers of one worker: how many pages at once, when a browser is replaced, what a crash costs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from playwright.async_api import Error as PlaywrightError

from webkiln.errors import BrowserLost
from webkiln.fetching.browser.launching import user_agent
from webkiln.fetching.browser.memory import Watch, tree_bytes
from webkiln.fetching.browser.world import script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from playwright.async_api import BrowserContext, Page

    from webkiln.fetching.browser.gate import Gate
    from webkiln.fetching.browser.launching import Launcher, Started
    from webkiln.fetching.browser.plain import PlainContext, PlainPage
    from webkiln.fetching.places import Places

log = structlog.get_logger(__name__)

_OPEN_S = 15.0  # without the process that makes all others a browser goes on, and never opens a page
_CLOSE_S = 3.0  # a context that does not close in this time costs its browser
_LOOK_S, _LOOK_SOON_S = 0.25, 0.03
_IDLE_S = 300.0  # a browser that nobody uses takes a hundred megabytes from who does
_MEASURED_EACH = 8  # pages between two looks at a browser's memory


@dataclass(slots=True, eq=False)
class _Browser:
    """One browser and how far it is used up."""

    started: Started
    opened: int = 0
    at_work: int = 0
    used_at: float = field(default_factory=time.monotonic)
    retired: bool = False

    @property
    def usable(self) -> bool:
        return not self.retired and self.started.browser.is_connected()


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked of a page's way out; `proven`: only to sites whose certificates are good."""

    without_ads: bool
    proven: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of its own: nothing of it is shared with any other."""

    context: BrowserContext | PlainContext
    page: Page | PlainPage
    gate: Gate
    user_agent: str
    alive: Callable[[], bool]
    """Whether its browser still runs."""
    blame: Callable[[], None]
    """Have no other page opened in its browser: what is wrong may be there."""


class BrowserPool:
    """Hands out pages, each in a context of its own, and keeps one browser behind them all.

    A browser is started when a page is wanted, and replaced after `most_pages` or when its
    processes together hold more than `most_bytes`; pages already open in it stay until they end.
    It ends when no page has been wanted for some minutes.
    """

    def __init__(
        self,
        launcher: Launcher,
        gate: Callable[[Way], Gate],
        *,
        places: Places,
        most_pages: int,
        most_bytes: int,
        page_bytes: int,
        host: str = "127.0.0.1",
    ) -> None:
        """Open pages while `places`, which others may share, has one; `gate` makes each one's way out.

        The ways out are at ports of `host`, an address of this machine that the browser can reach.
        A page whose processes take more than `page_bytes` is ended.
        """
        self._host = host
        self._page_bytes = page_bytes
        self._launcher = launcher
        self._gate = gate
        self._most_pages = most_pages
        self._most_bytes = most_bytes
        self._places = places
        self._current: _Browser | None = None
        self._starting = asyncio.Lock()
        self._browsers: set[_Browser] = set()
        self._endings: set[asyncio.Task[None]] = set()
        # Of its own: whatever else waits for a thread, a page that takes the machine's memory is ended.
        self._threads = ThreadPoolExecutor(1, "browser-memory")
        self.started = 0
        self.pages = 0

    @property
    def sandboxed(self) -> bool | None:
        """Whether pages run in the kernel's sandbox; None before the first browser has started."""
        return None if self._current is None else self._current.started.sandboxed

    @contextlib.asynccontextmanager
    async def tab(self, *, urgent: bool, way: Way, **context: Any) -> AsyncIterator[Tab]:
        """Open a page in a context of the given options, and close both when the block ends.

        Raises BrowserUnavailable when no browser starts, BrowserLost when it dies on opening.
        """
        async with self._places.place(urgent=urgent):
            browser = await self._running()
            browser.at_work += 1
            browser.opened += 1
            self.pages += 1
            gate = self._gate(way)
            opened: BrowserContext | PlainContext | None = None
            try:
                await gate.open(self._host)
                try:
                    phone = bool(context.get("is_mobile"))
                    name = user_agent(browser.started.browser.version, phone=phone)
                    options = {"user_agent": name} | context
                    async with asyncio.timeout(_OPEN_S):
                        opened = await browser.started.browser.new_context(
                            proxy={"server": gate.url}, **options
                        )
                        await opened.add_init_script(script("silence"))
                        page = await opened.new_page()
                except (PlaywrightError, TimeoutError) as error:
                    raise self._lost(browser, error) from None
                yield Tab(
                    opened,
                    page,
                    gate,
                    options["user_agent"],
                    alive=browser.started.browser.is_connected,
                    blame=lambda: self._retire(browser, "a page's process died in it"),
                )
            finally:
                gate.close()
                browser.at_work -= 1
                browser.used_at = time.monotonic()
                # Nobody waits for a page that is no longer wanted, but its place is taken until it is gone.
                await asyncio.shield(self._keep(self._part_with(browser, opened)))

    async def start(self) -> None:
        """Start a browser before the first page is wanted; raises BrowserUnavailable."""
        await self._running()

    async def close(self) -> None:
        """End every browser."""
        for browser in self._browsers:
            browser.retired = True
        await asyncio.gather(*(self._end(browser) for browser in list(self._browsers)))
        if self._endings:
            await asyncio.wait(self._endings)
        self._threads.shutdown(wait=False)

    async def _beside(self, look: Callable[[int], int | None], number: int) -> int | None:
        return await asyncio.get_running_loop().run_in_executor(self._threads, look, number)

    def _keep(self, ending: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
        return task

    async def _running(self) -> _Browser:
        async with self._starting:
            if self._current is not None and self._current.usable:
                return self._current
            if self._current is not None:
                self._retire(self._current, "it is gone")
            started = await self._launcher.start()
            self._current = _Browser(started)
            self._browsers.add(self._current)
            self.started += 1
            if started.pid is not None:
                self._keep(self._watch(self._current, Watch(started.pid, page_bytes=self._page_bytes)))
            log.info("browser started", version=started.browser.version, sandboxed=started.sandboxed)
            return self._current

    async def _watch(self, browser: _Browser, watch: Watch) -> None:
        """Look after a browser's memory, and whether it is used at all, until it ends."""
        while browser in self._browsers and browser.started.browser.is_connected():
            await asyncio.sleep(_LOOK_SOON_S if watch.strained else _LOOK_S)
            if browser.at_work:
                size = await self._beside(watch.look, browser.at_work)
                if size is not None:
                    log.warning("a page took too much memory and was ended", mib=size >> 20)
            elif time.monotonic() - browser.used_at > _IDLE_S:
                self._retire(browser, "nobody needs it")

    def _lost(self, browser: _Browser, error: PlaywrightError | TimeoutError) -> BrowserLost:
        # One that opens no page is of no use to anybody, connected or not.
        self._retire(browser, "it opens no page")
        reason = str(error).partition("\n")[0][:200] or "it opened no page in time."
        return BrowserLost(f"The browser was lost: {reason}")

    def _retire(self, browser: _Browser, why: str) -> None:
        if not browser.retired:
            browser.retired = True
            log.info("browser retired", why=why, pages=browser.opened)
        if not browser.at_work or not browser.started.browser.is_connected():
            self._keep(self._end(browser))

    async def _end(self, browser: _Browser) -> None:
        if browser in self._browsers:
            self._browsers.discard(browser)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2 * _CLOSE_S):
                    await browser.started.close()

    async def _part_with(self, browser: _Browser, context: BrowserContext | PlainContext | None) -> None:
        """Close a context; one that does not close takes its browser along."""
        if context is not None and browser.started.browser.is_connected():
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await context.close()
            except (TimeoutError, PlaywrightError):
                if browser.started.browser.is_connected():
                    self._retire(browser, "a page does not close")
        if browser.retired:
            self._retire(browser, "")
        elif browser.opened >= self._most_pages:
            self._retire(browser, "it has shown its pages")
        elif browser.opened % _MEASURED_EACH == 0 and browser.started.pid is not None:
            size = await self._beside(tree_bytes, browser.started.pid)
            if size is not None and size > self._most_bytes:
                self._retire(browser, f"it holds {size >> 20} MiB")
