"""Browsers and their replacement, with browsers that only say they are some."""

import asyncio
import contextlib

import pytest
from playwright.async_api import Error

from webkiln.errors import BrowserLost, BrowserUnavailable
from webkiln.fetching.browser import pool as room
from webkiln.fetching.browser.pool import BrowserPool
from webkiln.fetching.places import Places

MB = 1024 * 1024


class Context:
    def __init__(self, browser, options):
        self.browser, self.options, self.closed = browser, options, False
        self.scripts = []

    async def add_init_script(self, script):
        self.scripts.append(script)

    async def new_page(self):
        if self.browser.opens_nothing:
            raise Error("Target page, context or browser has been closed\nCall log:")
        return object()

    async def close(self):
        if self.browser.closes_nothing:
            await asyncio.sleep(60)
        self.closed = True


class Browser:
    version = "156.0.1.2"

    def __init__(self):
        self.connected, self.opens_nothing, self.closes_nothing = True, False, False
        self.contexts = []

    def is_connected(self):
        return self.connected

    async def new_context(self, **options):
        self.contexts.append(Context(self, options))
        return self.contexts[-1]


class Started:
    def __init__(self, pid):
        self.browser, self.pid, self.sandboxed, self.closed = Browser(), pid, True, False

    async def close(self):
        self.closed, self.browser.connected = True, False


class Launcher:
    """Starts the browsers that the test then finds in `started`."""

    def __init__(self):
        self.started, self.pid, self.failure = [], None, None

    async def start(self):
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.started.append(Started(self.pid))
        return self.started[-1]


class Gate:
    url = "http://127.0.0.1:1"

    def __init__(self, way):
        self.way, self.host, self.closed = way, None, False

    async def open(self, host):
        self.host = host

    def close(self):
        self.closed = True


@pytest.fixture
def launcher():
    return Launcher()


@pytest.fixture
async def make_pool(launcher):
    made = []

    def make(*, places=4, **options):
        given = {"most_pages": 100, "most_bytes": 100 * MB, "page_bytes": 100 * MB, **options}
        made.append(BrowserPool(launcher, Gate, places=Places(places), **given))
        return made[-1]

    yield make
    for pool in made:
        await pool.close()


def tab(pool, *, urgent=False, **options):
    return pool.tab(urgent=urgent, way="some way", **options)


async def show(pool, pages=1):
    for _ in range(pages):
        async with tab(pool):
            pass


async def hold_tab(pool):
    async with tab(pool):
        await asyncio.sleep(60)


async def until(happened):
    async with asyncio.timeout(2):
        while not happened():  # noqa: ASYNC110 - what is waited for is anything a test can see
            await asyncio.sleep(0.001)


async def test_a_page_has_a_context_and_a_way_out_of_its_own(make_pool, launcher):
    pool = make_pool(host="127.0.0.9")
    assert pool.sandboxed is None
    async with tab(pool, locale="de-DE") as first, tab(pool, is_mobile=True) as second:
        assert first.gate is not second.gate
        assert (first.gate.way, first.gate.host) == ("some way", "127.0.0.9")
        assert first.context.options["proxy"] == {"server": Gate.url}
        assert first.context.options["locale"] == "de-DE"
        assert "Linux x86_64" in first.user_agent
        assert "Chrome/156.0.0.0 Mobile" in second.user_agent
        assert first.alive()
        assert ["console[name]" in script for script in first.context.scripts] == [True]
    assert first.gate.closed
    assert first.context.closed
    assert (len(launcher.started), pool.started, pool.pages, pool.sandboxed) == (1, 1, 2, True)


async def test_a_user_agent_of_the_callers_stays(make_pool):
    async with tab(make_pool(), user_agent="own/1") as opened:
        assert opened.user_agent == opened.context.options["user_agent"] == "own/1"


async def test_a_browser_starts_with_the_first_page_and_once_for_many(make_pool, launcher):
    pool = make_pool()
    assert launcher.started == []
    await asyncio.gather(*(show(pool) for _ in range(4)))
    assert len(launcher.started) == 1


async def test_a_browser_that_does_not_start_costs_no_place(make_pool, launcher):
    pool = make_pool(places=1)
    launcher.failure = BrowserUnavailable("no such thing")
    for _ in range(3):
        with pytest.raises(BrowserUnavailable):
            await show(pool)
    launcher.failure = None
    await show(pool)


