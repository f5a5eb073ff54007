"""Several hosts on one PostgreSQL: a cancel reaches all of them, and no fault of theirs loses a page."""

import contextlib
import json
import random
import time
from uuid import uuid4

import pytest

from chaos.checking import check
from chaos.client import until
from chaos.cluster import cluster
from chaos.ledger import Ledger
from chaos.leftovers import swept
from chaos.namespaces import NoNamespaces, networks
from chaos.scenario import Run
from smallpg import Unavailable

SEED = 20261123
WORKERS = 3
SLOTS = 32
LEASE_S = 2


@pytest.fixture
def run(tmp_path):
    run = Run(SEED, short=True, database="postgres", folder=tmp_path, mark=uuid4().hex)
    with swept(run.mark):
        yield run


@contextlib.contextmanager
def hosts(run, **options):
    """Run an API and three workers, in networks of their own where that can be: the site sees who asks."""
    with contextlib.ExitStack() as stack:
        try:
            apart = stack.enter_context(networks(WORKERS))
        except NoNamespaces:
            apart = None
        try:
            under = stack.enter_context(cluster(run, workers=WORKERS, apart=apart, **options))
        except Unavailable as missing:
            pytest.skip(str(missing))
        yield under, apart


@pytest.mark.parametrize(
    ("notify", "closed_s", "begun_s"),
    [pytest.param("true", 0.2, 0.0, id="notify"), pytest.param("false", 1.0, 1.0, id="polling")],
)
def test_a_cancel_reaches_every_host(run, notify, closed_s, begun_s):
    with hosts(run, settings={"WEBKILN_NOTIFY": notify}) as (under, apart):
        urls = [under.web.url(f"/slow?ms=60000&n={number}") for number in range(20_000)]
        job = under.client.insist("POST", "/v2/batch/scrape", {"urls": urls, "maxAge": 0}).body["id"]
        until(
            lambda: under.web.summary()["requests_open"],
            lambda count: count == WORKERS * SLOTS,
            within_s=60,
            what="every place of every worker is taken",
        )
        asking = {seen["peer"] for seen in under.web.requests(time.time())}
        assert apart is None or asking == set(apart.hosts)
        answer = under.client.call("DELETE", f"/v2/batch/scrape/{job}")
        assert (answer.status, answer.body) == (200, {"status": "cancelled"})
        seen = until(
            under.web.summary, lambda seen: seen["requests_open"] == 0, within_s=5, what="all sockets closed"
        )
        assert seen["last_end"] - answer.ended < closed_s
        time.sleep(1.5)
        assert under.web.summary(answer.ended + begun_s)["started_since"] == 0
        assert under.client.status(job)["status"] == "cancelled"


BATCHES = 5  # each with a receiver of its own: the events of one receiver go out one after the other
PAGES = 1_000


def told(web, hook):
    """Return the pages that a receiver was told of, and how often of the end."""
    events = [json.loads(one["body"]) for one in web.deliveries(hook) if one["status"] == 200]
    pages = {
        event["data"][0]["metadata"]["sourceURL"] for event in events if event["type"] == "batch_scrape.page"
    }
    return pages, sum(event["type"] == "batch_scrape.completed" for event in events)


def start(worker):
    """Start a worker and wait for it: without a database it would end at once, and nobody starts it again."""
    lives = worker.log().count("worker ready")
    worker.start()
    until(
        lambda: worker.log().count("worker ready"),
        lambda seen: seen > lives,
        within_s=60,
        what="a worker back",
    )


def disturb(under, dice):
    """Kill and freeze workers, and restart the database in between."""
    for fault in ("kill", "freeze", "fast", "kill", "immediate", "freeze", "kill"):
        time.sleep(dice.uniform(0.5, 1.5))
        if fault in ("fast", "immediate"):
            under.postgres.restart(fault)
            continue
        victim = dice.choice(under.workers)
        if fault == "kill":
            victim.kill()
            time.sleep(dice.uniform(0, 1))
            start(victim)
        else:
            victim.freeze()
            time.sleep(2.5 * LEASE_S)
            victim.thaw()


def test_5000_pages_and_their_events_survive_what_happens_to_hosts_and_database(run):
    settings = {"WEBKILN_LEASE_S": str(LEASE_S), "WEBKILN_WEBHOOK_RETRY_DELAYS_S": "0.5,1,2"}
    with hosts(run, settings=settings) as (under, _):
        ledger = Ledger(run.folder / "ledger")
        for number in range(BATCHES):
            ledger.submit(
                under.client,
                under.urls(range(number * PAGES, (number + 1) * PAGES), "/i/{n}?ms=100"),
                webhook={"url": under.web.url(f"/hook/{number}")},
            )
        disturb(under, random.Random(SEED))
        findings = check(under.client, under.web, ledger.batches, within_s=90)
        assert findings.faultless, (findings, findings.notes)
        assert findings.pages == BATCHES * PAGES
        assert all(worker.alive for worker in under.workers)
        for number, batch in enumerate(ledger.batches):
            until(
                lambda number=number: told(under.web, str(number)),
                lambda seen, batch=batch: seen[0] == set(batch.numbers) and seen[1] >= 1,
                within_s=180,
                what="the receiver knows of every page, and of the end",
                every_s=0.5,
            )
