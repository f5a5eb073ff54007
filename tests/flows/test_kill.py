"""Accepted means durable: kill -9 of anything at any moment loses nothing and stores nothing twice."""

import random
import re
import signal
import time
from collections import Counter
from functools import partial

import pytest

from flows.client import until
from flows.mortal import mortal, patient

SEED = 20261123


@pytest.fixture
def doomed(web, database_settings, tmp_path):
    settings = {
        **database_settings(),
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_LEASE_S": "3",
    }
    with mortal(tmp_path, settings) as server:
        yield server


def documents(api, job_id):
    found, skip = [], 0
    while page := patient(partial(api.status, job_id, f"?skip={skip}&limit=500"))["data"]:
        found += page
        skip += len(page)
    return found


@pytest.mark.parametrize(("pages", "kills"), [(2_000, 6), pytest.param(2_000, 20, marks=pytest.mark.slow)])
def test_every_page_survives_kills(doomed, web, pages, kills):
    dice = random.Random(SEED)
    api = doomed.api
    job_id = patient(lambda: api.start([web.url(f"/i/{number}?ms=20") for number in range(pages)], maxAge=0))
    victims = Counter()
    for _ in range(kills):
        time.sleep(dice.uniform(0.1, 1.2))
        victims[doomed.kill_one(dice)] += 1
        found = patient(lambda: api.status(job_id, "?limit=1"))
        assert found["completed"] <= pages
    done = until(
        lambda: patient(lambda: api.status(job_id, "?limit=1")),
        lambda at: at["status"] != "scraping",
        within_s=240,
    )
    assert (done["status"], done["completed"], done["total"]) == ("completed", pages, pages), victims
    found = documents(api, job_id)
    sources = Counter(page["metadata"]["sourceURL"] for page in found)
    assert len(sources) == pages
    assert set(sources.values()) == {1}
    for page in found:
        number = re.search(r"/i/(\d+)", page["metadata"]["sourceURL"]).group(1)
        assert re.search(rf"\b{number}\b", page["markdown"])
    assert api.get("/v2/team/queue-status").body["jobsInQueue"] == 0


def test_a_cancel_survives_the_death_of_everything(doomed, web):
    api = doomed.api
    job_id = api.start([web.url(f"/slow?ms=30000&n={number}") for number in range(200)], maxAge=0)
    until(web.summary, lambda seen: seen["requests_open"] > 0)
    assert api.delete(f"/v2/batch/scrape/{job_id}").body == {"status": "cancelled"}
    doomed.kill_all()
    doomed.process = doomed._spawn()
    doomed.until_ready()
    moment = web.summary()["now"]
    assert api.status(job_id)["status"] == "cancelled"
    time.sleep(2)
    assert web.summary(moment)["started_since"] == 0


def test_sigterm_lets_pages_finish_and_gives_the_rest_back(web, database_settings, tmp_path):
    settings = {
        **database_settings(),
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_DRAIN_S": "3",
    }
    with mortal(tmp_path, settings) as server:
        urls = [web.url(f"/slow?ms=1200&n={number}") for number in range(8)]
        job_id = server.api.start([*urls, web.url("/slow?ms=60000")], maxAge=0)
        until(web.summary, lambda seen: seen["requests_open"] >= 9)
        assert server.stop() == 0
        server.process = server._spawn()
        server.until_ready()
        found = server.api.status(job_id)
        assert (found["status"], found["completed"], found["total"]) == ("scraping", 8, 9)
        assert server.api.get(f"/v2/batch/scrape/{job_id}/errors").body["errors"] == []
        until(web.summary, lambda seen: seen["requests_open"] == 1)
        server.api.delete(f"/v2/batch/scrape/{job_id}")


def test_a_second_interrupt_ends_a_worker_at_once(web, tmp_path):
    settings = {"WEBKILN_ALLOW_NETWORKS": f"{web.address}/32", "WEBKILN_DRAIN_S": "120"}
    with mortal(tmp_path, settings) as server, server.worker() as worker:
        job_id = server.api.start([web.url(f"/slow?ms=60000&n={number}") for number in range(200)], maxAge=0)
        places = until(web.summary, lambda seen: seen["requests_open"] > 64, within_s=60)["requests_open"]
        worker.send_signal(signal.SIGINT)
        until(server.log, lambda log: "Ctrl-C again ends at once" in log)
        assert web.summary()["requests_open"] >= places
        worker.send_signal(signal.SIGINT)
        assert worker.wait(30) == 130
        until(web.summary, lambda seen: seen["requests_open"] == 64)
        assert server.api.delete(f"/v2/batch/scrape/{job_id}").body == {"status": "cancelled"}


def test_a_second_server_on_the_same_data_is_refused(tmp_path):
    with mortal(tmp_path, {}) as server:
        second = server._spawn()
        assert second.wait(30) == 1
        assert "Another `webkiln serve` is using" in server.log()
