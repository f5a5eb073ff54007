"""What the crawl endpoints answer and do, apart from which pages a crawl finds (`test_crawl_sites.py`)."""

from __future__ import annotations

import json
import time
import uuid
from itertools import pairwise

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from flows.client import until
from flows.crawling import PATH, PLAIN, at, begin, documents, outcome, portless, status, wait

UNKNOWN = "0198a000-0000-7000-8000-000000000000"
NOT_FOUND = {"error": "Crawl job not found."}
RULES = "http://rules.test/"
ROBOTS = (
    "One or more pages were unable to be crawled because the robots.txt file prevented this. "
    "Please use the /scrape endpoint instead."
)


@pytest.fixture
def sleepy(web):
    """Return the start of a crawl of 61 pages, of which 60 take so many milliseconds."""
    return lambda ms: at(web, f"http://sleepy.test/?ms={ms}")


@pytest.fixture(scope="module")
def stranger(server):
    return server.another_team()


def asked(web, host, since):
    """Return the requests for pages of a host since a Unix time, in the order they began."""
    seen = [one for one in web.requests(since) if one["host"] == host and one["started"] > since]
    pages = [one for one in seen if not one["path"].startswith(("/robots", "/sitemap"))]
    return sorted(pages, key=lambda one: one["started"])


def now(web):
    return web.summary()["now"]


def test_a_crawl_is_started_watched_and_read(api, web):
    answer = api.post(PATH, {"url": at(web, "http://moved.test/docs/"), "scrapeOptions": PLAIN})
    assert (answer.status, set(answer.body)) == (200, {"success", "id", "url"})
    assert answer.body["url"] == f"{api.url}{PATH}/{answer.body['id']}"
    first = status(api, answer.body["id"])
    assert (first["success"], first["status"]) == (True, "scraping")
    assert not first.keys() & {"warning", "completedAt", "paused"}
    done = wait(api, answer.body["id"])
    assert (done["completed"], done["total"], done["creditsUsed"]) == (4, 4, 4)
    assert done["duration"] >= 0
    assert done.keys() >= {"createdAt", "completedAt", "expiresAt", "next"}
    assert done["next"] == f"{answer.body['url']}?skip=1&limit=1"
    for page in documents(api, answer.body["id"]):
        assert page["metadata"]["statusCode"] == 200
        assert portless(page["metadata"]["url"]).removeprefix("http://moved.test") in page["markdown"]


def test_a_start_without_a_scheme_is_kept_as_it_was_typed(api, web):
    typed = at(web, "http://moved.test/docs/").removeprefix("http://")
    found = outcome(api, begin(api, typed))
    assert found.status["completed"] == 4
    assert portless(typed) in found.sources


def test_a_crawl_that_finds_little_says_what_may_help(api, web):
    done = wait(api, begin(api, at(web, "http://maps.test/txt-1"), sitemap="skip"))
    assert done["warning"].startswith("Only 1 result(s) found. For broader coverage, try crawling with")
    assert "warning" not in wait(api, begin(api, at(web, "http://maps.test/txt-1"), limit=1))


def test_errors_tell_what_failed_and_what_robots_txt_forbade(api, web):
    since = now(web)
    job_id = begin(api, at(web, RULES), sitemap="skip")
    done = wait(api, job_id)
    assert done["warning"] == ROBOTS
    begun = {page["path"] for page in asked(web, "rules.test", since)}
    forbidden = {
        path for path in begun if path.startswith("/private/") or path in ("/paper.pdf", "/a?print=1")
    }
    # Where a page redirects to is known when it has been asked for, and asked about then.
    assert forbidden == {"/private/open", "/private/open/b", "/private/a"}
    found = api.get(f"{PATH}/{job_id}/errors").body
    assert (found["success"], found["errors"], len(found["robotsBlocked"])) == (True, [], 6)
    job_id = begin(api, at(web, "http://moved.test/docs/"))
    wait(api, job_id)
    found = api.get(f"{PATH}/{job_id}/errors").body
    assert found["robotsBlocked"] == []
    assert [(error["code"], set(error)) for error in found["errors"]] == [
        ("CRAWL_DENIAL", {"id", "url", "code", "error", "timestamp"})
    ]


