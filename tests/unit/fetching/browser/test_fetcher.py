"""Which browsers show which pages."""

import pytest

from webkiln.contract.formats import ScreenshotFormat
from webkiln.fetching.browser.fetcher import BrowserFetcher
from webkiln.fetching.page import BrowserWork


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
