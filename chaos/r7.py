"""R7: clocks are set, of one host, of the database, and of a single node."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from chaos.checking import check
from chaos.client import BATCHES, until
from chaos.clocks import JUMPS, Clock, seconds
from chaos.cluster import cluster
from chaos.ledger import Batch, Ledger
from chaos.scenario import Run, Scenario

if TYPE_CHECKING:
    from chaos.cluster import Cluster

_ALL = [*JUMPS, "2038"]
_PAGES = 50
_FLAKY = 5  # pages that answer 503 at first
# Threads that wait for the interpreter spin under libfaketime: everything takes several times as long.
_PHASE_S = 60.0
_SETTLE_S = 7.0  # looks at the clock are 2 s apart, and three of them believe a jump
_STORM = ("lease lost", "rescued a silent worker", "took over from a dead worker")
_SETTINGS = {
    "WEBKILN_WEBHOOK_RETRY_DELAYS_S": "0.5,0.5,0.5",
    # Limits that count time, wide enough for everything that is asked here while their clocks go on.
    "WEBKILN_HOST_DELAY_MS": "5",
    "WEBKILN_RATE_LIMIT_PER_MINUTE": "600",
}


def _run(run: Run) -> None:
    jumps = run.dice.sample(_ALL, 2) if run.short else _ALL
    run.figures["jumps"] = jumps
    for place in ("one host", "database", "single node"):
        run.database = "sqlite" if place == "single node" else "postgres"
        clock = Clock(run.folder / f"clock-{place.replace(' ', '-')}")
        faked = clock.environment if place == "database" else None
        with cluster(run, settings=_SETTINGS, postgres_environment=faked, start=False) as under:
            _start(under, place, clock)
            _jumps(run, under, place, clock, jumps)
        for log in run.folder.glob("*.log"):
            log.rename(log.with_name(f"{place.replace(' ', '-')}-{log.name}"))
    run.database = "postgres and sqlite"


def _start(under: Cluster, place: str, clock: Clock) -> None:
    """Start two hosts with a worker each, or a single node; the first may have a clock that is set."""
    faked = None if place == "database" else clock.environment
    single = place == "single node"
    under.add_api(workers=2 if single else 1, more=faked).until_alive()
    if not single:
        under.add_worker()
    under.until_ready()


def _jumps(run: Run, under: Cluster, place: str, clock: Clock, jumps: list[str]) -> None:
    ledger = Ledger(run.folder / "ledger")
    slowest = 0.0
    for number, jump in enumerate(("none", *jumps)):
        first = _PAGES * number
        urls = under.urls(range(first, first + _PAGES), "/i/{n}?ms=300")
        urls |= {under.web.url(f"/flaky/{place[:3]}{number}-{one}?fail=1"): 0 for one in range(_FLAKY)}
        hook = f"{place[:3]}{number}"
        began = time.monotonic()
        # A receiver that fails at first: the retries of pages and events are on the clock, too.
        batch = ledger.submit(
            under.client, urls, maxConcurrency=30, webhook={"url": under.web.url(f"/hook/{hook}?fail=2")}
        )
        time.sleep(run.dice.uniform(0.3, 1.0))
        clock.set(0.0 if jump == "none" else seconds(jump))
        scrape = under.client.call("POST", "/v2/scrape", {"url": under.web.url("/i/7"), "maxAge": 0})
        run.demand(scrape.status == 200, f"{place} {jump}: a scrape is answered, not with {scrape.status}")
        _until_told(under, batch, hook, f"{place} {jump}")
        slowest = max(slowest, time.monotonic() - began)
        _cancel(run, under, f"{place} {jump}")
        time.sleep(max(0.0, _SETTLE_S - (time.monotonic() - began)))
    storm = under.log_lines(*_STORM)
    run.demand_faultless(check(under.client, under.web, ledger.batches, within_s=10))
    run.demand(not storm, f"{place}: no worker is taken for dead ({len(storm)} times)")
    run.notes += storm[:3]
    figures = {
        "slowest_batch_s": round(slowest, 1),
        "batches": len(ledger.batches),
        "lease_lines": len(storm),
    }
    run.figures[place] = figures | {"clock_lines": len(under.log_lines("clock was set", "clock stood still"))}


def _until_told(under: Cluster, batch: Batch, hook: str, where: str) -> None:
    """Wait until the batch is over and its receiver has been told of every page, and of the end."""
    wanted = len(batch.numbers) + 2

    def told() -> set[str]:
        return {
            json.loads(one["body"])["webhookId"] for one in under.web.deliveries(hook) if one["status"] == 200
        }

    until(
        lambda: (under.client.status(batch.id)["status"], len(told())),
        lambda seen: seen == ("completed", wanted),
        within_s=_PHASE_S,
        what=f"{where}: a batch with its {wanted} events",
        every_s=0.2,
    )


def _cancel(run: Run, under: Cluster, where: str) -> None:
    slow = {"urls": [under.web.url(f"/slow?ms=30000&n={n}") for n in range(8)], "maxAge": 0}
    job = under.client.insist("POST", BATCHES, slow).body["id"]
    time.sleep(0.6)
    answer = under.client.call("DELETE", f"{BATCHES}/{job}")
    run.demand(
        answer.body == {"status": "cancelled"}, f"{where}: a batch can be cancelled, not {answer.body}"
    )


SCENARIO = Scenario(
    "r7",
    "clocks set +1 h, -1 h, +30 d, -30 d, to 2038, of one host, of PostgreSQL, of a single node: work,"
    " retries and webhooks go on; no lease lost; nothing lost",
    ("postgres",),
    _run,
)
