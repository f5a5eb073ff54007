import asyncio
import contextlib

import pytest

from engine.scripted import until
from webkiln.contract.scrape import ScrapeOptions
from webkiln.errors import Unavailable
from webkiln.fetching.page import Page
from webkiln.scraping.page_cache import PageCache, choose, may_keep, may_read
from webkiln.store.pages import StoredEntry

URL = "https://site.test/page"
DAY_MS = 86_400_000


def options(**more):
    return ScrapeOptions.model_validate(more)


def page(fetched_at, body=b"hello", status=200, **more):
    values = {
        "requested_url": URL,
        "url": URL + "#end",
        "status": status,
        "headers": (("content-type", "text/plain"), ("x-odd", "ü")),
        "content_encoding": "",
        "wire_body": body,
        "body": body,
        "fetched_at": float(fetched_at),
    }
    return Page(**{**values, **more})


@pytest.fixture
def cache(database):
    return PageCache(database, lambda wire, coding: wire[::-1] if coding == "reversed" else wire)


async def kept(cache, *given, url=URL, **more):
    cache.keep(url, page(*given, **{"requested_url": url, "url": url, **more}), options())
    await cache.flush()


async def test_a_page_comes_back_as_it_was(cache, clock):
    cache.keep(URL, page(clock(), b"olleh", content_encoding="reversed"), options())
    assert await cache.find(URL, options(), clock()) is None  # not yet written
    await cache.flush()
    found = await cache.find(URL, options(), clock() + 5)
    assert (found.body, found.wire_body) == (b"hello", b"olleh")
    assert (found.url, found.status, found.fetched_at) == (URL + "#end", 200, clock())
    assert found.headers == (("content-type", "text/plain"), ("x-odd", "ü"))


@pytest.mark.parametrize(
    ("asked", "age_s", "found"),
    [
        ({}, 172_800, True),  # two days, when nothing is said
        ({}, 172_801, False),
        ({"maxAge": 60_000}, 60, True),
        ({"maxAge": 60_000}, 61, False),
        ({"maxAge": 0}, 0, False),
        ({"minAge": 60_000}, 59, False),
        ({"minAge": 60_000}, 60, True),
        ({"minAge": 60_000}, 10_000_000, True),  # any copy that is old enough
        ({"minAge": 60_000, "maxAge": 120_000}, 121, False),
        ({"lockdown": True}, 365 * 86_400, True),
        ({"headers": {"X-A": "b"}}, 0, False),
    ],
)
async def test_how_old_a_copy_may_be(cache, clock, asked, age_s, found):
    await kept(cache, clock() - age_s)
    assert (await cache.find(URL, options(**asked), clock()) is not None) is found


@pytest.mark.parametrize(
    ("stored", "asked", "same"),
    [
        ("https://site.test/page", "https://www.site.test/page/", True),
        ("https://site.test/page", "http://site.test/page", False),
        ("http://10.1.2.3/", "https://10.1.2.3/", False),
        ("https://site.test/", "https://site.test/index.html", True),
        ("https://site.test/page#a", "https://site.test/page#b", True),
        ("https://site.test/page#/a", "https://site.test/page#/b", False),
        ("https://site.test/page?a=1", "https://site.test/page?a=2", False),
        ("https://site.test/page", "https://site.test/Page", False),
    ],
)
async def test_which_urls_are_the_same_page(cache, clock, stored, asked, same):
    await kept(cache, clock(), url=stored)
    assert (await cache.find(asked, options(), clock()) is not None) is same


async def test_a_place_and_its_languages_have_pages_of_their_own(cache, clock):
    german = options(location={"country": "DE", "languages": ["de", "en"]})
    cache.keep(URL, page(clock()), german)
    await cache.flush()
    assert await cache.find(URL, options(), clock()) is None
    assert await cache.find(URL, options(location={"country": "DE"}), clock()) is None
    turned = options(location={"country": "de", "languages": ["en", "de"]})
    assert await cache.find(URL, turned, clock()) is None  # who reads English first is not given German
    assert await cache.find(URL, german, clock()) is not None


async def test_a_page_of_unproven_origin_does_not_answer_who_asks_for_proof(cache, clock):
    await kept(cache, clock())  # the certificate is not looked at, unless asked for
    assert await cache.find(URL, options(skipTlsVerification=False), clock()) is None
    cache.keep(URL, page(clock()), options(skipTlsVerification=False))
    await cache.flush()
    assert await cache.find(URL, options(skipTlsVerification=False), clock()) is not None


