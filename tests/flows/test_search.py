"""Searching over a small search engine that finds pages of the small web."""

from __future__ import annotations

import threading
import time

import httpx
import pytest
from aiohttp.web import Response

from contract.running import serving
from flows.client import Api, until
from smallsearch import Entry, SmallSearch
from smallweb import item_mark


@pytest.fixture(scope="module")
def running():
    with SmallSearch() as started:
        yield started


@pytest.fixture(scope="module")
def searching(running, web, database_settings, tmp_path_factory):
    """Give a server whose one provider is SearXNG."""
    settings = {
        **database_settings(),
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_RESOLVE": web.pins,
        "SEARXNG_ENDPOINT": running.url("searxng"),
    }
    folder = tmp_path_factory.mktemp("search")
    with serving(folder, settings) as started:
        url = settings.get("WEBKILN_DATABASE_URL")
        yield Api(started.url, started.key, folder / "data", url)


@pytest.fixture
def engines(running, web):
    running.entries = [
        Entry(
            web.url(f"/i/{number}"),
            f"Item {number}",
            f"Clay of item {number}",
            "1 day ago",
            web.url("/image"),
        )
        for number in range(1, 31)
    ]
    running.asked.clear()
    running.instead.clear()
    running.silent.clear()
    return running


def search(api, **body):
    answer = api.post("/v2/search", {"query": "clay", **body})
    assert answer.status == 200, answer.body
    return answer.body


def test_a_search_answers_with_hits_in_order(searching, engines, web):
    body = search(searching, limit=3)
    assert set(body) == {"success", "data", "creditsUsed", "id"}
    assert body["creditsUsed"] == 2
    assert body["data"] == {
        "web": [
            {
                "url": web.url(f"/i/{n}"),
                "title": f"Item {n}",
                "description": f"Clay of item {n}",
                "position": n,
            }
            for n in (1, 2, 3)
        ]
    }
    assert engines.asked[0].values["q"] == "clay"


@pytest.mark.usefixtures("engines")
def test_every_source_has_its_own_list(searching, web):
    data = search(searching, limit=2, sources=["web", {"type": "news"}, "images"])["data"]
    assert [len(data[source]) for source in ("web", "news", "images")] == [2, 2, 2]
    assert data["news"][0] == {
        "title": "Item 1",
        "url": web.url("/i/1"),
        "snippet": "Clay of item 1",
        "date": "1 day ago",
        "imageUrl": web.url("/image"),
        "position": 1,
    }
    assert data["images"][0] == {
        "title": "Item 1",
        "imageUrl": web.url("/image"),
        "imageWidth": 640,
        "imageHeight": 480,
        "url": web.url("/i/1"),
        "position": 1,
    }


def test_sources_without_hits_are_left_out_but_web(searching, engines):
    engines.entries = []
    body = search(searching, sources=["web", "news", "images"])
    assert (body["data"], body["creditsUsed"]) == ({"web": []}, 0)


def test_hits_are_scraped_as_one_job(searching, engines, web):
    engines.entries = [*engines.entries[:2], Entry(web.url("/status/404"), "Gone", "clay")]
    body = search(
        searching,
        limit=3,
        sources=["web", "news"],
        scrapeOptions={"formats": ["markdown", "links"], "maxAge": 0},
    )
    first, second, gone = body["data"]["web"]
    assert "item1x" in first["markdown"]
    assert first["title"] == "Item 1"
    assert first["metadata"]["statusCode"] == 200
    assert web.url("/i/2") in first["links"]
    assert "item2x" in second["markdown"]
    assert gone["metadata"]["statusCode"] == 404
    # The same page of another source is scraped once.
    assert body["data"]["news"][0]["metadata"] == first["metadata"]
    assert body["creditsUsed"] == 2 + 3
    again = searching.get(f"/v2/scrape/{first['metadata']['scrapeId']}")
    assert again.body["data"]["markdown"] == first["markdown"]


