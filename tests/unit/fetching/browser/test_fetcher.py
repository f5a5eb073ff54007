"""Which browsers show which pages, and what is said of those whose time ends."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest

from webkiln.contract.actions import ClickAction, ScrollAction, WaitAction
from webkiln.contract.formats import ScreenshotFormat
from webkiln.errors import ActionFailed, ScrapeTimeout
from webkiln.fetching.browser.fetcher import BrowserFetcher
from webkiln.fetching.browser.pool import Tab
from webkiln.fetching.page import BrowserWork, FetchRequest


class Pool:
    def __init__(self):
        self.closed = False

    async def close(self):
        self.closed = True


DRIVEN, PLAIN = Pool(), Pool()


@pytest.mark.parametrize(
    "work", [BrowserWork(), BrowserWork(wait_ms=500, country="de", block_ads=False)], ids=["usual", "slow"]
)
def test_what_is_only_shown_needs_no_driver(work):
    assert BrowserFetcher(DRIVEN, PLAIN, most_bytes=1).pool(work) is PLAIN
    assert BrowserFetcher(DRIVEN, most_bytes=1).pool(work) is DRIVEN


@pytest.mark.parametrize(
    "work",
    [
        BrowserWork(actions=("some action",)),
        BrowserWork(screenshot=ScreenshotFormat(type="screenshot")),
        BrowserWork(brand=True),
        BrowserWork(mobile=True),
        BrowserWork(memory={"cookies": [], "origins": []}),
        BrowserWork(remembers=True),
    ],
    ids=["actions", "picture", "brand", "phone", "profile", "new profile"],
)
def test_everything_else_does(work):
    assert BrowserFetcher(DRIVEN, PLAIN, most_bytes=1).pool(work) is DRIVEN


async def test_all_browsers_end_together():
    driven, plain = Pool(), Pool()
    await BrowserFetcher(driven, plain, most_bytes=1).close()
    assert driven.closed
    assert plain.closed


class BusyPage:
    """A page that answers everything but the search for an element, whatever time that is given."""

    url = "http://kiln.test/"
    main_frame = "frame"

    def on(self, _event, _listener):
        pass

    async def goto(self, _url, **_):
        pass

    async def wait_for_load_state(self, _state, **_):
        pass

    def is_closed(self):
        return False

    def locator(self, _selector):
        return self

    @property
    def first(self):
        return self

    async def wait_for(self, **_):
        await asyncio.Event().wait()

    async def evaluate(self, *_, **__):
        await asyncio.Event().wait()


class BusySession:
    def on(self, *_):
        pass

    async def send(self, method, _params=None):
        if method == "Runtime.evaluate":
            return {"result": {"value": "settled"}}
        return {"targetInfo": {"targetId": "frame"}, "executionContextId": 1}


class BusyPool:
    """Opens one page, after a while."""

    def __init__(self, opening_s=0.0):
        self.opening_s = opening_s

    @contextlib.asynccontextmanager
    async def tab(self, **_):
        await asyncio.sleep(self.opening_s)

        async def new_cdp_session(_page):
            return BusySession()

        context = SimpleNamespace(new_cdp_session=new_cdp_session, on=lambda *_: None)
        gate = SimpleNamespace(refused={}, cut_off=False, close=lambda: None)
        yield Tab(context, BusyPage(), gate, "Chrome/156.0.0.0", alive=lambda: True, blame=lambda: None)


def act(*actions, opening_s=0.0, timeout_s=0.2):
    request = FetchRequest("http://kiln.test/", timeout_s, work=BrowserWork(actions=actions))
    return BrowserFetcher(BusyPool(opening_s), most_bytes=1_000).fetch(request)


@pytest.mark.parametrize(
    ("action", "named"),
    [
        (WaitAction(type="wait", selector="#late"), "(wait '#late')"),
        (ClickAction(type="click", selector="//button[1]"), "(click '//button[1]')"),
        (ScrollAction(type="scroll", selector=".box"), "(scroll '.box')"),
    ],
)
@pytest.mark.parametrize("opening_s", [0.0, 0.15])
async def test_an_element_that_has_not_come_when_the_time_ends_is_named(action, named, opening_s):
    first = WaitAction(type="wait", milliseconds=1)
    with pytest.raises(ActionFailed) as raised:
        await act(first, action, opening_s=opening_s)
    assert f"action 2 {named} failed: it did not come in time" in raised.value.message


async def test_a_page_whose_time_ends_before_or_without_a_search_has_timed_out():
    with pytest.raises(ScrapeTimeout):
        await act(WaitAction(type="wait", selector="#late"), opening_s=5)
    with pytest.raises(ScrapeTimeout):
        await act(WaitAction(type="wait", milliseconds=5_000))