async def test_a_page_that_was_not_shown_does_not_answer_who_would_have_had_it_shown(cache, clock):
    fast = options(fastMode=True)
    cache.keep(URL, page(clock(), b"an empty shell"), fast)
    await cache.flush()
    for asked in ({}, {"waitFor": 1}, {"mobile": True}, {"lockdown": True}, {"minAge": 0}):
        assert await cache.find(URL, options(**asked), clock()) is None
    assert (await cache.find(URL, fast, clock())).body == b"an empty shell"


async def test_a_page_that_had_no_time_to_come_to_rest_is_not_kept_for_those_who_have(cache, clock):
    await kept(cache, clock(), hurried=True)
    assert await cache.find(URL, options(), clock()) is None


async def test_what_came_without_tls_in_the_end_is_not_kept_as_proven(cache, clock):
    proven = options(skipTlsVerification=False)
    cache.keep(URL, page(clock(), url="http://site.test/page"), proven)
    await cache.flush()
    assert await cache.find(URL, proven, clock()) is None


def entry(age, status=200):
    return StoredEntry(age, 1_000.0 - age, status)


@pytest.mark.parametrize(
    ("entries", "chosen"),
    [
        ([], None),
        ([entry(1), entry(2)], 1),
        ([entry(1, 410), entry(2)], 2),
        ([entry(1, 403), entry(2, 404), entry(3)], 3),
        ([entry(1, 410), entry(2, 404), entry(3, 403), entry(4)], 1),  # believed by now
        ([entry(1, 410), entry(2, 404)], 1),  # there is nothing else
        ([entry(1, 503), entry(2, 502), entry(3, 500), entry(4)], 4),  # an older release kept these
        ([entry(1, 429), entry(2, 404)], 2),
        ([entry(1, 522)], None),
        ([entry(1, 404), entry(2, 301), entry(3, 404), entry(4)], 4),
        ([entry(200), entry(201)], None),
        ([entry(1), entry(20)], 1),
    ],
)
def test_the_newest_good_copy_wins_unless_errors_are_believed(entries, chosen):
    found = choose(entries, now=1_000.0, max_age_s=100, min_age_s=0)
    assert (None if found is None else found.id) == chosen


def test_a_copy_must_be_old_enough():
    assert choose([entry(5), entry(50)], now=1_000.0, max_age_s=100, min_age_s=10).id == 50


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451, 304])
async def test_an_error_stands_for_the_page_for_an_hour_at_most(cache, clock, status):
    await kept(cache, clock() - 3_600, status=status)
    for asked in ({}, {"maxAge": 7 * DAY_MS}, {"minAge": 1}, {"lockdown": True}):
        assert (await cache.find(URL, options(**asked), clock())).status == status
        assert await cache.find(URL, options(**asked), clock() + 1) is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 507, 520, 522, 530, 599])
async def test_an_answer_of_a_moment_is_not_kept(cache, clock, status):
    await kept(cache, clock(), status=status)
    assert await cache.find(URL, options(), clock()) is None
    assert await cache.find(URL, options(minAge=0), clock()) is None


@pytest.mark.parametrize(
    ("headers", "keeps"),
    [
        ({"cache-control": "no-store"}, False),
        ({"cache-control": "max-age=60, No-Store"}, False),
        ({"cache-control": "private"}, False),
        ({"cache-control": 'PRIVATE="x-who", max-age=60'}, False),
        ({"vary": "*"}, False),
        ({"vary": "accept-encoding, *"}, False),
        ({"cache-control": "no-cache, max-age=0"}, True),  # how old a copy may be, the client says
        ({"cache-control": "public, max-age=60, private-beta"}, True),
        ({"pragma": "no-cache", "expires": "0"}, True),
        ({"vary": "accept-encoding, cookie"}, True),
        ({"set-cookie": "session=1"}, True),
    ],
)
async def test_what_the_site_wants_for_one_reader_alone_is_not_kept(cache, clock, headers, keeps):
    await kept(cache, clock(), headers=tuple(headers.items()))
    assert (await cache.find(URL, options(), clock()) is not None) is keeps


async def test_a_second_cache_control_counts_as_well(cache, clock):
    await kept(cache, clock(), headers=(("cache-control", "max-age=60"), ("cache-control", "no-store")))
    assert await cache.find(URL, options(), clock()) is None