def test_a_hit_that_cannot_be_scraped_keeps_what_was_found(searching, engines, web):
    blocked, broken = "http://10.0.0.1/", web.url("/reset")
    engines.entries = [Entry(blocked, "Inside", "clay"), Entry(broken, "Broken", "clay")]
    body = search(searching, scrapeOptions={"formats": ["markdown"], "maxAge": 0})
    inside, reset = body["data"]["web"]
    assert inside["metadata"]["statusCode"] == 403
    assert inside["metadata"]["code"] == "unsafe_domain_blocked"
    assert (reset["title"], reset["metadata"]["statusCode"]) == ("Broken", 500)
    assert "tried 3 times" in reset["metadata"]["error"]
    assert "markdown" not in inside.keys() | reset.keys()
    assert body["creditsUsed"] == 2
    dropped = search(searching, ignoreInvalidURLs=True)
    assert [(hit["url"], hit["position"]) for hit in dropped["data"]["web"]] == [(broken, 1)]


def test_what_is_done_when_the_time_runs_out_is_in_the_answer(searching, engines, web):
    engines.entries = [
        Entry(web.url("/i/1?fast"), "Fast", "clay"),
        Entry(web.url("/slow?ms=30000"), "Slow", "clay"),
    ]
    body = search(searching, timeout=3_000, scrapeOptions={"formats": ["markdown"], "maxAge": 0})
    fast, slow = body["data"]["web"]
    assert "item1x" in fast["markdown"]
    assert slow["metadata"]["statusCode"] == 408
    assert "markdown" not in slow
    assert body["creditsUsed"] == 3


def test_a_client_that_goes_away_takes_the_pages_along(searching, engines, web):
    slow = web.url(f"/slow?ms=60000&key={time.time_ns()}")
    engines.entries = [Entry(slow, "Slow", "clay")]

    def asking():
        with httpx.Client(trust_env=False, timeout=2) as client, pytest.raises(httpx.ReadTimeout):
            client.post(
                f"{searching.url}/v2/search",
                json={"query": "clay", "scrapeOptions": {"formats": ["markdown"], "maxAge": 0}},
                headers={"Authorization": f"Bearer {searching.key}"},
            )

    client = threading.Thread(target=asking)
    client.start()
    until(lambda: searching.get("/v2/concurrency-check").body["concurrency"], lambda running: running == 1)
    client.join()
    until(lambda: searching.get("/v2/team/queue-status").body["jobsInQueue"], lambda left: left == 0)


def test_categories_and_domains_are_asked_for_and_shown(searching, engines):
    engines.entries = [
        Entry("https://github.com/clay/pots", "Pots", "clay"),
        Entry("https://arxiv.org/abs/1", "Paper", "clay"),
        Entry("https://elsewhere.test/", "Other", "clay"),
    ]
    data = search(searching, categories=["github", {"type": "research"}])["data"]
    assert [(hit["url"], hit["category"]) for hit in data["web"]] == [
        ("https://github.com/clay/pots", "github"),
        ("https://arxiv.org/abs/1", "research"),
    ]
    assert "(site:github.com OR site:arxiv.org OR" in engines.asked[0].values["q"]
    data = search(searching, includeDomains=["ArXiv.org"])["data"]
    assert [hit["url"] for hit in data["web"]] == ["https://arxiv.org/abs/1"]
    data = search(searching, excludeDomains=["arxiv.org"])["data"]
    assert [hit["title"] for hit in data["web"]] == ["Pots", "Other"]
    developer = search(searching, categories=["repo_search"])
    assert developer["data"]["web"][0]["category"] == "developer"
    assert "'developer' is a choice of sites" in developer["warning"]


@pytest.mark.usefixtures("engines")
def test_options_without_effect_are_said(searching):
    body = search(searching, location="Graz", highlights=True, scrapeOptions={"onlyMainContent": True})
    assert "Search by searxng: 'location' has no effect there" in body["warning"]
    assert "highlights has no effect" in body["warning"]
    assert "scrapeOptions has no effect without formats" in body["warning"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"limit": 0}, None),
        ({"includeDomains": ["a.test"], "excludeDomains": ["b.test"]}, "cannot both be specified"),
        ({"includeDomains": ["https://a.test"]}, "valid hostname without protocol or path"),
        ({"categories": ["developer", "pdf"]}, "cannot be combined with other categories"),
        ({"tbs": "qdr:forever"}, "is not a known part of tbs"),
        ({"asyncScraping": True}, "asyncScraping is not available"),
        ({"scrapeOptions": {"formats": ["summary"]}}, "'summary' is not available"),
        ({"scrapeOptions": {"formats": ["branding"]}}, "'branding' is not available in a search"),
        ({"unheard": 1}, "Unrecognized key"),
    ],
)
def test_a_request_that_breaks_the_schema_has_the_body_of_this_route(searching, engines, body, message):
    answer = searching.post("/v2/search", {"query": "clay", **body})
    assert answer.status == 400
    assert set(answer.body) == {"success", "error", "details"}
    assert answer.body["error"].startswith("Invalid request body: ")
    assert message is None or message in answer.body["error"]
    assert engines.asked == []