def test_the_receiver_hears_of_the_start_every_page_and_the_end(api, web):
    name = f"crawl-{time.time_ns()}"
    hook = {"url": web.url(f"/hook/{name}"), "metadata": {"order": 7}}
    job_id = begin(api, at(web, "http://moved.test/docs/"), webhook=hook)
    until(lambda: web.deliveries(name), lambda seen: len(seen) >= 7)
    events = [json.loads(delivery["body"]) for delivery in web.deliveries(name)]
    assert [event["type"] for event in events] == ["crawl.started", *["crawl.page"] * 5, "crawl.completed"]
    assert all(event["id"] == job_id and event["metadata"] == {"order": 7} for event in events)
    told = {event["data"][0]["metadata"]["sourceURL"]: event["success"] for event in events[1:-1]}
    listed = {page["metadata"]["sourceURL"]: True for page in documents(api, job_id)}
    assert told == {**listed, at(web, "http://moved.test/docs/leaves"): False}


def test_a_watcher_sees_every_page_once_and_the_end(api, web):
    job_id = begin(api, at(web, "http://kiln.test/docs/"))
    seen, closed = [], None
    address = f"{api.url.replace('http', 'ws', 1)}{PATH}/{job_id}"
    with connect(address, additional_headers={"Authorization": f"Bearer {api.key}"}, max_size=None) as socket:
        with pytest.raises(ConnectionClosed) as end:
            while True:
                seen.append(json.loads(socket.recv(timeout=30)))
        closed = end.value.rcvd
    pages = seen[0]["data"]["data"] + [message["data"] for message in seen if message["type"] == "document"]
    sources = [page["metadata"]["sourceURL"] for page in pages]
    assert sorted(sources) == sorted(page["metadata"]["sourceURL"] for page in documents(api, job_id))
    assert (seen[-1]["type"], seen[-1]["data"]["status"]) == ("done", "completed")
    assert (closed.code, closed.reason) == (1000, '{"type":"done"}')


@pytest.mark.parametrize("word", ["active", "ongoing"])
def test_crawls_that_run_are_listed_for_their_team(api, web, sleepy, stranger, word):
    options = {"limit": 9, "includePaths": ["/s/"], "maxDiscoveryDepth": 3}
    job_id = begin(api, sleepy(30_000), **options)
    batch_id = api.start([web.url("/slow?ms=30000")], maxAge=0)
    listed = {crawl["id"]: crawl for crawl in api.get(f"{PATH}/{word}").body["crawls"]}
    assert batch_id not in listed
    assert listed[job_id].keys() == {"id", "teamId", "url", "created_at", "options"}
    assert listed[job_id]["url"] == sleepy(30_000)
    assert listed[job_id]["options"].items() >= options.items()
    assert job_id not in {crawl["id"] for crawl in stranger.get(f"{PATH}/{word}").body["crawls"]}
    api.delete(f"{PATH}/{job_id}")
    api.delete(f"/v2/batch/scrape/{batch_id}")
    assert job_id not in {crawl["id"] for crawl in api.get(f"{PATH}/{word}").body["crawls"]}


def test_an_idempotency_key_answers_the_first_crawl_again(api, web, stranger):
    body = {"url": at(web, "http://moved.test/docs/"), "scrapeOptions": PLAIN}
    key = str(uuid.uuid4())
    first = api.post(PATH, body, x_idempotency_key=key)
    again = api.post(PATH, body, x_idempotency_key=key)
    assert (again.status, again.body) == (200, first.body)
    other = api.post(PATH, {**body, "limit": 3}, x_idempotency_key=key)
    assert (other.status, other.body) == (409, {"success": False, "error": "Idempotency key already used"})
    assert stranger.post(PATH, body, x_idempotency_key=key).body["id"] != first.body["id"]
    assert wait(api, first.body["id"])["completed"] == 4


def test_a_crawl_is_cancelled_at_once_and_again(api, sleepy):
    for _ in range(3):
        job_id = begin(api, sleepy(30_000), limit=2)
        for _ in range(2):
            answer = api.delete(f"{PATH}/{job_id}")
            assert (answer.status, answer.body) == (200, {"status": "cancelled"})
        assert status(api, job_id)["status"] == "cancelled"


