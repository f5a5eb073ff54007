import pytest

from engine.scenes import TEAM
from engine.scripted import Flaky
from webkiln import ids
from webkiln.contract.scrape import ScrapeOptions
from webkiln.errors import Unavailable
from webkiln.fetching.page import Page
from webkiln.scraping.change_tracking import Remembered
from webkiln.scraping.snapshots import Followed, Snapshots
from webkiln.store import snapshots as stored

URL = "https://site.test/page"
KEPT = Remembered(b"f" * 16, b"\0\0\0\2xx")


def options(**tracked):
    return ScrapeOptions.model_validate({"formats": ["markdown", {"type": "changeTracking", **tracked}]})


def page(at=1_790_000_000.5, status=200):
    return Page(URL, URL, status, (), "", b"", b"", at)


@pytest.fixture
def snapshots(database):
    return Snapshots(database)


@pytest.fixture
def remember(snapshots, database):
    async def keep(followed, page, options):
        taken = snapshots.snapshot(followed, page, options, KEPT)
        await database.write(lambda connection: stored.keep(connection, [taken]))

    return keep


FOLLOWED = Followed(TEAM, URL)


async def test_who_does_not_ask_is_not_compared(snapshots):
    plain = ScrapeOptions()
    assert await snapshots.tracking(FOLLOWED, page(), plain) == (None, ())
    assert snapshots.snapshot(FOLLOWED, page(), plain, KEPT) is None


async def test_a_page_is_compared_with_what_it_was(snapshots, remember):
    tracking, troubles = await snapshots.tracking(FOLLOWED, page(), options())
    assert (tracking.earlier, tracking.earlier_at, tracking.with_diff, troubles) == (None, None, False, ())
    await remember(FOLLOWED, page(), options())
    tracking, _ = await snapshots.tracking(FOLLOWED, page(), options(modes=["git-diff"]))
    assert (tracking.earlier, tracking.earlier_at) == (KEPT, "2026-09-21T14:13:20.500Z")
    assert tracking.with_diff


@pytest.mark.parametrize(
    ("other", "asked"),
    [
        (Followed(ids.new_id(), URL), {}),
        (Followed(TEAM, URL + "/"), {}),
        (Followed(TEAM, URL.upper()), {}),
        (FOLLOWED, {"tag": "hourly"}),
        (FOLLOWED, {"tag": ""}),
        (Followed(TEAM, f'{URL}","hourly'), {}),
    ],
)
async def test_another_team_address_or_tag_is_another_page(snapshots, remember, other, asked):
    await remember(FOLLOWED, page(), options())
    tracking, _ = await snapshots.tracking(other, page(), options(**asked))
    assert tracking.earlier is None


async def test_a_page_of_a_moment_is_compared_with_nothing(snapshots):
    for status in (408, 425, 429, 500, 503, 522):
        tracking, (trouble,) = await snapshots.tracking(FOLLOWED, page(status=status), options())
        assert tracking is None
        assert trouble.startswith(f"changeTracking is left out: the site answered {status}")


async def test_a_database_that_is_away_costs_the_comparison_and_not_the_page(tmp_path):
    away = Flaky(tmp_path / "away.db")
    away.away = Unavailable("away")
    tracking, troubles = await Snapshots(away).tracking(FOLLOWED, page(), options())
    assert tracking is None
    assert troubles == ("changeTracking is left out: the earlier page could not be looked for",)
    await away.close()


async def test_what_is_to_be_forgotten_is_compared_and_not_kept(snapshots, remember):
    await remember(FOLLOWED, page(), options())
    forgotten = Followed(TEAM, URL, forgotten=True)
    tracking, (trouble,) = await snapshots.tracking(forgotten, page(), options())
    assert tracking.earlier == KEPT
    assert "zeroDataRetention" in trouble
    assert snapshots.snapshot(forgotten, page(), options(), KEPT) is None


async def test_crawls_of_one_start_and_tag_know_their_pages(snapshots):
    def crawl_of(start, **asked):
        return snapshots.snapshot(Followed(TEAM, URL, start), page(), options(**asked), KEPT).crawl

    assert crawl_of("a.test") == crawl_of("a.test") is not None
    assert len({crawl_of("a.test"), crawl_of("b.test"), crawl_of("a.test", tag="t"), crawl_of(None)}) == 4
