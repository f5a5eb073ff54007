import uuid

import pytest

from flows.client import until

UNKNOWN = "0198a000-0000-7000-8000-000000000000"


def items(web, count, query=""):
    return [web.url(f"/i/{number}{query}") for number in range(count)]


def test_a_batch_is_started_watched_and_read(api, web):
    started = api.post(
        "/v2/batch/scrape", {"urls": items(web, 5), "formats": ["markdown", "links"], "maxAge": 0}
    )
    job_id = started.body["id"]
    assert started.status == 200
    assert started.body == {
        "success": True,
        "id": str(uuid.UUID(job_id)),
        "url": f"{api.url}/v2/batch/scrape/{job_id}",
        "invalidURLs": [],
    }
    done = api.wait(job_id)
    assert (done["status"], done["completed"], done["total"], done["creditsUsed"]) == ("completed", 5, 5, 5)
    assert "next" not in done
    assert done["completedAt"] >= done["createdAt"]
    assert sorted(page["metadata"]["sourceURL"] for page in done["data"]) == sorted(items(web, 5))
    assert all(page["markdown"] and page["metadata"]["statusCode"] == 200 for page in done["data"])


def test_duplicates_stay_and_targets_errors_are_documents(api, web):
    urls = [web.url("/i/1"), web.url("/i/1"), web.url("/status/404")]
    done = api.wait(api.start(urls, maxAge=0))
    assert sorted(page["metadata"]["statusCode"] for page in done["data"]) == [200, 200, 404]


def test_pages_of_documents_are_followed_by_next(api, web):
    job_id = api.start(items(web, 7), maxAge=0)
    api.wait(job_id)
    seen, query = [], "?limit=3"
    while query:
        page = api.status(job_id, query)
        seen += [document["metadata"]["sourceURL"] for document in page["data"]]
        following = page.get("next", "")
        query = following.removeprefix(f"{api.url}/v2/batch/scrape/{job_id}")
        assert page["total"] == 7
    assert sorted(seen) == sorted(items(web, 7))
    assert len(seen) == 7


def test_lines_with_blanks_around_are_fetched(api, web):
    good = [f"{web.url('/i/1')} ", f"{web.url('/i/2')}\r", f"\t{web.url('/i/3')}\n"]
    answer = api.post("/v2/batch/scrape", {"urls": [*good, "not a url", "", "ftp://x.example/"]})
    assert answer.body["invalidURLs"] == ["not a url", "", "ftp://x.example/"]
    done = api.wait(answer.body["id"])
    shown = sorted(document["metadata"]["sourceURL"] for document in done["data"])
    assert shown == [web.url(f"/i/{number}") for number in (1, 2, 3)]


@pytest.mark.parametrize("path", ["/v2/scrape", "/v2/map", "/v2/crawl", "/v1/scrape", "/v1/map", "/v1/crawl"])
def test_blanks_around_a_url_do_not_count(api, web, path):
    answer = api.post(path, {"url": f" \t{web.url('/i/1')}\r\n"})
    assert (answer.status, answer.body["success"]) == (200, True)


def test_a_running_batch_is_not_asked_without_end(api, web):
    job_id = api.start([web.url("/slow?ms=20000"), *items(web, 2)], maxAge=0)
    until(lambda: api.status(job_id), lambda found: found["completed"] == 2)
    first = api.status(job_id)
    assert first["next"] == f"{api.url}/v2/batch/scrape/{job_id}?skip=2"
    again = api.get(first["next"].removeprefix(api.url)).body
    assert (again["status"], again["data"], "next" in again) == ("scraping", [], False)
    api.delete(f"/v2/batch/scrape/{job_id}")


@pytest.mark.parametrize("query", ["?skip=-1", "?skip=x", "?limit=0", "?limit=1e3"])
def test_odd_page_requests_are_refused(api, web, query):
    job_id = api.start(items(web, 1))
    assert api.get(f"/v2/batch/scrape/{job_id}{query}").status == 400


def test_invalid_urls_are_listed_as_sent_and_the_rest_goes_on(api, web):
    bad = ["ftp://site.test/", "not a url", "http://10.0.0.1/", "http://[::1]/", "http://user@site.test/"]
    answer = api.post("/v2/batch/scrape", {"urls": [*bad, web.url("/i/1")], "maxAge": 0})
    assert answer.body["invalidURLs"] == bad
    assert api.wait(answer.body["id"])["completed"] == 1


def test_one_invalid_url_is_too_many_when_not_ignored(api, web):
    malformed = api.post(
        "/v2/batch/scrape", {"urls": [web.url("/i/1"), "ftp://x.test/"], "ignoreInvalidURLs": False}
    )
    assert (malformed.status, malformed.body["code"], malformed.body["details"][0]["path"]) == (
        400,
        "BAD_REQUEST",
        ["urls", 1],
    )
    refused = api.post(
        "/v2/batch/scrape", {"urls": [web.url("/i/1"), "http://10.0.0.1/"], "ignoreInvalidURLs": False}
    )
    assert (refused.status, refused.body["code"]) == (403, "unsafe_domain_blocked")
    fine = api.post("/v2/batch/scrape", {"urls": [web.url("/i/1")], "ignoreInvalidURLs": False})
    assert "invalidURLs" not in fine.body


def test_a_batch_without_a_valid_url_is_refused(api):
    answer = api.post("/v2/batch/scrape", {"urls": ["http://169.254.169.254/latest/"]})
    assert (answer.status, answer.body) == (400, {"success": False, "error": "No valid URLs provided"})


