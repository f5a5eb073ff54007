"""Pages that change between two scrapes, over HTTP."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.client import until

DIFF = {"formats": ["markdown", {"type": "changeTracking", "modes": ["git-diff"]}]}
PLAIN = {"formats": ["markdown", "changeTracking"]}


def scraped(api, url, **options):
    answer = api.post("/v2/scrape", {"url": url, **options})
    assert answer.status == 200, answer.body
    return answer.body["data"]


def status(document):
    return document["changeTracking"]["changeStatus"]


@pytest.fixture
def number():
    return time.time_ns()


def test_a_page_is_new_then_the_same(api, web, number):
    url = web.url(f"/i/{number}")
    first = scraped(api, url, **DIFF)
    assert first["changeTracking"] == {
        "previousScrapeAt": None,
        "changeStatus": "new",
        "visibility": "visible",
    }
    again = scraped(api, url, **DIFF)["changeTracking"]
    assert (again["changeStatus"], "diff" in again) == ("same", False)
    assert again["previousScrapeAt"].endswith("Z")


def test_what_has_changed_is_told_as_a_diff(api, web, number):
    url = web.url(f"/turn/{number}")
    scraped(api, url, **DIFF)
    diff = scraped(api, url, **DIFF)["changeTracking"]["diff"]
    assert "-turn1\n+turn2" in diff["text"]
    (file,) = diff["json"]["files"]
    kinds = [change["type"] for change in file["chunks"][0]["changes"]]
    assert kinds[-2:] == ["del", "add"]
    assert "diff" not in scraped(api, url, **PLAIN)["changeTracking"]


def test_each_tag_has_a_history_of_its_own_and_so_has_each_team(api, web, number):
    url = web.url(f"/turn/{number}")

    def tagged(caller, tag):
        wanted = {"type": "changeTracking", "tag": tag}
        return status(scraped(caller, url, formats=["markdown", wanted]))

    assert [tagged(api, "hourly"), tagged(api, "daily"), tagged(api, None)] == ["new"] * 3
    assert [tagged(api, "hourly"), tagged(api, "daily"), tagged(api, None)] == ["changed"] * 3
    assert tagged(api.another_team(), "hourly") == "new"


def test_a_page_that_is_not_there_is_removed(api, web):
    for code in (404, 410):
        assert status(scraped(api, web.url(f"/status/{code}?{time.time_ns()}"), **PLAIN)) == "removed"


def test_no_stored_copy_is_compared(api, web, number):
    url = web.url(f"/turn/{number}")
    scraped(api, url, **PLAIN)
    document = scraped(api, url, maxAge=3_600_000, **PLAIN)
    assert status(document) == "changed"
    assert "cacheState" not in document["metadata"]


def test_without_retention_nothing_is_remembered(api, web, number):
    url = web.url(f"/i/{number}")
    document = scraped(api, url, zeroDataRetention=True, **PLAIN)
    assert (status(document), "zeroDataRetention" in document["warning"]) == ("new", True)
    assert status(scraped(api, url, **PLAIN)) == "new"


def test_what_needs_a_model_is_refused_by_name(api, web):
    wanted = {"type": "changeTracking", "modes": ["git-diff", "json"]}
    for path, body in (
        ("/v2/scrape", {"url": web.url("/i/1"), "formats": ["markdown", wanted]}),
        ("/v2/batch/scrape", {"urls": [web.url("/i/1")], "formats": ["markdown", wanted]}),
        ("/v2/crawl", {"url": web.url("/i/1"), "scrapeOptions": {"formats": ["markdown", wanted]}}),
    ):
        answer = api.post(path, body)
        assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST"), answer.body
        assert "needs a language model" in answer.body["error"]


def test_a_schema_without_its_mode_says_that_it_has_no_effect(api, web, number):
    wanted = {"type": "changeTracking", "modes": ["git-diff"], "prompt": "prices"}
    document = scraped(api, web.url(f"/i/{number}"), formats=["markdown", wanted])
    assert "have no effect without its mode 'json'" in document["warning"]


def test_scrapes_of_one_page_at_once_all_answer_and_the_last_is_remembered(api, web, number):
    url = web.url(f"/turn/{number}")
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(lambda _: scraped(api, url, **DIFF), range(8)))
    assert {status(document) for document in documents} <= {"new", "changed"}
    changed = scraped(api, url, **DIFF)["changeTracking"]
    assert "\n+turn9" in changed["diff"]["text"]
    (gone,) = [line for line in changed["diff"]["text"].split("\n") if line.startswith("-turn")]
    assert gone[1:] in {f"turn{n}" for n in range(1, 9)}


def test_batches_compare_their_pages(api, web, number):
    urls = [web.url(f"/turn/{number + n}") for n in range(3)]
    first = api.wait(api.start(urls, **DIFF))["data"]
    assert [status(document) for document in first] == ["new"] * 3
    second = api.wait(api.start(urls, **DIFF))["data"]
    assert [("-turn1\n+turn2" in document["changeTracking"]["diff"]["text"]) for document in second] == [
        True
    ] * 3


def crawled(api, url, **options):
    body = {"url": url, "sitemap": "skip", "crawlEntireDomain": True, "maxDiscoveryDepth": 1, **options}
    answer = api.post("/v2/crawl", {"limit": 20, "includePaths": ["^/i/", "^/shrinking/"], **body})
    assert answer.status == 200, answer.body
    path = f"/v2/crawl/{answer.body['id']}"
    done = until(lambda: api.get(path).body, lambda found: found["status"] == "completed", within_s=60)
    return {document["metadata"]["sourceURL"]: document.get("changeTracking") for document in done["data"]}


def test_a_page_that_nothing_leads_to_any_more_is_hidden(api, web, number):
    start = web.url(f"/shrinking/{number}")
    items = [web.url(f"/i/{number + n}") for n in range(3)]
    first = crawled(api, start, scrapeOptions=PLAIN)
    assert {url: found["visibility"] for url, found in first.items()} == dict.fromkeys(
        [start, *items], "visible"
    )
    second = crawled(api, start, scrapeOptions=PLAIN)
    assert set(second) == set(first)
    assert [second[url]["visibility"] for url in items] == ["visible", "visible", "hidden"]
    assert [second[url]["changeStatus"] for url in (start, *items)] == ["changed", "same", "same", "same"]
    # Who does not ask is not shown what is hidden.
    plain = crawled(api, start, scrapeOptions={"maxAge": 0})
    assert set(plain) == {start, items[0]}


def test_crawls_compare_their_pages_with_scrapes_of_them_too(api, web, number):
    url = web.url(f"/turn/{number}")
    scraped(api, url, **PLAIN)
    body = {"url": url, "limit": 1, "sitemap": "skip", "scrapeOptions": PLAIN}
    path = f"/v2/crawl/{api.post('/v2/crawl', body).body['id']}"
    (document,) = until(lambda: api.get(path).body, lambda found: found["status"] == "completed")["data"]
    assert (status(document), document["changeTracking"]["visibility"]) == ("changed", "visible")
