from __future__ import annotations

import pytest

from webkiln import errors
from webkiln.contract.map import MapRequest
from webkiln.operations.map_cache import Known, MapCache
from webkiln.operations.map_links import Entry
from webkiln.operations.map_spec import MapSpec

DAY = 86_400
ENTRIES = [Entry("http://a.test/", "A", "about a"), Entry("http://a.test/b")]


def spec(**keys):
    return MapSpec.of(MapRequest.model_validate({"url": "a.test", **keys}), "http://a.test/", deadline=None)


def known(**more):
    return Known(**{"entries": ENTRIES, "enough": 100, "linked": False, "warning": "w", **more})


@pytest.fixture
def cache(database):
    return MapCache(database)


async def test_what_was_found_comes_back(cache):
    await cache.keep(spec(), known(), now=0)
    assert await cache.find(spec(limit=7, search="b", timeout=5), enough=100_000, now=10) == known()
    assert await cache.find(spec(sitemap="skip"), enough=1, now=10) is None


@pytest.mark.parametrize(("linked", "days"), [(False, 7), (True, 1)])
async def test_links_are_believed_for_a_day_and_sitemaps_for_a_week(cache, linked, days):
    await cache.keep(spec(), known(linked=linked), now=0)
    assert await cache.find(spec(), enough=1, now=days * DAY) is not None
    assert await cache.find(spec(), enough=1, now=days * DAY + 1) is None


async def test_part_of_a_site_answers_for_no_more_than_was_wanted_then(cache):
    await cache.keep(spec(), known(enough=2), now=0)
    assert await cache.find(spec(), enough=2, now=1) is not None
    assert await cache.find(spec(), enough=3, now=1) is None


async def test_the_newest_counts(cache):
    await cache.keep(spec(), known(enough=2), now=0)
    await cache.keep(spec(), known(), now=5)
    assert (await cache.find(spec(), enough=50, now=6)).enough == 100


async def test_what_was_asked_for_with_headers_is_the_callers_alone(cache):
    await cache.keep(spec(headers={"cookie": "a"}), known(), now=0)
    assert await cache.find(spec(), enough=1, now=1) is None
    await cache.keep(spec(), known(), now=0)
    assert await cache.find(spec(headers={"cookie": "a"}), enough=1, now=1) is None


async def test_a_database_that_does_not_answer_costs_the_copy_only(database):
    class Away:
        async def write(self, _work, **_more):
            raise errors.Unavailable("away")

    await MapCache(Away()).keep(spec(), known(), now=0)
    assert await MapCache(database).find(spec(), enough=1, now=1) is None


async def test_what_is_too_large_is_not_kept(database):
    cache = MapCache(database, most_bytes=20)
    await cache.keep(spec(), known(), now=0)
    assert await cache.find(spec(), enough=1, now=1) is None