@pytest.mark.parametrize(
    ("asked", "ended", "also"),
    [
        ("http://site.test/page", "https://site.test/page", True),
        ("http://site.test/page", "https://www.site.test/page/#top", True),
        ("https://site.test/page", "http://site.test/page", True),
        ("http://site.test/page", "https://site.test/login", False),
        ("http://site.test:8080/page", "https://site.test:8443/page", False),
        ("http://site.test/page", "https://other.test/page", False),
    ],
)
async def test_a_page_that_the_site_moved_to_the_other_scheme_is_that_page_too(
    cache, clock, asked, ended, also
):
    await kept(cache, clock(), url=asked)
    assert await cache.find(ended, options(), clock()) is None
    cache.keep(asked, page(clock() + 1, b"moved", url=ended), options())
    await cache.flush()
    assert (await cache.find(asked, options(), clock() + 1)).body == b"moved"
    found = await cache.find(ended, options(), clock() + 1)
    assert (found is not None and found.body == b"moved") is also


@pytest.mark.parametrize(
    ("asked", "reads", "keeps"),
    [
        ({}, True, True),
        ({"maxAge": 0}, False, True),
        ({"maxAge": 0, "minAge": 5}, True, True),
        ({"storeInCache": False}, True, False),
        ({"headers": {"Cookie": "a=b"}}, False, False),
        ({"actions": [{"type": "wait", "milliseconds": 1}]}, False, False),
    ],
)
def test_which_requests_read_and_which_keep(asked, reads, keeps):
    assert may_read(options(**asked)) is reads
    assert may_keep(options(**asked), zero_retention=False) is keeps
    assert not may_keep(options(**asked), zero_retention=True)


async def test_look_ups_of_one_moment_share_a_query(cache, clock, database):
    await kept(cache, clock())
    asked = []

    class Counting:
        async def read(self, work):
            asked.append(work)
            return await database.read(work)

    cache._database = Counting()
    urls = [URL, URL, "https://site.test/other", "https://site.test/third"]
    found = await asyncio.gather(*(cache.find(url, options(), clock()) for url in urls))
    assert [one is not None for one in found] == [True, True, False, False]
    assert len(asked) == 3  # one look-up, and the bodies of the two that were found


class Away:
    def __init__(self):
        self.error = Unavailable("database is locked")

    async def read(self, _work):
        raise self.error

    async def write(self, _work, **_more):
        raise self.error


async def test_without_the_database_there_are_no_copies_and_no_failures(clock):
    cache = PageCache(Away(), lambda wire, _: wire)
    cache.keep(URL, page(clock()), options())
    await cache.flush()
    assert await cache.find(URL, options(), clock()) is None


async def test_what_waits_to_be_written_is_bounded_by_its_size(database, clock):
    """A cache must never be what fills the memory, however large the pages are."""
    cache = PageCache(database, lambda wire, _: wire)
    for number in range(40):
        cache.keep(f"https://site.test/{number}", page(clock(), b"x" * 4_000_000), options())
    assert sum(len(one.body) for one in cache._waiting) <= 64 * 1024 * 1024
    await cache.flush()
    assert cache._waiting == []
    cache.keep(URL, page(clock()), options())
    assert len(cache._waiting) == 1


async def test_one_writing_is_bounded_by_its_size(database, clock):
    """Everybody else who writes waits as long."""
    sizes = []

    class Noting:
        async def write(self, work, *, durable=True):
            sizes.append(sum(len(one.body) for one in work.keywords["stored"]))
            return await database.write(work, durable=durable)

    cache = PageCache(Noting(), lambda wire, _: wire)
    for number in range(12):
        cache.keep(f"https://site.test/{number}", page(clock(), b"x" * 1_000_000), options())
    await cache.flush()
    assert sum(sizes) == 12_000_000
    assert max(sizes) <= 4_000_000


async def test_a_huge_page_is_not_kept(cache, clock):
    cache.keep(URL, page(clock(), b"x" * (16 * 1024 * 1024 + 1)), options())
    assert cache._waiting == []


async def test_a_header_that_is_no_text_keeps_the_page_from_being_kept_not_from_being_had(cache, clock):
    cache.keep(URL, page(clock(), headers=(("x-odd", "\udcff"),)), options())
    await cache.flush()
    assert await cache.find(URL, options(), clock()) is None


async def test_pages_are_written_in_the_background(cache, clock):
    writing = asyncio.create_task(cache.run())
    for number in range(40):
        cache.keep(f"https://site.test/{number}", page(clock()), options())

    await until(lambda: cache.find("https://site.test/39", options(), clock()))
    writing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writing
