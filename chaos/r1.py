"""R1: anything is killed, again and again, while batches run."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

from chaos.checking import check
from chaos.client import Client, NoAnswer
from chaos.cluster import DURABLE, cluster
from chaos.ledger import Ledger
from chaos.scenario import Run, Scenario

if TYPE_CHECKING:
    from chaos.cluster import Cluster
    from chaos.processes import Process

# Batches last through their shares of the kills: few quick pages at once, or more that are slower.
_PACES = ((3, 20), (16, 400))
_SLOTS = 32
_AFTERWARDS_S = 300.0


def _run(run: Run) -> None:
    kills, batches, pages = (15, 2, 500) if run.short else (200, 10, 1000)
    victims: Counter[str] = Counter()
    with cluster(run, workers=4, settings={"WEBKILN_LEASE_S": "5"}, postgres=DURABLE) as under:
        ledger = Ledger(run.folder / "ledger")
        first = 0
        busy = 0
        for number in range(kills):
            if number % -(-kills // batches) == 0:
                # What is acknowledged between two kills is promised like anything else.
                at_once, pause_ms = _PACES[len(ledger.batches) % len(_PACES)]
                urls = under.urls(range(first, first + pages), f"/i/{{n}}?ms={pause_ms}")
                ledger.submit(under.client, urls, maxConcurrency=at_once)
                first += pages
            time.sleep(run.dice.uniform(0.1, 3.0))
            busy += _running(under, ledger)
            victims[kill_one(run, under)] += 1
        findings = check(under.client, under.web, ledger.batches, within_s=_AFTERWARDS_S)
        run.demand_faultless(findings)
        slots = _SLOTS * (2 if under.postgres is None else 4)
        run.demand(findings.refetched <= kills * slots, f"at most {kills} x {slots} pages fetched again")
        run.figures |= {
            "kills": kills,
            "kills_while_running": busy,
            "victims": dict(victims),
            "batches": len(ledger.batches),
        }
        run.demand(busy >= kills // 2, "work to disturb during most of the kills")


def _running(under: Cluster, ledger: Ledger) -> bool:
    hasty = Client(under.apis[0].port, timeout_s=0.3)  # the next kill waits for nobody
    with contextlib.suppress(NoAnswer):
        answer = hasty.call("GET", f"/v2/batch/scrape/{ledger.batches[-1].id}?limit=1")
        return answer.status != 200 or answer.body["status"] == "scraping"
    return True  # it is being killed, after all


def kill_one(run: Run, under: Cluster) -> str:
    """Kill one process, or everything of one host, and start again what nobody else does."""
    host: Process = run.dice.choice(under.processes)
    tree = host.tree()
    victim = run.dice.choice(tree) if tree else 0
    if victim not in (0, host.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return f"a child of {host.name}"  # which its supervisor starts again
    host.kill()
    host.start()
    return f"all of {host.name}"


SCENARIO = Scenario(
    "r1",
    "200 SIGKILLs, 10 batches x 1,000 URLs: 0 lost, 0 duplicated, 0 wrong, 0 stuck;"
    " pages fetched again <= 200 x concurrency",
    ("sqlite", "postgres"),
    _run,
)
