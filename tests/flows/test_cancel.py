"""The first promise: a cancelled batch is cancelled, at once and for good."""

import json
import threading
import time

import pytest

from flows.client import until

PATH = "/v2/batch/scrape/{}"
NOT_FOUND = {"error": "Batch scrape job not found."}
UNKNOWN = "0198a000-0000-7000-8000-000000000000"


def test_a_running_batch_is_cancelled_and_again(api, web):
    job_id = api.start([web.url("/slow?ms=30000")] * 3, maxAge=0)
    for _ in range(2):
        answer = api.delete(PATH.format(job_id))
        assert (answer.status, answer.body) == (200, {"status": "cancelled"})
    assert api.status(job_id)["status"] == "cancelled"


def test_a_cancel_sent_at_once_finds_the_batch_running(api, web):
    for _ in range(5):
        job_id = api.start([web.url("/i/1?ms=1500")])
        assert api.delete(PATH.format(job_id)).body == {"status": "cancelled"}


def test_what_is_no_batch_of_ours_is_not_found(api, web):
    job_id = api.start([web.url("/i/1")])
    assert api.another_team().delete(PATH.format(job_id)).body == NOT_FOUND
    for unknown in (
        UNKNOWN,
        UNKNOWN.upper(),
        api.post("/v2/scrape", {"url": web.url("/i/1")}).body["data"]["metadata"]["scrapeId"],
    ):
        answer = api.delete(PATH.format(unknown))
        assert (answer.status, answer.body) == (404, NOT_FOUND)


def test_a_malformed_id_and_a_missing_key_are_told_apart(api, web):
    answer = api.delete(PATH.format("12345"))
    assert (answer.status, answer.body["error"]) == (
        400,
        "Invalid job ID format. Job ID must be a valid UUID.",
    )
    job_id = api.start([web.url("/i/1")])
    for header in ("", "Bearer", "Bearer fc-00000000000000000000000000000000", "Bearer nonsense"):
        assert api.delete(PATH.format(job_id), Authorization=header).status == 401


def test_a_completed_batch_stays_completed(api, web):
    job_id = api.start([web.url("/i/1")], maxAge=0)
    before = api.wait(job_id)
    answer = api.delete(PATH.format(job_id))
    assert (answer.status, answer.body["success"]) == (409, False)
    after = api.status(job_id)
    assert after == before


def test_sockets_close_at_once_and_nothing_starts_later(api, web):
    job_id = api.start([web.url(f"/slow?ms=30000&n={number}") for number in range(500)], maxAge=0)
    until(web.summary, lambda seen: seen["requests_open"] >= 32)
    assert api.delete(PATH.format(job_id)).body == {"status": "cancelled"}
    answered = time.time()
    until(web.summary, lambda seen: seen["requests_open"] == 0, within_s=5)  # pages take 30 s
    time.sleep(1.2)
    assert web.summary(answered)["started_since"] == 0


def test_finished_pages_stay_readable_and_only_they_cost(api, web):
    urls = [web.url(f"/i/{number}") for number in range(3)] + [web.url("/slow?ms=30000")] * 40
    job_id = api.start(urls, maxAge=0)
    until(lambda: api.status(job_id), lambda found: found["completed"] == 3)
    api.delete(PATH.format(job_id))
    after = api.status(job_id)
    assert (after["status"], after["completed"], after["total"], after["creditsUsed"]) == (
        "cancelled",
        3,
        3,
        3,
    )
    assert len(after["data"]) == 3
    assert "next" not in after
    assert "completedAt" in after
    assert api.get(f"{PATH.format(job_id)}/errors").body["errors"] == []
    time.sleep(0.5)
    assert api.status(job_id) == after


def test_the_receiver_hears_of_the_end_once_and_of_no_failed_pages(api, web):
    name = f"cancelled-{time.time_ns()}"
    hook = {"url": web.url(f"/hook/{name}"), "metadata": {"order": 7}}
    job_id = api.start([web.url("/i/1"), *[web.url("/slow?ms=30000")] * 60], maxAge=0, webhook=hook)
    until(lambda: api.status(job_id), lambda found: found["completed"] == 1)
    api.delete(PATH.format(job_id))
    until(lambda: web.deliveries(name), lambda seen: len(seen) >= 3)
    time.sleep(1)
    events = [json.loads(delivery["body"]) for delivery in web.deliveries(name)]
    assert [event["type"] for event in events] == [
        "batch_scrape.started",
        "batch_scrape.page",
        "batch_scrape.completed",
    ]
    assert events[-1]["status"] == "cancelled"
    assert all(event["id"] == job_id and event["metadata"] == {"order": 7} for event in events)


@pytest.mark.parametrize("wait_ms", [0, 250, 270, 300])
def test_cancel_against_completion_agrees_with_the_state(api, web, wait_ms):
    answers = []

    def race():
        job_id = api.start([web.url("/i/1")], maxAge=0)
        time.sleep(wait_ms / 1000)
        answer = api.delete(PATH.format(job_id))
        answers.append((answer.status, api.status(job_id)["status"]))

    racers = [threading.Thread(target=race) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(answers) == 8
    assert set(answers) <= {(200, "cancelled"), (409, "completed")}
