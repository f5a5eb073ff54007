import time

import pytest

from flows.client import until


def cached(api, url, **options):
    return api.post("/v2/scrape", {"url": url, **options})


def hit(api, url, **options):
    found = cached(api, url, **options)
    return found if found.body["data"]["metadata"].get("cacheState") == "hit" else None


def test_a_second_scrape_is_served_from_the_stored_page(api, web):
    url = web.url(f"/i/9?{time.time_ns()}")
    first = cached(api, url).body["data"]
    assert first["metadata"]["cacheState"] == "miss"
    second = until(lambda: hit(api, url, formats=["markdown", "rawHtml"]), bool).body["data"]
    assert second["markdown"] == first["markdown"]
    assert second["metadata"]["cachedAt"].endswith("Z")
    assert second["metadata"]["statusCode"] == 200
    assert hit(api, url, maxAge=1) is None
    assert "cacheState" not in cached(api, url, maxAge=0).body["data"]["metadata"]


def test_spellings_of_one_url_share_a_page(api, web):
    tail = f"kiln{time.time_ns()}"
    cached(api, web.url(f"/{tail}/"))
    until(lambda: hit(api, web.url(f"/{tail}#part")), bool)


def test_what_must_not_be_stored_is_not(api, web):
    for options in ({"storeInCache": False}, {"headers": {"X-A": "b"}}, {"zeroDataRetention": True}):
        url = web.url(f"/i/9?{time.time_ns()}")
        cached(api, url, **options)
        time.sleep(0.6)
        assert hit(api, url) is None


def test_old_enough_or_nothing(api, web):
    url = web.url(f"/i/9?{time.time_ns()}")
    missing = cached(api, url, minAge=0)
    assert (missing.status, missing.body["code"]) == (404, "SCRAPE_NO_CACHED_DATA")
    cached(api, url)
    until(lambda: cached(api, url, minAge=100), lambda found: found.status == 200)
    assert cached(api, url, minAge=3_600_000).status == 404


def test_lockdown_never_fetches(api, web):
    url = web.url(f"/i/9?{time.time_ns()}")
    missing = cached(api, url, lockdown=True)
    assert (missing.status, missing.body["code"]) == (404, "SCRAPE_LOCKDOWN_CACHE_MISS")
    cached(api, url)
    found = until(lambda: cached(api, url, lockdown=True), lambda answer: answer.status == 200)
    assert found.body["data"]["metadata"]["creditsUsed"] == 5


def test_pages_in_other_languages_are_other_pages(api, web):
    url = web.url(f"/i/9?{time.time_ns()}")
    cached(api, url, location={"languages": ["de"]})
    until(lambda: hit(api, url, location={"languages": ["de"]}), bool)
    assert hit(api, url, location={"languages": ["fr"]}) is None


def scrape(api, url, options):
    return cached(api, url, **options).body["data"]


def crawl(api, url, options):
    body = {"url": url, "limit": 1, "sitemap": "skip", "ignoreRobotsTxt": True, "scrapeOptions": options}
    started = api.post("/v2/crawl", body)
    assert started.status == 200, started.body
    path = f"/v2/crawl/{started.body['id']}"
    return until(lambda: api.get(path).body, lambda found: found["status"] == "completed")["data"][0]


def batch(api, url, options):
    return api.wait(api.start([url], **options))["data"][0]


@pytest.mark.parametrize("scraped", [scrape, crawl, batch])
@pytest.mark.parametrize("status", [408, 425, 503, 522])
def test_a_site_that_is_up_again_is_not_hidden_by_its_error(api, web, scraped, status):
    url = web.url(
        f"/flaky/{scraped.__name__}{status}-{time.time_ns()}?fail=3&retry_after=300&status={status}"
    )
    down = scraped(api, url, {})
    while down["metadata"]["statusCode"] == status:
        assert down["metadata"]["cacheState"] == "miss"
        down = scraped(api, url, {})
    assert down["metadata"]["statusCode"] == 200
    until(lambda: hit(api, url), bool)


def test_a_page_that_is_gone_is_kept_for_a_while(api, web):
    url = web.url(f"/status/410?{time.time_ns()}")
    cached(api, url)
    assert until(lambda: hit(api, url), bool).body["data"]["metadata"]["statusCode"] == 410


@pytest.mark.parametrize("said", ["cache-control=no-store", "cache-control=private", "vary=*"])
def test_what_a_site_wants_kept_by_nobody_is_fetched_each_time(api, web, said):
    number = time.time_ns()
    url = web.url(f"/said/{number}?{said}")
    other = web.url(f"/said/{number + 1}?set-cookie=a%3Db")
    cached(api, url)
    cached(api, other)
    until(lambda: hit(api, other), bool)  # by then both would have been written
    assert "turn2" in cached(api, url).body["data"]["markdown"]


def test_a_page_had_with_the_callers_own_headers_is_nobody_elses(api, web):
    url = web.url(f"/i/9?{time.time_ns()}")
    cached(api, url, headers={"Cookie": "session=9a1"})
    cached(api, url, fastMode=True)
    until(lambda: hit(api, url, fastMode=True), bool)
    assert hit(api.another_team(), url) is None
    until(lambda: hit(api.another_team(), url), bool)
    assert hit(api, url, headers={"Cookie": "session=9a1"}) is None