@pytest.mark.usefixtures("engines")
@pytest.mark.parametrize(
    "body",
    [{"enterprise": ["zdr"]}, {"threatProtection": {"mode": "normal"}}, {"enterprise": ["default", "anon"]}],
)
def test_what_takes_a_permission_is_forbidden(searching, body):
    assert searching.post("/v2/search", {"query": "clay", **body}).status == 403


def test_a_search_engine_that_fails_is_an_error_and_not_an_empty_answer(searching, engines):
    async def failing(_request):
        return Response(status=502)

    engines.instead["searxng"] = failing
    answer = searching.post("/v2/search", {"query": "clay"})
    assert (answer.status, answer.body["code"]) == (500, "SEARCH_FAILED")
    assert "searxng failed (HTTP 502)" in answer.body["error"]
    assert str(engines.port) not in answer.body["error"]


@pytest.mark.usefixtures("engines")
def test_searches_are_charged_and_listed(searching):
    used = searching.get("/v2/team/credit-usage/historical").body["periods"]
    body = search(searching, limit=30)
    assert body["creditsUsed"] == 6
    after = searching.get("/v2/team/credit-usage/historical").body["periods"]
    assert after[0]["creditsUsed"] - (used[0]["creditsUsed"] if used else 0) == 6
    listed = searching.get("/v2/team/activity?endpoint=search").body["data"]
    assert (listed[0]["id"], listed[0]["target"]) == (body["id"], "clay")


def test_a_search_without_a_provider_says_which_setting_helps(api):
    answer = api.post("/v2/search", {"query": "clay"})
    assert (answer.status, answer.body["code"]) == (400, "SEARCH_NOT_CONFIGURED")
    assert "WEBKILN_SEARXNG_ENDPOINT" in answer.body["error"]


def test_pages_scraped_before_are_found_without_a_provider(api, web):
    assert api.post("/v2/scrape", {"url": web.url("/i/8123")}).status == 200
    asked = {"query": item_mark(8123), "sources": ["local"]}
    # It is noted a moment after it was scraped.
    body = until(lambda: search(api, **asked), lambda found: found["data"]["local"])
    assert body["creditsUsed"] == 0
    (hit,) = body["data"]["local"]
    assert (hit["url"], hit["title"], hit["position"]) == (web.url("/i/8123"), "Item 8123", 1)
    assert item_mark(8123) in hit["description"]
    assert api.another_team().post("/v2/search", asked).body["data"] == {"local": []}


def test_engines_that_did_not_answer_are_in_the_warning(searching, engines):
    engines.silent[:] = [["google", "CAPTCHA"]]
    partly = search(searching, limit=1)
    assert len(partly["data"]["web"]) == 1
    assert "google (CAPTCHA)" in partly["warning"]
    engines.entries = []
    nothing = search(searching)
    assert (nothing["data"], nothing["creditsUsed"]) == ({"web": []}, 0)
    assert "did not answer: google (CAPTCHA)" in nothing["warning"]
    engines.silent.clear()
    assert "warning" not in search(searching)


def test_hits_on_one_page_are_one_and_are_text(searching, engines, web):
    page = web.url("/i/1")
    engines.entries = [
        Entry(f"{page}#frag", "<b>Clay</b> one", "Wet <b>clay</b> &amp; more"),
        Entry(page, "Clay two"),
        Entry("ftp://files.test/clay", "Clay"),
    ]
    (hit,) = search(searching)["data"]["web"]
    assert hit == {
        "url": f"{page}#frag",
        "title": "Clay one",
        "description": "Wet clay & more",
        "position": 1,
    }
