import contextlib
import json
import threading

import pytest

from engine.scenes import TEAM
from engine.scripted import Web, maker
from webkiln import errors
from webkiln.contract.scrape import ScrapeOptions
from webkiln.scraping.likenesses import Likenesses
from webkiln.scraping.page_cache import PageCache
from webkiln.scraping.page_index import PageIndex
from webkiln.scraping.profiles import Profiles
from webkiln.scraping.scraper import Scraper, Target, TryAgain
from webkiln.scraping.snapshots import Snapshots
from webkiln.store import snapshots
from webkiln.store.blobs import LocalBlobs

URL = "https://site.test/page"


class Marks:
    def __init__(self):
        self.seen = []

    @contextlib.contextmanager
    def __call__(self, task_id):
        self.seen.append((task_id, threading.current_thread() is threading.main_thread()))
        yield


@pytest.fixture
def web(clock):
    return Web(clock)


@pytest.fixture
def marks():
    return Marks()


@pytest.fixture
def blobs(tmp_path):
    return LocalBlobs(tmp_path / "blobs")


@pytest.fixture
async def scraper(web, database, blobs, marks, clock):
    cache = PageCache(database, lambda wire, _: wire)
    index = PageIndex(database, enabled=True)
    made = maker(marking=marks)
    profiles, kept = Profiles(database, clock), Snapshots(database)
    alike = Likenesses(database)
    yield Scraper(web, cache, index, blobs, profiles, kept, alike, made, clock=clock)
    await made._pool.close()


def target(**more):
    asked = {key: more.pop(key) for key in list(more) if key not in Target.__slots__}
    values = {"id": "task", "typed": "site.test/page", "url": URL, "timeout_s": 7.0, **more}
    return Target(options=ScrapeOptions.model_validate(asked), **values)


def document(scraped):
    return json.loads(scraped.document)


async def test_a_page_becomes_a_document_with_what_is_known_of_it(scraper, marks):
    made = document(await scraper.scrape(target()))
    assert made["markdown"].strip() == "# Hello"
    about = made["metadata"]
    assert (about["sourceURL"], about["url"], about["statusCode"]) == ("site.test/page", URL, 200)
    assert (about["scrapeId"], about["proxyUsed"], about["cacheState"]) == ("task", "basic", "miss")
    assert about["creditsUsed"] == 1
    assert marks.seen == [("task", True)]


async def test_the_request_says_what_the_options_say(scraper, web):
    await scraper.scrape(
        target(headers={"X-A": "b"}, location={"country": "DE", "languages": ["de"]}, timeout_s=3.5)
    )
    (asked,) = web.asked
    assert (asked.url, asked.timeout_s, asked.headers, asked.languages) == (URL, 3.5, {"X-A": "b"}, ("de",))
    assert asked.verify_tls
    await scraper.scrape(target(skipTlsVerification=True))
    assert not web.asked[1].verify_tls


async def test_a_stored_copy_is_served_and_said_to_be_one(scraper, web, clock):
    await scraper.scrape(target())
    await scraper._cache.flush()
    fetched_at = clock()
    clock.advance(60)
    about = document(await scraper.scrape(target()))["metadata"]
    assert len(web.asked) == 1
    assert about["cacheState"] == "hit"
    assert about["cachedAt"].startswith("2026-09-21T")
    assert fetched_at < clock()


async def test_where_no_copy_may_be_read_none_is_mentioned(scraper):
    about = document(await scraper.scrape(target(maxAge=0)))["metadata"]
    assert "cacheState" not in about


@pytest.mark.parametrize(
    ("asked", "error"), [({"lockdown": True}, errors.LockdownCacheMiss), ({"minAge": 1}, errors.NoCachedData)]
)
async def test_who_asks_for_a_copy_only_causes_no_traffic(scraper, web, asked, error):
    with pytest.raises(error):
        await scraper.scrape(target(**asked))
    assert web.asked == []


@pytest.mark.parametrize(
    ("asked", "hit", "zero_retention", "price"),
    [
        ({}, False, False, 1),
        ({}, True, False, 1),
        ({}, False, True, 2),
        ({"lockdown": True}, True, False, 5),
        ({"lockdown": True}, True, True, 6),
    ],
)
async def test_what_a_page_costs(scraper, asked, hit, zero_retention, price):
    if hit:
        await scraper.scrape(target())
        await scraper._cache.flush()
    scraped = await scraper.scrape(target(zero_retention=zero_retention, **asked))
    assert scraped.credits == price == document(scraped)["metadata"]["creditsUsed"]


async def test_without_retention_nothing_is_stored(scraper):
    await scraper.scrape(target(zero_retention=True, team_id=TEAM))
    assert scraper._cache._waiting == scraper._index._waiting == []


@pytest.mark.parametrize(
    ("asked", "noted"),
    [
        ({}, 1),
        ({"maxAge": 0}, 1),
        ({"storeInCache": False}, 0),
        ({"headers": {"Cookie": "a=b"}}, 0),
        ({"formats": ["links"]}, 1),  # by its title
    ],
)
async def test_the_words_of_a_page_are_noted_for_its_team(scraper, asked, noted):
    await scraper.scrape(target(team_id=TEAM, **asked))
    assert [(one.team_id, one.url, one.title) for one in scraper._index._waiting] == [
        (TEAM, URL, "T")
    ] * noted


async def test_a_page_is_noted_for_each_team_that_asks_for_it_also_when_it_is_a_copy(scraper, clock):
    await scraper.scrape(target(team_id=TEAM))
    await scraper._cache.flush()
    clock.advance(60)
    await scraper.scrape(target(team_id="another"))
    noted = scraper._index._waiting
    assert [(one.team_id, one.fetched_at) for one in noted] == [
        (TEAM, clock() - 60),
        ("another", clock() - 60),
    ]


