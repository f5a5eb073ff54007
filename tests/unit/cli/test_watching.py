from __future__ import annotations

import pytest

from unit.cli import api_server
from webkiln.cli.client import CRAWL, Client, Job, StatusPage
from webkiln.cli.progress import BatchProgress, CrawlProgress
from webkiln.cli.watching import COUNT_EVERY_S, count_failures, exit_code

URLS = [f"https://a.test/{number}" for number in range(20)]


class Enough(Exception):
    pass


class Sleep:
    """Passes at once, three times."""

    def __init__(self):
        self.slept = []

    async def __call__(self, seconds):
        if len(self.slept) == 3:
            raise Enough
        self.slept.append(seconds)


@pytest.fixture
def crawl(server):
    server.jobs["an-id"] = api_server.Job(URLS, set(URLS[:4]), [], ended=10, noun="crawl")
    return Job(CRAWL, "an-id")


async def test_failures_of_a_crawl_are_counted_now_and_then(server, crawl):
    sleep, progress = Sleep(), CrawlProgress()
    async with Client(server.url, api_server.KEY) as client:
        with pytest.raises(Enough):
            await count_failures(client, crawl, progress, sleep)
    assert progress.failed == 4
    assert min(sleep.slept) == COUNT_EVERY_S


async def test_a_server_that_cannot_say_leaves_the_number_as_it_is(server, crawl):
    server.jobs.clear()
    progress = CrawlProgress()
    async with Client(server.url, api_server.KEY) as client:
        with pytest.raises(Enough):
            await count_failures(client, crawl, progress, Sleep())
    assert progress.failed == 0


async def test_a_batch_tells_its_failures_by_its_status(server, crawl):
    async with Client(server.url, api_server.KEY) as client:
        await count_failures(client, crawl, BatchProgress(20), Sleep())
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "failed", "code"),
    [("completed", 0, 0), ("completed", 1, 1), ("failed", 0, 1), ("cancelled", 0, 4), ("cancelled", 2, 4)],
)
def test_what_an_end_means_for_the_caller(status, failed, code):
    assert exit_code(StatusPage(status, 1, 1, [], None, {}), failed=failed) == code
