"""A browser without a driver, with the test in the browser's place."""

import asyncio

import pytest
from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeout

from webkiln.fetching.browser.pipe import DETACHED
from webkiln.fetching.browser.plain import PlainBrowser

VIEWPORT = {"width": 1280, "height": 800}
OPTIONS = {"viewport": VIEWPORT, "locale": "en-GB", "timezone_id": "Europe/London"}


class Pipe:
    """Answers as a browser does that has one page, named "frame", in the session "page"."""

    def __init__(self):
        self.open, self.said, self.listeners, self.answers = True, [], {}, {}

    def listen(self, session, listener):
        self.listeners[session] = listener

    def tell(self, method, params=None, session=""):
        self.said.append((session, method, params or {}))

    async def ask(self, method, params=None, session=""):
        self.tell(method, params, session)
        await asyncio.sleep(0)
        if method == "Target.createTarget":
            self.attach("page", "page", context="context")
        return self.answers.get(method, {})

    def attach(self, session, kind, *, context="", to=""):
        target = {"targetId": f"target of {session}", "type": kind, "browserContextId": context}
        self.event("Target.attachedToTarget", session=to, sessionId=session, targetInfo=target)

    def event(self, method, *, session="page", **params):
        self.listeners[session](method, params)

    def lives(self, name, document="first", frame="frame"):
        self.event("Page.lifecycleEvent", frameId=frame, loaderId=document, name=name)

    def arrives(self, url="http://kiln.test/", document="first", **more):
        frame = {"id": "frame", "loaderId": document, "url": url, "mimeType": "text/html", **more}
        self.event("Page.frameNavigated", frame=frame)

    def told(self, method, session="page"):
        return [params for where, name, params in self.said if (where, name) == (session, method)]


@pytest.fixture
def pipe():
    made = Pipe()
    made.answers = {
        "Browser.getVersion": {"product": "HeadlessChrome/156.0.1.2"},
        "Target.createBrowserContext": {"browserContextId": "context"},
        "Target.createTarget": {"targetId": "frame"},
        "Page.navigate": {"loaderId": "first"},
    }
    return made


@pytest.fixture
async def browser(pipe):
    begun = PlainBrowser(pipe)
    await begun.begin()
    return begun


@pytest.fixture
async def context(browser):
    return await browser.new_context(proxy={"server": "http://127.0.0.1:1"}, **OPTIONS)


@pytest.fixture
async def page(context):
    await context.add_init_script("own()")
    return await context.new_page()


@pytest.fixture
async def shown(page, pipe):
    """A page that has just got its document."""
    going = asyncio.ensure_future(page.goto("http://kiln.test/", wait_until="commit", timeout=5_000))
    await asyncio.sleep(0.001)
    pipe.lives("init")
    pipe.arrives()
    await going
    return page


async def test_a_browser_says_what_it_is_and_whether_it_is_there(browser, pipe):
    assert browser.version == "156.0.1.2"
    assert browser.is_connected()
    pipe.open = False
    assert not browser.is_connected()


async def test_a_context_has_one_way_out_also_to_this_machine(context, pipe):
    (made,) = pipe.told("Target.createBrowserContext", "")
    assert (made["proxyServer"], made["proxyBypassList"]) == ("http://127.0.0.1:1", "<-loopback>")
    await context.close()
    assert pipe.told("Target.disposeBrowserContext", "") == [{"browserContextId": "context"}]


async def test_a_page_is_set_up_before_it_runs(page, pipe):
    assert pipe.told("Browser.setDownloadBehavior", "") == [
        {"behavior": "deny", "browserContextId": "context"}
    ]
    sources = [one["source"] for one in pipe.told("Page.addScriptToEvaluateOnNewDocument")]
    assert "serviceWorker" in sources[0]
    assert sources[1] == "own()"
    assert pipe.told("Emulation.setLocaleOverride") == [{"locale": "en-GB"}]
    assert pipe.told("Emulation.setTimezoneOverride") == [{"timezoneId": "Europe/London"}]
    assert pipe.told("Security.setIgnoreCertificateErrors") == []
    assert [one[1] for one in pipe.said if one[0] == "page"][-1] == "Runtime.runIfWaitingForDebugger"
    assert (page.url, page.main_frame) == ("about:blank", "frame")


async def test_certificates_are_left_to_others_where_they_are(browser, pipe):
    context = await browser.new_context(
        proxy={"server": "http://127.0.0.1:1"}, ignore_https_errors=True, **OPTIONS
    )
    await context.new_page()
    assert pipe.told("Security.setIgnoreCertificateErrors") == [{"ignore": True}]


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("name", ["context", "of nobody"])
async def test_what_a_page_opens_beside_itself_is_closed_and_holds_nothing_up(pipe, name, monkeypatch):
    monkeypatch.setattr("webkiln.fetching.browser.plain._CLOSE_S", 0.001)
    pipe.attach("popup", "page", context=name)
    assert pipe.told("Runtime.runIfWaitingForDebugger", "popup") == [{}]
    assert pipe.told("Target.closeTarget", "") == []
    await asyncio.sleep(0.01)
    assert pipe.told("Target.closeTarget", "") == [{"targetId": "target of popup"}]
    (attaching,) = pipe.told("Target.setAutoAttach", "")
    assert not attaching["waitForDebuggerOnStart"]