def test_what_is_no_crawl_of_ours_is_not_found(api, web, sleepy, stranger):
    job_id = begin(api, sleepy(0), limit=2)
    batch_id = api.start([web.url("/i/1")])
    for foreign in (UNKNOWN, UNKNOWN.upper(), batch_id):
        answer = api.delete(f"{PATH}/{foreign}")
        assert (answer.status, answer.body) == (404, NOT_FOUND)
        assert api.get(f"{PATH}/{foreign}").body == {"success": False, "error": "Job not found"}
    assert api.get(f"/v2/batch/scrape/{job_id}").status == 404
    assert api.delete(f"{PATH}/12345").body["error"] == "Invalid job ID format. Job ID must be a valid UUID."
    for method, path in (("GET", ""), ("GET", "/errors"), ("POST", "/pause"), ("POST", "/resume")):
        assert stranger.call(method, f"{PATH}/{job_id}{path}").status == 404
    assert stranger.delete(f"{PATH}/{job_id}").body == NOT_FOUND


def test_a_completed_crawl_stays_completed(api, web):
    job_id = begin(api, at(web, "http://moved.test/docs/"))
    before = wait(api, job_id)
    answer = api.delete(f"{PATH}/{job_id}")
    assert (answer.status, answer.body["error"]) == (409, "Crawl is already completed")
    assert status(api, job_id) == before
    for word in ("pause", "resume"):
        assert api.post(f"{PATH}/{job_id}/{word}", None).status == 409


def test_a_cancel_closes_sockets_and_finds_no_more(api, web, sleepy):
    job_id = begin(api, sleepy(30_000), maxConcurrency=40)
    until(web.summary, lambda seen: seen["requests_open"] >= 32)
    assert api.delete(f"{PATH}/{job_id}").body == {"status": "cancelled"}
    answered = time.time()
    until(web.summary, lambda seen: seen["requests_open"] == 0, within_s=5)  # pages take 30 s
    after = status(api, job_id)
    assert (after["completed"], after["total"], after["creditsUsed"]) == (1, 1, 1)
    time.sleep(0.7)
    assert web.summary(answered)["started_since"] == 0
    assert status(api, job_id) == after


def test_a_paused_crawl_begins_nothing_until_it_is_resumed(api, web, sleepy):
    job_id = begin(api, sleepy(300), maxConcurrency=4, limit=30)
    until(lambda: status(api, job_id), lambda found: found["completed"] >= 5)
    answer = api.post(f"{PATH}/{job_id}/pause", None)
    assert (answer.status, answer.body) == (200, {"success": True, "status": "scraping", "paused": True})
    moment = time.time()
    until(web.summary, lambda seen: seen["requests_open"] == 0, within_s=5)
    time.sleep(0.8)
    held = status(api, job_id)
    assert (held["status"], held["paused"]) == ("scraping", True)
    assert held["completed"] < 30
    begun = asked(web, "sleepy.test", moment)
    assert len(begun) <= 4  # what had been claimed when the pause came
    again = api.post(f"{PATH}/{job_id}/pause", None)
    assert again.body == answer.body
    resumed = api.post(f"{PATH}/{job_id}/resume", None)
    assert resumed.body == {"success": True, "status": "scraping", "paused": False}
    done = wait(api, job_id)
    assert (done["status"], done["completed"], "paused" in done) == ("completed", 30, False)


def test_a_paused_crawl_can_be_cancelled(api, sleepy):
    job_id = begin(api, sleepy(30_000))
    api.post(f"{PATH}/{job_id}/pause", None)
    assert api.delete(f"{PATH}/{job_id}").body == {"status": "cancelled"}
    assert "paused" not in status(api, job_id)
    assert api.post(f"{PATH}/{job_id}/resume", None).status == 409


def test_a_delay_keeps_pages_apart(api, web, sleepy):
    since = now(web)
    done = wait(api, begin(api, sleepy(30), delay=0.2, limit=6))
    assert done["completed"] == 6
    pages = asked(web, "sleepy.test", since)
    assert len(pages) == 6
    assert all(later["started"] >= page["ended"] for page, later in pairwise(pages))
    assert pages[-1]["started"] - pages[1]["started"] > 3 * 0.2  # claims are four delays apart


