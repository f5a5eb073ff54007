"""Pages that are only shown and read, without Playwright: much of what it asks is for other work.

The names are Playwright's, so that whoever opens a page and reads it need not know which of both it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from webkiln.fetching.browser.pipe import DETACHED, Pipe
from webkiln.fetching.browser.world import script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# A new page has nothing to run yet. What it opens is closed, and held up it would hold up the page as well.
_PAGES = {
    "autoAttach": True,
    "waitForDebuggerOnStart": False,
    "flatten": True,
    "filter": [{"type": "page"}, {"exclude": True}],
}
_FRAMES = {
    "autoAttach": True,
    "waitForDebuggerOnStart": True,
    "flatten": True,
    "filter": [{"type": "iframe"}, {"exclude": True}],
}
_NUDGE_S = 0.1
_CLOSE_S = 0.1
_EVERYWHERE = ("Emulation.", "Security.")  # domains whose commands hold in frames of other sites as well


class PlainBrowser:
    """A browser at the end of a pipe."""

    def __init__(self, pipe: Pipe) -> None:
        """Speak through `pipe`; `begin` it before anything else."""
        self._pipe = pipe
        self._contexts: dict[str, PlainContext] = {}
        self.version = ""

    async def begin(self) -> None:
        """Hear what it is, and of every page that is opened in it from now on."""
        self._pipe.listen("", self._heard)
        about = await self._pipe.ask("Browser.getVersion")
        self.version = str(about["product"]).rpartition("/")[2]
        await self._pipe.ask("Target.setAutoAttach", _PAGES)

    def is_connected(self) -> bool:
        """Return whether it is still there."""
        return self._pipe.open

    async def new_context(self, *, proxy: Mapping[str, str], **options: Any) -> PlainContext:
        """Make a context, all connections of which go through `proxy`, those to this machine too.

        Service workers are blocked and downloads refused in every one. Who the browser says it is
        is no option of it: `traffic.ask_in` tells a page's session.
        """
        made = await self._pipe.ask(
            "Target.createBrowserContext",
            {"disposeOnDetach": True, "proxyServer": proxy["server"], "proxyBypassList": "<-loopback>"},
        )
        context = PlainContext(self._pipe, str(made["browserContextId"]), options)
        self._contexts[context.id] = context
        context.ended = lambda: self._contexts.pop(context.id, None)
        return context

    def _heard(self, event: str, params: dict[str, Any]) -> None:
        if event != "Target.attachedToTarget":
            return
        target = params["targetInfo"]
        context = self._contexts.get(target.get("browserContextId", ""))
        if context is None or not context.has_opened(params["sessionId"]):
            # It is held up by its opener's line, and its opener with it; closed at once, for ever.
            self._pipe.tell("Runtime.runIfWaitingForDebugger", session=params["sessionId"])
            asyncio.get_running_loop().call_later(
                _CLOSE_S, self._pipe.tell, "Target.closeTarget", {"targetId": target["targetId"]}
            )


class PlainContext:
    """What one page has for itself: cookies, storages, cache, and a way out."""

    def __init__(self, pipe: Pipe, name: str, options: Mapping[str, Any]) -> None:
        """Know the options: viewport, locale, timezone_id, ignore_https_errors, as Playwright has them."""
        self._pipe = pipe
        self._options = options
        self._session: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._scripts = [script("no_service_workers")]
        self.id = name
        self.ended: Callable[[], object] = lambda: None

    def has_opened(self, session: str) -> bool:
        """Take the first page as this context's own; say whether it is that."""
        if self._session.done():
            return False
        self._session.set_result(session)
        return True

    async def add_init_script(self, source: str) -> None:
        """Run a script in every document before those of the page."""
        self._scripts.append(source)

    async def new_page(self) -> PlainPage:
        """Open the one page of it."""
        of_the_context = {"browserContextId": self.id}
        self._pipe.tell("Browser.setDownloadBehavior", {"behavior": "deny", **of_the_context})
        opened = await self._pipe.ask("Target.createTarget", {"url": "about:blank", **of_the_context})
        page = PlainPage(self._pipe, await self._session, str(opened["targetId"]), self._scripts)
        await page.begin(self._options)
        return page

    async def add_cookies(self, cookies: Sequence[dict[str, str]]) -> None:
        """Have cookies before the first request."""
        await self._pipe.ask("Storage.setCookies", {"cookies": cookies, "browserContextId": self.id})

    async def close(self) -> None:
        """End the page and everything that it has stored."""
        self.ended()
        await self._pipe.ask("Target.disposeBrowserContext", {"browserContextId": self.id})


