"""Crawls of a known site while workers are killed, and the server with them: each page once, all there."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress

import pytest

from flows.crawling import at, begin, deviations, documents, expected, outcome, portless, status
from flows.mortal import mortal, patient

SEED = 20261126
# The slower one of the two is crawled with few pages at once, so that it lasts through its kills.
SIZES = [("middle.test", 6, 12), pytest.param("big.test", 25, 32, marks=pytest.mark.slow)]


@pytest.fixture
def doomed(web, database_settings, tmp_path):
    settings = {
        **database_settings(),
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_LEASE_S": "3",
    }
    with mortal(tmp_path, settings) as server:
        yield server


def kill_a_worker(server, dice):
    """Kill one of the workers (SIGKILL), if there is one just now."""
    workers = [pid for pid, command in server.children().items() if " worker" in command]
    if workers:
        with suppress(ProcessLookupError):
            os.kill(dice.choice(workers), signal.SIGKILL)
    return len(workers)


def restart(server):
    """Kill everything, and start it again on the same data."""
    server.kill_all()
    server.process = server._spawn()


def disturb(server, job_id, kills, dice):
    """Kill workers at random moments while a crawl runs, and everything once; return what was killed."""
    done = Counter()
    for number in range(kills):
        time.sleep(dice.uniform(0.2, 0.8))
        if patient(lambda: status(server.api, job_id))["status"] != "scraping":
            break
        if number == kills // 2:
            restart(server)
            done["everything"] += 1
        elif kill_a_worker(server, dice):
            done["worker"] += 1
    return done


@pytest.mark.parametrize(("domain", "kills", "at_once"), SIZES)
def test_every_page_is_found_once_and_a_limit_is_met_whoever_is_killed(doomed, web, domain, kills, at_once):
    truth = expected(f"http://{domain}/")
    limit = len(truth.pages) * 2 // 3
    start = at(web, f"http://{domain}/")
    whole = begin(doomed.api, start, maxConcurrency=at_once)
    part = begin(doomed.api, start, maxConcurrency=at_once, limit=limit)
    done = disturb(doomed, whole, kills, random.Random(f"{SEED} {domain}"))
    found = outcome(doomed.api, whole, within_s=240)
    assert deviations(found, truth) == {}
    for page in documents(doomed.api, whole):
        path = portless(page["metadata"]["url"]).partition(".test")[2]
        assert page["markdown"].startswith(f"# {path}\n")
    assert found.status["creditsUsed"] == found.status["total"] == found.status["completed"]
    limited = outcome(doomed.api, part, within_s=120)
    assert (limited.status["status"], limited.pages.total(), len(limited.pages)) == (
        "completed",
        limit,
        limit,
    )
    assert limited.pages.keys() <= truth.pages.keys()
    assert (limited.status["total"], limited.status["creditsUsed"], limited.errors) == (limit, limit, {})
    assert doomed.api.get("/v2/team/queue-status").body["jobsInQueue"] == 0
    assert done["everything"] == 1, "the crawl was over before the server was killed"
    assert done["worker"] >= kills // 3