def test_what_only_a_redirect_shows_is_that_pages_error(api, web):
    urls = [web.url("/redirect-to?url=http://169.254.169.254/"), web.url("/i/1")]
    job_id = api.start(urls, maxAge=0)
    done = api.wait(job_id)
    assert (done["completed"], done["total"]) == (1, 1)
    failures = api.get(f"/v2/batch/scrape/{job_id}/errors").body
    assert failures["success"] is True
    assert failures["robotsBlocked"] == []
    failure = failures["errors"][0]
    assert (failure["url"], failure["code"], failure["error"]) == (
        urls[0],
        "unsafe_domain_blocked",
        "URL blocked",
    )
    assert set(failure) == {"id", "url", "code", "error", "timestamp"}


def test_appending_adds_pages_under_their_own_options(api, web):
    job_id = api.start(items(web, 1), maxAge=0)
    api.wait(job_id)
    added = api.post(
        "/v2/batch/scrape",
        {"urls": [web.url("/i/8")], "appendToId": job_id, "formats": ["rawHtml"], "maxAge": 0},
    )
    assert (added.status, added.body["id"]) == (200, job_id)
    done = until(
        lambda: api.status(job_id), lambda found: found["status"] == "completed" and found["completed"] == 2
    )
    assert ["markdown" in page for page in done["data"]] == [True, False]
    assert "rawHtml" in done["data"][1]


def test_appending_to_unknown_foreign_or_cancelled_batches_is_refused(api, web):
    job_id = api.start([web.url("/slow?ms=20000")], maxAge=0)
    body = {"urls": items(web, 1), "appendToId": UNKNOWN}
    assert api.post("/v2/batch/scrape", body).status == 404
    assert api.another_team().post("/v2/batch/scrape", {**body, "appendToId": job_id}).status == 404
    api.delete(f"/v2/batch/scrape/{job_id}")
    assert api.post("/v2/batch/scrape", {**body, "appendToId": job_id}).status == 409
    assert api.post("/v2/batch/scrape", {**body, "appendToId": "nonsense"}).status == 400


def test_max_concurrency_holds_over_both_workers(api, web):
    before = web.summary()["now"]
    job_id = api.start(
        [web.url(f"/i/{number}?ms=60&cap=2") for number in range(8)], maxConcurrency=2, maxAge=0
    )
    job = api.wait(job_id)
    assert job["completed"] == 8
    assert job["duration"] >= 8 * 0.06 / 2
    assert web.summary(before)["started_since"] == 8


def test_an_idempotency_key_answers_the_first_job_again(api, web):
    body = {"urls": items(web, 2), "maxAge": 0}
    key = f"any text, even no UUID {uuid.uuid4()}"
    first = api.post("/v2/batch/scrape", body, x_idempotency_key=key)
    again = api.post("/v2/batch/scrape", body, x_idempotency_key=key)
    assert (again.status, again.body) == (200, first.body)
    other = api.post("/v2/batch/scrape", {**body, "maxConcurrency": 1}, x_idempotency_key=key)
    assert (other.status, other.body) == (409, {"success": False, "error": "Idempotency key already used"})
    stranger = api.another_team().post("/v2/batch/scrape", body, x_idempotency_key=key)
    assert stranger.body["id"] != first.body["id"]


@pytest.mark.parametrize(
    ("options", "status", "named"),
    [
        ({"formats": ["summary"]}, 400, "summary"),
        ({"formats": ["markdown", {"type": "json", "prompt": "x"}]}, 400, "json"),
        ({"actions": [{"type": "nonsense"}]}, 400, "ction"),
        ({"nonsense": 1}, 400, "Unrecognized key"),
        ({"timeout": 1}, 400, "timeout"),
        ({"maxConcurrency": 0}, 400, "maxConcurrency"),
    ],
)
def test_what_is_not_there_is_said_clearly(api, web, options, status, named):
    answer = api.post("/v2/batch/scrape", {"urls": items(web, 1), **options})
    assert (answer.status, answer.body["success"]) == (status, False)
    assert named in str(answer.body)


def test_options_without_effect_come_with_a_warning(api, web):
    answer = api.post("/v2/batch/scrape", {"urls": items(web, 1), "proxy": "stealth", "maxAge": 0})
    assert "proxy" in answer.body["warning"]
    assert "proxy" in api.wait(answer.body["id"])["data"][0]["warning"]


def test_pages_without_retention_are_not_kept_for_others(api, web):
    url = web.url("/i/77?private")
    job_id = api.start([url], zeroDataRetention=True)
    done = api.wait(job_id)
    assert done["creditsUsed"] == 2
    fresh = api.post("/v2/scrape", {"url": url})
    assert fresh.body["data"]["metadata"]["cacheState"] == "miss"
    recent = api.get("/v2/team/activity").body["data"]
    assert next(entry["target"] for entry in recent if entry["id"] == job_id) is None


def test_others_jobs_look_like_jobs_that_do_not_exist(api, web):
    stranger = api.another_team()
    job_id = api.start(items(web, 1), maxAge=0)
    page_id = api.wait(job_id)["data"][0]["metadata"]["scrapeId"]
    routes = [
        ("GET", "/v2/batch/scrape/{}", job_id),
        ("GET", "/v2/batch/scrape/{}/errors", job_id),
        ("DELETE", "/v2/batch/scrape/{}", job_id),
        ("GET", "/v2/scrape/{}", page_id),
    ]
    for method, path, foreign in routes:
        theirs = stranger.call(method, path.format(foreign))
        nobodys = stranger.call(method, path.format(UNKNOWN))
        assert (theirs.status, theirs.body) == (nobodys.status, nobodys.body) == (404, nobodys.body)
        assert stranger.call(method, path.format("not-a-uuid")).body == {
            "success": False,
            "error": "Invalid job ID format. Job ID must be a valid UUID.",
        }
    assert api.get(f"/v2/scrape/{page_id}").body["data"]["metadata"]["scrapeId"] == page_id