async def test_a_frame_of_another_site_is_set_up_as_its_page_is(page, pipe):
    await page.session.send("Emulation.setUserAgentOverride", {"userAgent": "kiln"})
    pipe.attach("inner", "iframe", to="page")
    pipe.attach("innermost", "iframe", to="inner")
    for session in ("inner", "innermost"):
        assert pipe.told("Emulation.setUserAgentOverride", session) == [{"userAgent": "kiln"}]
        assert pipe.told("Emulation.setLocaleOverride", session) == [{"locale": "en-GB"}]
        assert len(pipe.told("Page.addScriptToEvaluateOnNewDocument", session)) == 2
        assert len(pipe.told("Target.setAutoAttach", session)) == 1
        assert [one[1] for one in pipe.said if one[0] == session][-1] == "Runtime.runIfWaitingForDebugger"


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(("kind", "accepted"), [("alert", False), ("prompt", False), ("beforeunload", True)])
async def test_dialogs_are_dismissed_and_who_goes_is_let_go(pipe, kind, accepted):
    pipe.attach("inner", "iframe", to="page")
    for session in ("page", "inner"):
        pipe.event("Page.javascriptDialogOpening", session=session, type=kind, message="Stay?")
        assert pipe.told("Page.handleJavaScriptDialog", session) == [{"accept": accepted}]


async def test_a_page_has_arrived_with_its_document(page, pipe):
    moves = []
    page.on("framenavigated", moves.append)
    going = asyncio.ensure_future(page.goto("http://kiln.test/", wait_until="commit", timeout=5_000))
    await asyncio.sleep(0.001)
    assert not going.done()
    pipe.arrives("http://kiln.test/glaze", urlFragment="#top", mimeType="application/pdf")
    await going
    assert (page.url, page.media_type) == ("http://kiln.test/glaze#top", "application/pdf")
    pipe.arrives("http://other.test/", parentId="frame")
    pipe.event("Page.navigatedWithinDocument", frameId="frame", url="http://kiln.test/#end")
    pipe.event("Page.navigatedWithinDocument", frameId="inner", url="http://kiln.test/#inner")
    assert (page.url, moves) == ("http://kiln.test/#end", ["frame", "frame"])


async def test_what_cannot_be_gone_to_says_why(page, pipe):
    pipe.answers["Page.navigate"] = {"errorText": "net::ERR_ABORTED"}
    with pytest.raises(Error, match=r"^Page.goto: net::ERR_ABORTED at http://kiln\.test/$"):
        await page.goto("http://kiln.test/", wait_until="commit", timeout=5_000)


async def test_what_takes_too_long_is_playwrights_own_timeout(page, shown):
    with pytest.raises(PlaywrightTimeout):
        await page.goto("http://kiln.test/", wait_until="commit", timeout=1)
    for state in ("load", "networkidle"):
        with pytest.raises(PlaywrightTimeout):
            await shown.wait_for_load_state(state, timeout=1)


async def reached(page, state):
    """Return whether a page is in a state now."""
    try:
        await page.wait_for_load_state(state, timeout=1)
    except PlaywrightTimeout:
        return False
    return True


async def test_a_page_is_loaded_by_its_own_document_only(shown, pipe):
    pipe.lives("load", "about:blank")
    pipe.lives("load", "inner's", frame="inner")
    assert not await reached(shown, "load")
    pipe.lives("load")
    assert await reached(shown, "load")
    pipe.lives("init", "second")  # it has moved on
    pipe.lives("load", "first")
    assert not await reached(shown, "load")
    pipe.lives("load", "second")
    assert await reached(shown, "load")


async def test_a_page_rests_when_all_its_frames_do(shown, pipe):
    pipe.lives("init", "inner's", frame="inner")
    pipe.lives("init", "other's", frame="other")
    pipe.lives("networkIdle", "about:blank")
    pipe.lives("networkIdle")
    pipe.lives("networkIdle", "inner's", frame="inner")
    assert not await reached(shown, "networkidle")
    pipe.event("Page.frameDetached", frameId="other", reason="remove")
    assert await reached(shown, "networkidle")


async def test_a_page_that_rests_is_nudged_until_it_notices(shown, pipe, monkeypatch):
    monkeypatch.setattr("webkiln.fetching.browser.plain._NUDGE_S", 0.001)
    waiting = asyncio.ensure_future(shown.wait_for_load_state("networkidle", timeout=5_000))
    await asyncio.sleep(0.02)
    assert pipe.told("Runtime.discardConsoleEntries")
    pipe.lives("networkIdle")
    await waiting
    nudges = len(pipe.told("Runtime.discardConsoleEntries"))
    await asyncio.sleep(0.01)
    assert len(pipe.told("Runtime.discardConsoleEntries")) == nudges


async def test_nobody_waits_for_a_page_that_is_gone(shown, pipe):
    waiting = asyncio.ensure_future(shown.wait_for_load_state("load", timeout=5_000))
    await asyncio.sleep(0)
    pipe.event(DETACHED)
    with pytest.raises(Error, match=r"^Target closed$"):
        await waiting


async def test_who_wants_to_know_hears_of_a_crash_and_of_events(page, pipe):
    heard = []
    page.on("crash", heard.append)
    page.session.on("Fetch.requestPaused", heard.append)
    pipe.event("Fetch.requestPaused", requestId="one")
    pipe.event("Inspector.targetCrashed")
    assert heard == [{"requestId": "one"}, None]


async def test_cookies_are_the_contexts(context, pipe):
    cookie = {"name": "session", "value": "1", "url": "http://kiln.test/"}
    await context.add_cookies([cookie])
    assert pipe.told("Storage.setCookies", "") == [{"cookies": [cookie], "browserContextId": "context"}]
