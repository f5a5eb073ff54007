from __future__ import annotations

import pytest

from webkiln.cli.client import StatusPage
from webkiln.cli.follow import Pace
from webkiln.cli.progress import BatchProgress, CrawlProgress, clock_time


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def page(status, completed, total, **body):
    return StatusPage(status, completed, total, [], None, body)


def test_a_pace_is_that_of_the_last_ten_seconds():
    clock = Clock()
    pace = Pace(clock)
    assert pace.rate == 0
    assert pace.eta_s(5) is None
    for second in range(1, 31):
        clock.now += 1
        pace.add(second * 10 if second <= 15 else 150 + (second - 15) * 2)
    assert pace.rate == pytest.approx(2)
    assert pace.eta_s(10) == pytest.approx(5)


def test_what_is_missing_from_the_total_has_failed():
    clock = Clock()
    progress = BatchProgress(100, clock)
    clock.now += 2
    progress.seen(page("scraping", 20, 90))
    assert (progress.completed, progress.failed) == (20, 10)
    assert progress.rest == "15.0 pages/s, 20 done, 10 failed, ETA 0:05"


def test_what_a_cancel_took_away_has_not_failed():
    progress = BatchProgress(100, Clock())
    progress.seen(page("scraping", 20, 98))
    progress.seen(page("cancelled", 30, 30))
    assert (progress.completed, progress.failed) == (30, 2)


def test_without_a_terminal_there_is_a_line_every_ten_seconds(capsys):
    clock = Clock()
    with BatchProgress(100, clock) as progress:
        for completed in range(0, 31, 10):
            progress.seen(page("scraping", completed, 100))
            clock.now += 4
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("30/100 ")


def test_a_paused_batch_says_so():
    progress = BatchProgress(100, Clock())
    progress.seen(page("scraping", 20, 100, paused=True))
    assert progress.rest == "0.0 pages/s, 20 done, 0 failed, paused"


def test_what_is_known_of_a_crawl_grows():
    clock = Clock()
    progress = CrawlProgress(clock)
    progress.seen(page("scraping", 0, 0))
    assert (progress.known, progress.rest) == (1, "0.0 pages/s, 0 done, 0 failed, looking for pages")
    clock.now += 2
    progress.failed = 3
    progress.seen(page("scraping", 17, 80))
    assert (progress.known, progress.rest) == (83, "10.0 pages/s, 17 done, 3 failed, crawling")
    progress.seen(page("scraping", 17, 80, paused=True))
    assert progress.rest.endswith("paused")
    progress.seen(page("cancelled", 17, 17))
    assert progress.result == "17 pages done"


def test_a_crawl_without_a_terminal_tells_what_it_knows(capsys):
    clock = Clock()
    with CrawlProgress(clock) as progress:
        clock.now += 11
        progress.seen(page("scraping", 30, 45))
    assert capsys.readouterr().err.startswith("30/45 ")


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-:--"), (0, "0:00"), (61.4, "1:01"), (3599.6, "1:00:00"), (7384, "2:03:04")]
)
def test_times_are_short(seconds, text):
    assert clock_time(seconds) == text