async def test_a_browser_that_has_shown_its_pages_is_replaced_when_they_have_ended(make_pool, launcher):
    pool = make_pool(most_pages=2)
    async with tab(pool):
        await show(pool)
        old = launcher.started[0]
        await show(pool)
        assert len(launcher.started) == 2
        assert not old.closed
    await until(lambda: old.closed)
    assert not launcher.started[1].closed


async def test_a_browser_that_has_grown_is_replaced(make_pool, launcher, monkeypatch):
    sizes = iter([50 * MB, 150 * MB])
    monkeypatch.setattr(room, "tree_bytes", lambda _: next(sizes))
    launcher.pid = 1
    monkeypatch.setattr(room, "_LOOK_S", 0.001)
    monkeypatch.setattr(room.Watch, "look", lambda *_: None)
    pool = make_pool()
    await show(pool, 8)
    assert not launcher.started[0].closed
    await show(pool, 8)
    await until(lambda: launcher.started[0].closed)
    await show(pool)
    assert len(launcher.started) == 2


async def test_memory_is_looked_at_only_while_there_are_pages(make_pool, launcher, monkeypatch):
    looks = []
    monkeypatch.setattr(room, "_LOOK_S", 0.001)
    monkeypatch.setattr(room.Watch, "look", lambda _, pages: looks.append(pages))
    launcher.pid = 1
    pool = make_pool()
    await show(pool)
    before = len(looks)
    await asyncio.sleep(0.02)
    assert len(looks) <= before + 1  # one may have been under way
    async with tab(pool), tab(pool):
        await until(lambda: 2 in looks)


async def test_a_browser_that_nobody_uses_ends(make_pool, launcher, monkeypatch):
    monkeypatch.setattr(room, "_LOOK_S", 0.001)
    monkeypatch.setattr(room.Watch, "look", lambda *_: None)
    launcher.pid = 1
    pool = make_pool()
    async with tab(pool):
        monkeypatch.setattr(room, "_IDLE_S", 0.0)
        await asyncio.sleep(0.01)
        assert not launcher.started[0].closed
    await until(lambda: launcher.started[0].closed)
    monkeypatch.setattr(room, "_IDLE_S", 100.0)
    await show(pool)
    assert len(launcher.started) == 2


async def test_a_browser_that_is_gone_is_replaced(make_pool, launcher):
    pool = make_pool()
    async with tab(pool) as opened:
        launcher.started[0].browser.connected = False
        assert not opened.alive()
    await show(pool)
    assert len(launcher.started) == 2
    await until(lambda: launcher.started[0].closed)


async def test_a_browser_that_opens_no_page_is_lost_and_replaced(make_pool, launcher):
    pool = make_pool(places=1)
    await pool.start()
    launcher.started[0].browser.opens_nothing = True
    with pytest.raises(BrowserLost, match=r"^The browser was lost: .*has been closed$"):
        await show(pool)
    await until(lambda: launcher.started[0].closed)
    await show(pool)
    assert len(launcher.started) == 2


async def test_a_page_that_does_not_close_takes_its_browser_along(make_pool, launcher, monkeypatch):
    monkeypatch.setattr(room, "_CLOSE_S", 0.01)
    pool = make_pool(places=1)
    await pool.start()
    launcher.started[0].browser.closes_nothing = True
    await show(pool)
    await until(lambda: launcher.started[0].closed)
    await show(pool)
    assert len(launcher.started) == 2


async def test_a_page_nobody_wants_keeps_its_place_until_it_is_gone(make_pool, launcher, monkeypatch):
    monkeypatch.setattr(room, "_CLOSE_S", 0.05)
    pool = make_pool(places=1)
    await pool.start()
    launcher.started[0].browser.closes_nothing = True
    showing = asyncio.ensure_future(hold_tab(pool))
    await until(lambda: launcher.started[0].browser.contexts)
    following = asyncio.ensure_future(show(pool))
    showing.cancel()
    await asyncio.sleep(0.01)
    assert (len(launcher.started), following.done()) == (1, False)
    await following
    assert len(launcher.started) == 2
    with contextlib.suppress(asyncio.CancelledError):
        await showing


async def test_closing_ends_every_browser(make_pool, launcher):
    pool = make_pool(most_pages=1)
    async with tab(pool):
        async with tab(pool):
            pass
        await pool.close()
        assert [started.closed for started in launcher.started] == [True] * len(launcher.started)
