"""The older version of the API: its words in and out, the work done by what v2 does."""

from __future__ import annotations

import json
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from contract.running import serving
from flows.client import Api, until
from flows.crawling import at
from smallsearch import Entry, SmallSearch
from smallweb import item_mark

UNKNOWN = "0198a000-0000-7000-8000-000000000000"
UNRECOGNIZED = "Unrecognized key in body -- please review the v1 API documentation for request body changes"


def items(web, count, query=""):
    return [web.url(f"/i/{number}{query}") for number in range(count)]


def started(api, path, **body):
    answer = api.post(path, body)
    assert answer.status == 200, answer.body
    return answer.body


def ended(api, path):
    return until(lambda: api.get(path).body, lambda found: found["status"] != "scraping", within_s=60)


def sources(body):
    return sorted(page["metadata"]["sourceURL"] for page in body["data"])


def test_a_page_is_scraped_and_read_again(api, web):
    answer = api.post("/v1/scrape", {"url": web.url("/i/7"), "formats": ["markdown", "links"]})
    assert answer.status == 200
    assert answer.body["success"] is True
    page = answer.body["data"]
    assert item_mark(7) in page["markdown"]
    assert web.url("/i/8") in page["links"]
    assert (page["metadata"]["statusCode"], page["metadata"]["title"]) == (200, "Item 7")
    assert "html" not in page
    again = api.get(f"/v1/scrape/{page['metadata']['scrapeId']}")
    assert again.body == answer.body


def test_pages_are_fresh_unless_an_age_is_named(api, web):
    body = {"url": web.url("/turn/61001"), "formats": ["markdown"]}
    turns = [api.post("/v1/scrape", body).body["data"]["markdown"] for _ in range(2)]
    assert turns[0] != turns[1]
    kept = until(
        lambda: api.post("/v1/scrape", {**body, "maxAge": 3_600_000}).body["data"]["metadata"],
        lambda metadata: metadata["cacheState"] == "hit",
    )
    assert kept["statusCode"] == 200


@pytest.mark.parametrize("path", ["/v1/scrape", "/v1/batch/scrape", "/v1/crawl"])
def test_keys_of_v2_are_none_of_v1(api, web, path):
    target = {"urls": items(web, 1)} if "batch" in path else {"url": web.url("/i/1")}
    answer = api.post(path, {**target, "lockdown": True})
    assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST")
    assert answer.body["error"] == f"{UNRECOGNIZED}: 'lockdown'"
    assert answer.body["details"][0]["keys"] == ["lockdown"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"formats": ["json"], "jsonOptions": {"prompt": "x"}}, "json"),
        ({"formats": ["extract"], "extract": {"prompt": "x"}}, "extract"),
        ({"agent": {"model": "FIRE-1"}}, "agent"),
    ],
)
def test_what_is_not_served_is_refused_by_name(api, web, options, named):
    answer = api.post("/v1/scrape", {"url": web.url("/i/1"), **options})
    assert answer.status == 400
    assert f"'{named}' is not available on this server." in answer.body["error"]


def test_a_batch_is_started_watched_and_read(api, web):
    answer = started(api, "/v1/batch/scrape", urls=items(web, 5), formats=["markdown"])
    path = f"/v1/batch/scrape/{answer['id']}"
    assert answer == {"success": True, "id": answer["id"], "url": f"{api.url}{path}"}
    done = ended(api, path)
    assert (done["success"], done["status"], done["completed"], done["total"]) == (True, "completed", 5, 5)
    assert (done["creditsUsed"], "next" in done) == (5, False)
    assert sources(done) == sorted(items(web, 5))
    page = api.get(f"{path}?limit=2").body
    assert page["next"] == f"{api.url}{path}?skip=2&limit=2"
    assert api.get(f"{path}/errors").body == {"success": True, "errors": [], "robotsBlocked": []}


def test_one_invalid_url_is_too_many_unless_ignored(api, web):
    urls = ["ftp://site.test/", web.url("/i/1")]
    assert api.post("/v1/batch/scrape", {"urls": urls}).status == 400
    answer = started(api, "/v1/batch/scrape", urls=urls, ignoreInvalidURLs=True)
    assert answer["invalidURLs"] == urls[:1]
    assert ended(api, f"/v1/batch/scrape/{answer['id']}")["completed"] == 1