def test_max_concurrency_holds_on_the_wire(api, web, sleepy):
    since = now(web)
    assert wait(api, begin(api, sleepy(60), maxConcurrency=3, limit=25))["completed"] == 25
    pages = asked(web, "sleepy.test", since)
    together = [sum(other["started"] < page["started"] < other["ended"] for other in pages) for page in pages]
    assert max(together) + 1 == 3


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_a_limit_is_met_to_the_page(api, web, limit):
    since = now(web)
    crawls = [begin(api, at(web, "http://endless.test/"), limit=limit) for _ in range(5)]
    for job_id in crawls:
        found = outcome(api, job_id)
        assert (len(found.pages), found.pages.total(), found.errors) == (limit, limit, {})
        assert (found.status["completed"], found.status["total"]) == (limit, limit)
        assert found.status["creditsUsed"] == limit
    assert len(asked(web, "endless.test", since)) == 5 * limit


@pytest.mark.parametrize(("url", "limit"), [("http://failing.test/", 5), ("http://moved.test/", 8)])
def test_a_limit_counts_pages_that_are_kept(api, web, url, limit):
    options = {"scrapeOptions": {**PLAIN, "timeout": 1500}, "limit": limit}
    crawls = [begin(api, at(web, url), **options) for _ in range(4)]
    for job_id in crawls:
        assert outcome(api, job_id).pages.total() == limit


def test_a_crawl_ends_with_the_credits_that_are_left(api, web):
    poor = api.another_team("--credit-limit", "5")
    answer = poor.post(PATH, {"url": at(web, "http://endless.test/"), "scrapeOptions": PLAIN})
    assert (answer.status, "5 pages" in answer.body["warning"]) == (200, True)
    found = outcome(poor, answer.body["id"])
    assert (found.pages.total(), found.status["total"], found.status["creditsUsed"]) == (5, 5, 5)
    assert poor.post(PATH, {"url": at(web, "http://endless.test/")}).status == 402


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"includePaths": ["("]}, "expression"),
        ({"excludePaths": ["ok", "[a"]}, "expression"),
        ({"prompt": "only the blog"}, "prompt"),
        ({"delay": 61}, "The delay parameter is measured in seconds and cannot exceed 60 seconds."),
        ({"delay": 0}, "The delay parameter is measured in seconds and cannot exceed 60 seconds."),
        ({"limit": 0}, "limit"),
        ({"maxDiscoveryDepth": -1}, "maxDiscoveryDepth"),
        ({"maxConcurrency": 0}, "maxConcurrency"),
        ({"sitemap": "maybe"}, "sitemap"),
        ({"url": "ftp://kiln.test/"}, "protocol"),
        ({"scrapeOptions": {"formats": ["nonsense"]}}, "formats"),
        ({"nonsense": 1}, "Unrecognized key"),
    ],
)
def test_what_makes_no_sense_is_said_clearly(api, options, named):
    answer = api.post(PATH, {"url": "http://kiln.test/", **options})
    assert (answer.status, answer.body["success"]) == (400, False)
    assert named in str(answer.body)


def test_a_start_at_a_refused_address_is_refused(api):
    answer = api.post(PATH, {"url": "http://169.254.169.254/latest/"})
    assert (answer.status, answer.body["success"]) == (403, False)


def test_links_to_refused_addresses_are_those_pages_errors(api, web):
    start = web.url("/redirect-to?url=http://169.254.169.254/")
    job_id = begin(api, start, sitemap="skip")
    done = wait(api, job_id)
    assert (done["status"], done["completed"]) == ("completed", 0)
    (error,) = api.get(f"{PATH}/{job_id}/errors").body["errors"]
    assert (error["url"], error["code"]) == (start, "unsafe_domain_blocked")


def test_a_crawl_without_retention_leaves_no_name_behind(api, web):
    job_id = begin(api, at(web, "http://moved.test/docs/"), zeroDataRetention=True)
    done = wait(api, job_id)
    assert (done["completed"], done["creditsUsed"]) == (4, 8)
    recent = api.get("/v2/team/activity").body["data"]
    assert next(entry["target"] for entry in recent if entry["id"] == job_id) is None