async def test_what_a_page_says_beside_an_error_is_not_noted(scraper, web):
    web.status = 404
    await scraper.scrape(target(team_id=TEAM))
    assert scraper._index._waiting == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_busy_site_is_asked_again_while_there_are_tries(scraper, web, status):
    web.status = status
    result = await scraper.scrape(target(final=False))
    assert isinstance(result, TryAgain)
    assert result.asked_s is None
    assert scraper._cache._waiting == []
    last = document(await scraper.scrape(target(final=True)))
    assert last["metadata"]["statusCode"] == status


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 410, 501])
async def test_other_answers_are_documents_at_once(scraper, web, status):
    web.status = status
    assert document(await scraper.scrape(target(final=False)))["metadata"]["statusCode"] == status


NOW = 1_790_000_000  # Mon, 21 Sep 2026 14:13:20 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("Mon, 21 Sep 2026 14:14:20 GMT", 60),
        ("Mon, 21 Sep 2026 14:00:00 GMT", 0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("9" * 400, 999_999_999),
        ("Mon, 21 Sep 99999999999999999999 14:14:20 GMT", None),
        ("Mon, 21 Sep 2026 14:14:20 +99999999", None),
        ("Mon, 99 Sep 2026 14:14:20 GMT", None),
        (", , , ,", None),
    ],
)
async def test_how_long_the_site_asks_to_wait(scraper, web, clock, value, seconds):
    assert clock() == NOW
    web.status, web.headers = 503, (("retry-after", value),)
    assert (await scraper.scrape(target(final=False))).asked_s == seconds


async def test_warnings_are_sentences_of_the_document(scraper):
    made = document(await scraper.scrape(target(warnings=("one has no effect", "neither has two"))))
    assert made["warning"] == "one has no effect. neither has two."


async def test_a_huge_page_has_the_document_it_would_have_here_and_never_this_process(scraper, web, marks):
    web.body = b"<title>T</title><p>" + b"word " * 300_000
    scraped = await scraper.scrape(target(team_id=TEAM, links=True, warnings=("one has no effect",)))
    made = document(scraped)
    assert made["markdown"].split() == ["word"] * 300_000
    assert (made["metadata"]["title"], made["metadata"]["scrapeId"]) == ("T", "task")
    assert made["warning"] == "one has no effect."
    assert scraped.outlinks == []
    assert [(one.title, one.text[:9]) for one in scraper._index._waiting] == [("T", "word word")]
    assert marks.seen == []


async def test_a_page_that_cost_a_worker_its_life_is_read_in_a_child(scraper, marks):
    assert document(await scraper.scrape(target(careful=True)))["markdown"].strip() == "# Hello"
    assert marks.seen == []


TRACKED = {"formats": ["markdown", {"type": "changeTracking", "modes": ["git-diff"]}], "team_id": TEAM}


async def compared(scraper, database, **more):
    """Scrape and store what a finish would; return the document."""
    scraped = await scraper.scrape(target(**TRACKED, **more))
    taken = [] if scraped.snapshot is None else [scraped.snapshot]
    await database.write(lambda connection: snapshots.keep(connection, taken))
    return document(scraped)


async def test_a_page_is_compared_with_what_it_was_last_time(scraper, web, database, clock):
    assert (await compared(scraper, database))["changeTracking"]["changeStatus"] == "new"
    clock.advance(60)
    assert (await compared(scraper, database))["changeTracking"]["changeStatus"] == "same"
    web.body = web.body.replace(b"Hello", b"Good bye")
    changed = (await compared(scraper, database))["changeTracking"]
    assert changed["diff"]["text"] == "@@ -1,1 +1,1 @@\n-# Hello\n+# Good bye"
    assert changed["previousScrapeAt"].endswith("Z")
    web.status = 404
    assert (await compared(scraper, database))["changeTracking"]["changeStatus"] == "removed"


async def test_what_is_compared_is_fetched_and_its_copy_serves_others(scraper, web, database):
    await compared(scraper, database)
    await scraper._cache.flush()
    assert "cacheState" not in (await compared(scraper, database, minAge=1))["metadata"]
    assert len(web.asked) == 2
    assert document(await scraper.scrape(target()))["metadata"]["cacheState"] == "hit"


async def test_a_large_page_is_compared_in_a_child_process(scraper, web, database, marks):
    paragraphs = [f"<p>Kiln number {n} fires to cone {n % 11}.</p>" for n in range(8_000)]
    web.body = f"<html><body>{''.join(paragraphs)}</body></html>".encode()
    assert (await compared(scraper, database))["changeTracking"]["changeStatus"] == "new"
    web.body = web.body.replace(b"number 4711 ", b"number 4712 ")
    diff = (await compared(scraper, database))["changeTracking"]["diff"]["text"]
    assert "-Kiln number 4711 fires to cone 3." in diff
    web.body = b"<html><body><p>Sold.</p></body></html>"
    small = await compared(scraper, database)  # a small page, and much to compare it with
    assert "+Sold." in small["changeTracking"]["diff"]["text"]
    assert marks.seen == []


async def test_a_site_in_trouble_is_no_change(scraper, web, database):
    await compared(scraper, database)
    web.status = 503
    made = await compared(scraper, database)
    assert "changeTracking" not in made
    assert "the site answered 503" in made["warning"]
    web.status = 200
    assert (await compared(scraper, database))["changeTracking"]["changeStatus"] == "same"


async def test_without_retention_no_snapshot_is_kept(scraper, database):
    made = await compared(scraper, database, zero_retention=True)
    assert "zeroDataRetention" in made["warning"]
    assert (await compared(scraper, database))["changeTracking"]["changeStatus"] == "new"
