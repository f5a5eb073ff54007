import base64
import hashlib
import hmac
import json
import time

import pytest

from contract.running import KEY
from flows.client import until
from flows.conftest import SECRET


def events(web, name):
    return [json.loads(delivery["body"]) for delivery in web.deliveries(name) if delivery["status"] == 200]


def hooked(api, web, name, urls, query="", **hook):
    return api.start(urls, maxAge=0, webhook={"url": web.url(f"/hook/{name}{query}"), **hook})


@pytest.fixture
def name():
    return f"hook-{time.time_ns()}"


def test_events_come_in_order_with_documents_and_metadata(api, web, name):
    urls = [web.url("/i/1"), web.url("/reset")]
    job_id = hooked(api, web, name, urls, metadata={"a": 1}, headers={"X-Kiln": "warm"})
    seen = until(lambda: events(web, name), lambda found: len(found) == 4)
    assert [event["type"] for event in seen] == [
        "batch_scrape.started",
        "batch_scrape.page",
        "batch_scrape.page",
        "batch_scrape.completed",
    ]
    good = next(event for event in seen[1:3] if event["success"])
    bad = next(event for event in seen[1:3] if not event["success"])
    assert good["data"][0]["metadata"]["sourceURL"] == urls[0]
    assert good["data"][0]["markdown"]
    assert bad["data"] == [{"metadata": {"sourceURL": urls[1]}}]
    assert "tried 3 times" in bad["error"]
    assert (seen[0]["data"], seen[3]["data"], "status" in seen[3]) == ([], [], False)
    assert len({event["webhookId"] for event in seen}) == 4
    assert all(event["id"] == job_id and event["metadata"] == {"a": 1} for event in seen)
    assert all(delivery["headers"]["x-kiln"] == "warm" for delivery in web.deliveries(name))


def test_deliveries_are_signed_in_both_ways(api, web, name):
    hooked(api, web, name, [web.url("/i/1")])
    for delivery in until(lambda: web.deliveries(name), lambda found: len(found) == 3):
        headers, body = delivery["headers"], delivery["body"].encode()
        ours = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-firecrawl-signature"] == f"sha256={ours}"
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        standard = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{standard}"
        assert json.loads(body)["webhookId"] == headers["webhook-id"]
        assert headers["content-type"] == "application/json"


def test_a_failing_receiver_gets_the_same_event_again(api, web, name):
    hooked(api, web, name, [web.url("/i/1")], query="?fail=2")
    tries = until(lambda: web.deliveries(name), lambda found: len(found) == 5)
    assert [delivery["status"] for delivery in tries] == [500, 500, 200, 200, 200]
    assert len({delivery["headers"]["webhook-id"] for delivery in tries[:3]}) == 1
    assert [event["type"].partition(".")[2] for event in events(web, name)] == [
        "started",
        "page",
        "completed",
    ]


def test_a_dead_receiver_never_holds_the_job_open(api, web, name):
    job_id = hooked(api, web, name, [web.url("/i/1")], query="?fail=1000")
    assert api.wait(job_id, within_s=20)["status"] == "completed"
    until(lambda: web.deliveries(name), lambda found: len(found) >= 4)


@pytest.mark.parametrize("wanted", [["completed"], ["batch_scrape.completed"]])
def test_only_events_asked_for_are_sent(api, web, name, wanted):
    hooked(api, web, name, [web.url("/i/1")], events=wanted)
    until(lambda: events(web, name), lambda found: len(found) == 1)
    time.sleep(0.5)
    assert [event["type"] for event in events(web, name)] == ["batch_scrape.completed"]


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://[::1]:8080/", "http://169.254.169.254/x", "http://localhost/"]
)
def test_a_receiver_at_a_refused_address_is_refused_at_once(api, web, url):
    answer = api.post("/v2/batch/scrape", {"urls": [web.url("/i/1")], "webhook": url})
    assert answer.status in (400, 403)
    assert answer.body["success"] is False


def test_a_receiver_that_redirects_inside_is_not_followed(api, web):
    before = web.summary()["hits"].get(f"{web.address}/echo", 0)
    target = web.url(f"/redirect-to?code=307&url={web.url('/echo')}")
    job_id = api.start([web.url("/i/1")], maxAge=0, webhook=target)
    api.wait(job_id)
    time.sleep(1)
    assert web.summary()["hits"].get(f"{web.address}/echo", 0) == before


def test_own_headers_cannot_be_forged(api, web):
    hook = {"url": web.url("/hook"), "headers": {"X-Firecrawl-Signature": "sha256=0"}}
    answer = api.post("/v2/batch/scrape", {"urls": [web.url("/i/1")], "webhook": hook})
    assert (answer.status, "not allowed" in answer.body["error"]) == (400, True)


def test_deliveries_carry_no_key_of_ours(api, web, name):
    hooked(api, web, name, [web.url("/i/1")])
    until(lambda: web.deliveries(name), lambda found: len(found) == 3)
    assert KEY.removeprefix("fc-") not in json.dumps(web.deliveries(name))
