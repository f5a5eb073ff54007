import pytest


def test_usage_is_counted_and_never_enforced(api, web):
    before = api.get("/v2/team/credit-usage/historical").body["periods"]
    used = before[0]["creditsUsed"] if before else 0
    api.wait(api.start([web.url("/i/1"), web.url("/i/2"), web.url("/reset")], maxAge=0))
    period = api.get("/v2/team/credit-usage/historical?byApiKey=true").body["periods"][0]
    assert period["creditsUsed"] == period["totalCredits"] >= used + 2
    assert period["apiKey"] == "preset"
    tokens = api.get("/v2/team/token-usage/historical").body["periods"][0]
    assert tokens["tokensUsed"] == tokens["totalTokens"] > 0
    left = api.get("/v2/team/credit-usage").body["data"]
    assert isinstance(left["remainingCredits"], int)
    assert left["billingPeriodStart"] < left["billingPeriodEnd"]
    assert api.get("/v2/team/token-usage").body["data"]["planTokens"] > 0


def test_queue_and_concurrency_show_what_runs(api, web):
    job_id = api.start([web.url("/slow?ms=20000")] * 3, maxAge=0)
    queue = api.get("/v2/team/queue-status").body
    assert queue["jobsInQueue"] == queue["activeJobsInQueue"] + queue["waitingJobsInQueue"] >= 3
    check = api.get("/v2/concurrency-check").body
    assert check["success"] is True
    assert check["maxConcurrency"] == queue["maxConcurrency"] == 64
    api.delete(f"/v2/batch/scrape/{job_id}")


def test_activity_is_paged_with_the_newest_first(api, web):
    made = [api.start([web.url("/i/1")]) for _ in range(3)]
    first = api.get("/v2/team/activity?endpoint=batch_scrape&limit=2").body
    assert [entry["id"] for entry in first["data"]] == made[:0:-1]
    assert first["has_more"] is True
    second = api.get(f"/v2/team/activity?endpoint=batch_scrape&limit=2&cursor={first['cursor']}").body
    assert second["data"][0]["id"] == made[0]
    entry = first["data"][0]
    assert (entry["endpoint"], entry["api_version"], entry["target"]) == (
        "batch_scrape",
        "v2",
        web.url("/i/1"),
    )


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "endpoint=nonsense", "cursor=%00", "cursor=YWJj"]
)
def test_odd_activity_requests_are_refused(api, query):
    assert api.get(f"/v2/team/activity?{query}").status == 400


def test_every_other_endpoint_of_activity_is_known_and_empty(api):
    answer = api.another_team().get("/v2/team/activity?endpoint=crawl")
    assert answer.body == {"success": True, "data": [], "cursor": None, "has_more": False}
