"""Pages from which the parser does not come back: they cost a worker at most, and nobody else anything."""

from pathlib import Path

import pytest

from flows.client import until
from flows.mortal import mortal

GOOD = 8


@pytest.fixture
def stuck(web, database_settings, tmp_path):
    settings = {
        **database_settings(),
        "PYTHONPATH": str(Path(__file__).parent / "standing"),
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_PARSE_TIMEOUT_S": "15",  # a child has to start in it, too
    }
    with mortal(tmp_path, settings) as server:
        yield server


def ended(api, job_id):
    return until(lambda: api.status(job_id), lambda at: at["status"] != "scraping", within_s=240)


def test_a_page_that_stops_its_worker_ends_with_an_error_and_all_others_with_documents(stuck, web):
    api = stuck.api
    good = [web.url(f"/i/{number}") for number in range(GOOD)]
    job_id = api.start([web.url("/stand-still"), *good], maxAge=0)
    for number in range(5):
        answer = api.post("/v2/scrape", {"url": web.url(f"/i/{100 + number}"), "maxAge": 0})
        assert answer.status == 200, answer.body
    found = ended(api, job_id)
    failed = api.get(f"/v2/batch/scrape/{job_id}/errors").body["errors"]
    assert (found["status"], found["completed"]) == ("completed", GOOD), failed
    (error,) = failed
    assert error["code"] in ("SCRAPE_TIMEOUT", "SCRAPE_RETRY_LIMIT")
    assert "stands still" in stuck.log()


def test_one_that_is_read_in_a_child_costs_nobody_anything_and_is_cancelled_at_once(stuck, web):
    api = stuck.api
    workers = {pid for pid, command in stuck.children().items() if " worker " in command}
    wanted = {"maxAge": 0, "excludeTags": ["p ~ x"]}  # selectors of that kind are for children
    job_id = api.start([web.url("/stand-still"), web.url("/i/1")], **wanted)
    found = ended(api, job_id)
    assert (found["status"], found["completed"]) == ("completed", 1)
    (error,) = api.get(f"/v2/batch/scrape/{job_id}/errors").body["errors"]
    assert error["code"] == "SCRAPE_TIMEOUT"
    job_id = api.start([web.url("/stand-still")], **wanted)
    until(lambda: api.get("/v2/team/queue-status").body["activeJobsInQueue"], bool)
    assert api.delete(f"/v2/batch/scrape/{job_id}").body == {"status": "cancelled"}
    assert workers <= stuck.children().keys()
    assert "stands still" not in stuck.log()