def test_a_batch_is_cancelled_for_real(api, web):
    answer = started(api, "/v1/batch/scrape", urls=items(web, 20, "?ms=20000"))
    path = f"/v1/batch/scrape/{answer['id']}"
    cancelled = api.delete(path)
    assert cancelled.status == 200
    assert (cancelled.body["success"], cancelled.body["status"]) == (True, "cancelled")
    assert api.get(path).body["status"] == "cancelled"
    for noun in ("batch/scrape", "crawl"):
        unknown = api.delete(f"/v1/{noun}/{UNKNOWN}")
        assert (unknown.status, list(unknown.body)) == (404, ["error"])
    assert api.delete("/v1/batch/scrape/x").status == 400


def test_a_batch_is_appended_to_and_remembered_by_its_key(api, web):
    body = {"urls": items(web, 2)}
    first = api.post("/v1/batch/scrape", body, x_idempotency_key="v1-once").body
    assert api.post("/v1/batch/scrape", body, x_idempotency_key="v1-once").body == first
    more = started(api, "/v1/batch/scrape", urls=[web.url("/i/9")], appendToId=first["id"])
    assert more["id"] == first["id"]
    assert ended(api, f"/v1/batch/scrape/{first['id']}")["completed"] == 3


def test_a_crawl_goes_only_as_deep_as_paths_may_be(api, web):
    start = at(web, "http://rules.test/")
    paths = {}
    for depth in (1, 10):
        answer = started(api, "/v1/crawl", url=start, maxDepth=depth, ignoreSitemap=True)
        assert answer["url"] == f"{api.url}/v1/crawl/{answer['id']}"
        done = ended(api, f"/v1/crawl/{answer['id']}")
        paths[depth] = {url.removeprefix(start) for url in sources(done)}
    assert any("/" in path.strip("/") for path in paths[10])
    assert paths[1] == {path for path in paths[10] if "/" not in path.strip("/")}


def test_a_running_crawl_is_listed_in_words_of_v1_and_cancelled(api, web):
    options = {"allowBackwardLinks": True, "ignoreSitemap": True, "delay": 5, "limit": 50, "maxDepth": 4}
    scrape = {"formats": ["markdown", "rawHtml"], "parsePDF": False}
    answer = started(api, "/v1/crawl", url=at(web, "http://endless.test/"), scrapeOptions=scrape, **options)
    path = f"/v1/crawl/{answer['id']}"
    for word in ("active", "ongoing"):
        listed = {crawl["id"]: crawl for crawl in api.get(f"/v1/crawl/{word}").body["crawls"]}
        shown = listed[answer["id"]]["options"]
        assert {key: shown[key] for key in options} == options
        assert (shown["crawlEntireDomain"], "sitemap" in shown) == (True, False)
        assert {key: shown["scrapeOptions"][key] for key in scrape} == scrape
    cancelled = api.delete(path)
    assert (cancelled.status, cancelled.body) == (200, {"status": "cancelled"})
    assert api.get(path).body["status"] == "cancelled"
    assert api.get(f"{path}/errors").status == 200


@pytest.mark.parametrize("watched_at", ["crawl", "batch/scrape"])
def test_a_batch_is_watched_at_either_address(api, web, watched_at):
    answer = started(api, "/v1/batch/scrape", urls=items(web, 3))
    address = f"{api.url.replace('http', 'ws', 1)}/v1/{watched_at}/{answer['id']}"
    messages = []
    with connect(address, max_size=None, subprotocols=[api.key]) as socket, pytest.raises(ConnectionClosed):
        while True:
            messages.append(json.loads(socket.recv(timeout=30)))
    assert (messages[0]["type"], messages[-1]["type"]) == ("catchup", "done")
    seen = messages[0]["data"]["data"] + [
        message["data"] for message in messages if message["type"] == "document"
    ]
    assert sources({"data": seen}) == sorted(items(web, 3))


def test_both_versions_see_the_same_jobs(api, web):
    batch = started(api, "/v1/batch/scrape", urls=items(web, 1))
    ended(api, f"/v1/batch/scrape/{batch['id']}")
    older, newer = (api.get(f"/{version}/batch/scrape/{batch['id']}").body for version in ("v1", "v2"))
    assert older == newer
    assert api.another_team().get(f"/v1/batch/scrape/{batch['id']}").status == 404
    assert api.delete(f"/v1/crawl/{batch['id']}").status == 404


def test_what_the_official_js_client_does_instead_works_too(api, web):
    batch = started(api, "/v1/batch/scrape", urls=[*items(web, 3), web.url("/reset")])
    done = ended(api, f"/v1/crawl/{batch['id']}")
    assert (done["status"], sources(done)) == ("completed", sorted(items(web, 3)))
    assert api.get(f"/v1/crawl/{batch['id']}?limit=1").body["next"].startswith(f"{api.url}/v1/crawl/")
    for noun in ("batch/scrape", "crawl"):
        listed = api.delete(f"/v1/{noun}/{batch['id']}/errors")
        assert listed.status == 200
        assert [error["url"] for error in listed.body["errors"]] == [web.url("/reset")]
    assert api.get(f"/v1/batch/scrape/{batch['id']}").body["status"] == "completed"