class PlainSession:
    """A line to one page."""

    def __init__(self, pipe: Pipe, name: str) -> None:
        """Speak in the session of this name."""
        self._pipe = pipe
        self.name = name
        self.handlers: dict[str, Callable[[Any], object]] = {}
        self.held: list[tuple[str, dict[str, Any]]] = []
        """What was said that holds in every frame of the page."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a command."""
        if method.startswith(_EVERYWHERE):
            self.held.append((method, params or {}))
        return await self._pipe.ask(method, params, self.name)

    def on(self, event: str, handler: Callable[[Any], object]) -> None:
        """Have the contents of events of this name given to `handler`."""
        self.handlers[event] = handler


class PlainPage:
    """A page: where it is, whether it has come to rest, and what stands in its way."""

    def __init__(self, pipe: Pipe, session: str, frame: str, scripts: Sequence[str]) -> None:
        """Run `scripts` in each of its documents; its main frame has the name of its target."""
        self._pipe = pipe
        self._scripts = scripts
        self._handlers: dict[str, Callable[[Any], object]] = {}
        self._changed = asyncio.Event()
        self._document: str | None = None
        self._arrived: str | None = None
        self._loaded = False
        self._restless: set[str] = set()
        self._gone = False
        self.session = PlainSession(pipe, session)
        self.main_frame = frame
        self.url = "about:blank"
        self.media_type = ""
        pipe.listen(session, self._heard)

    def on(self, event: str, handler: Callable[[Any], object]) -> None:
        """Have `handler` called with the frame on "framenavigated", with nothing on "crash"."""
        self._handlers[event] = handler

    async def begin(self, options: Mapping[str, Any]) -> None:
        """Set up what a page has before its first document."""
        size = options["viewport"]
        screen = {"screenWidth": size["width"], "screenHeight": size["height"]}
        wanted: list[tuple[str, dict[str, Any]]] = [
            (
                "Emulation.setDeviceMetricsOverride",
                {**size, **screen, "deviceScaleFactor": 1, "mobile": False},
            ),
            ("Emulation.setLocaleOverride", {"locale": options["locale"]}),
        ]
        if "timezone_id" in options:
            wanted.append(("Emulation.setTimezoneOverride", {"timezoneId": options["timezone_id"]}))
        if options.get("ignore_https_errors"):
            wanted.append(("Security.setIgnoreCertificateErrors", {"ignore": True}))
        self._set_up(self.session.name)
        self._pipe.tell("Page.setLifecycleEventsEnabled", {"enabled": True}, self.session.name)
        self._pipe.tell("Emulation.setFocusEmulationEnabled", {"enabled": True}, self.session.name)
        self._pipe.tell("Inspector.enable", session=self.session.name)
        setting = [asyncio.ensure_future(self.session.send(*one)) for one in wanted]
        await asyncio.gather(*setting)
        # The page's process answers in turn: when it answers this, it has done what it was only told.
        await self.session.send("Runtime.runIfWaitingForDebugger")

    async def goto(self, url: str, *, wait_until: str, timeout: float) -> None:
        """Go to a URL and return when its document is there; `timeout` in ms.

        There is no answer to give back: its media type is `media_type`, its status the document's.
        """
        assert wait_until == "commit"  # noqa: S101 (nobody needs another)
        self._document = self._arrived = None
        self._restless = {self.main_frame}
        self._loaded = False
        with _patience(timeout):
            async with asyncio.timeout(timeout / 1000):
                went = await self._pipe.ask("Page.navigate", {"url": url}, self.session.name)
                if went.get("errorText"):
                    raise PlaywrightError(f"Page.goto: {went['errorText']} at {url}")
                self._document = self._document or went.get("loaderId")
                await self._until(lambda: self._arrived is not None)

    async def wait_for_load_state(self, state: str, *, timeout: float) -> None:
        """Wait until the document is loaded ("load"), or asks for nothing any more."""
        with _patience(timeout):
            async with asyncio.timeout(timeout / 1000):
                if state != "networkidle":
                    await self._until(lambda: self._loaded)
                    return
                nudging = asyncio.ensure_future(self._nudge())
                try:
                    await self._until(lambda: not self._restless)
                finally:
                    nudging.cancel()

    async def _until(self, happened: Callable[[], bool]) -> None:
        while not happened():
            if self._gone:
                raise PlaywrightError("Target closed")
            self._changed.clear()
            await self._changed.wait()

    async def _nudge(self) -> None:
        """Give a page small things to do: with nothing at all to do it does not notice that it is idle."""
        while True:
            await asyncio.sleep(_NUDGE_S)
            self._pipe.tell("Runtime.discardConsoleEntries", session=self.session.name)

    def _set_up(self, session: str) -> None:
        """Say what holds for every frame with a line of its own."""
        for method, params in self.session.held:
            self._pipe.tell(method, params, session)
        for source in self._scripts:
            self._pipe.tell("Page.addScriptToEvaluateOnNewDocument", {"source": source}, session)
        self._pipe.tell("Page.enable", session=session)
        self._pipe.tell("Target.setAutoAttach", _FRAMES, session)

    def _heard(self, event: str, params: dict[str, Any]) -> None:
        match event:
            case "Page.lifecycleEvent":
                self._lives(params["frameId"], params["loaderId"], params["name"])
            case "Page.frameNavigated" if "parentId" not in params["frame"]:
                frame = params["frame"]
                self._arrived = frame["loaderId"]
                self._moved(frame["url"] + frame.get("urlFragment", ""))
                self.media_type = frame["mimeType"]
            case "Page.navigatedWithinDocument" if params["frameId"] == self.main_frame:
                self._moved(params["url"])
            case "Page.frameDetached":
                self._restless.discard(params["frameId"])
            case "Inspector.targetCrashed":
                self._emit("crash")
            case _ if event == DETACHED:
                self._gone = True
            case _ if event in self.session.handlers:
                self.session.handlers[event](params)
                return
            case _:
                self._heard_in_frame(self.session.name, event, params)
                return
        self._changed.set()

    def _heard_in_frame(self, session: str, event: str, params: dict[str, Any]) -> None:
        """Take what frames of other sites, with lines of their own, can tell as well."""
        if event == "Target.attachedToTarget":
            frame = params["sessionId"]
            self._pipe.listen(frame, lambda event, params: self._heard_in_frame(frame, event, params))
            self._set_up(frame)
            self._pipe.tell("Runtime.runIfWaitingForDebugger", session=frame)
        elif event == "Page.javascriptDialogOpening":
            accept = params["type"] == "beforeunload"  # whoever goes on is let go
            self._pipe.tell("Page.handleJavaScriptDialog", {"accept": accept}, session)

    def _lives(self, frame: str, document: str, word: str) -> None:
        """Follow a frame's document: while one asks for something, the page has not come to rest."""
        main = frame == self.main_frame
        if word == "init":
            self._restless.add(frame)
            if main:
                self._document, self._loaded = document, False
        elif main and document != self._document:
            return  # of the document before
        elif word == "load" and main:
            self._loaded = True
        elif word == "networkIdle":
            self._restless.discard(frame)

    def _moved(self, url: str) -> None:
        self.url = url
        self._emit("framenavigated", self.main_frame)

    def _emit(self, event: str, about: object = None) -> None:
        if event in self._handlers:
            self._handlers[event](about)


@contextlib.contextmanager
def _patience(limit_ms: float) -> Any:
    try:
        yield
    except TimeoutError:
        raise PlaywrightTimeout(f"Timeout {limit_ms:.0f}ms exceeded.") from None