def test_a_map_is_a_list_of_addresses(api, web):
    start = at(web, "http://rules.test/")
    answer = api.post("/v1/map", {"url": start, "limit": 4, "timeout": 30_000})
    assert (answer.status, answer.body["success"]) == (200, True)
    assert 1 < len(answer.body["links"]) <= 4
    assert all(link.startswith(start.rstrip("/")) for link in answer.body["links"])
    assert "id" not in answer.body
    refused = api.post("/v1/map", {"url": start, "sitemap": "skip"})
    assert (refused.status, refused.body["error"]) == (400, f"{UNRECOGNIZED}: 'sitemap'")


def test_usage_has_its_older_names(api):
    data = api.get("/v1/team/credit-usage").body["data"]
    assert set(data) == {"remaining_credits", "plan_credits", "billing_period_start", "billing_period_end"}
    assert api.get("/v1/team/token-usage").body["data"]["plan_tokens"] == data["plan_credits"] * 15
    for path in ("team/credit-usage/historical", "team/queue-status", "concurrency-check"):
        assert set(api.get(f"/v1/{path}").body) == set(api.get(f"/v2/{path}").body)


def test_nothing_is_said_without_a_key(api):
    nobody = Api(api.url, "fc-unknown", api.data_dir)
    for method, path in (("POST", "/v1/scrape"), ("GET", f"/v1/crawl/{UNKNOWN}"), ("POST", "/v1/search")):
        assert nobody.call(method, path, {} if method == "POST" else None).status == 401


@pytest.fixture(scope="module")
def searching(web, database_settings, tmp_path_factory):
    entries = [
        Entry(web.url(f"/i/{number}"), f"Item {number}", f"Clay of item {number}", "1 day ago")
        for number in range(1, 9)
    ]
    with SmallSearch(entries) as engines:
        settings = {
            **database_settings(),
            "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
            "WEBKILN_RESOLVE": web.pins,
            "SEARXNG_ENDPOINT": engines.url("searxng"),
        }
        folder = tmp_path_factory.mktemp("search-v1")
        with serving(folder, settings) as running:
            yield Api(running.url, running.key, folder / "data")


def test_hits_come_in_one_list(searching):
    answer = searching.post("/v1/search", {"query": "clay"})
    assert answer.status == 200
    assert set(answer.body) == {"success", "data"}
    assert len(answer.body["data"]) == 5
    assert [answer.body["data"][0][key] for key in ("title", "description")] == ["Item 1", "Clay of item 1"]
    assert all("markdown" not in hit for hit in answer.body["data"])


def test_hits_carry_the_fields_of_their_documents(searching, web):
    options = {"formats": ["markdown"], "timeout": 20_000}
    answer = searching.post("/v1/search", {"query": "clay", "limit": 2, "scrapeOptions": options})
    assert [hit["url"] for hit in answer.body["data"]] == [web.url("/i/1"), web.url("/i/2")]
    assert [item_mark(n) in hit["markdown"] for n, hit in enumerate(answer.body["data"], 1)] == [True, True]


def test_a_search_that_breaks_the_schema_has_a_body_of_its_own(searching):
    answer = searching.post("/v1/search", {"query": "clay", "sources": ["web"]})
    assert (answer.status, answer.body["error"]) == (400, "Invalid request body: Unrecognized key 'sources'")
    assert answer.body["details"][0]["keys"] == ["sources"]


def test_changes_are_tracked_with_the_options_beside_the_formats(api, web):
    asked = {"formats": ["markdown", "changeTracking"], "changeTrackingOptions": {"modes": ["git-diff"]}}
    url = web.url(f"/turn/{time.time_ns()}")
    assert (
        api.post("/v1/scrape", {"url": url, **asked}).body["data"]["changeTracking"]["changeStatus"] == "new"
    )
    changed = api.post("/v1/scrape", {"url": url, **asked}).body["data"]["changeTracking"]
    assert "-turn1\n+turn2" in changed["diff"]["text"]
    refused = api.post("/v1/scrape", {"url": url, **asked, "changeTrackingOptions": {"modes": ["json"]}})
    assert refused.status == 400
    assert "The mode 'json' of changeTracking" in refused.body["error"]
