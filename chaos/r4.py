"""R4: workers that sleep past their lease, and wake up with answers in their hands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chaos.checking import check, documents
from chaos.client import until
from chaos.cluster import cluster
from chaos.ledger import Ledger
from chaos.scenario import Run, Scenario
from chaos.tables import in_hand
from webkiln.engine.slots import host_name

if TYPE_CHECKING:
    from chaos.cluster import Cluster

_LEASE_S = 2.0
_ASLEEP_S = 3 * _LEASE_S
_WORKERS = 6
_AT_ONCE = 3  # workers that are frozen together
_PAGES = 240
_AWAKE_S = 3.0


def _run(run: Run) -> None:
    trials = 3 if run.short else 30
    trial = 0
    changed = woken = late = 0
    with cluster(run, workers=_WORKERS, settings={"WEBKILN_LEASE_S": str(_LEASE_S)}) as under:
        ledger = Ledger(run.folder / "ledger")
        while trial < trials:
            begun, differing = _round(run, under, ledger, first=_PAGES * len(ledger.batches))
            trial += begun
            changed += differing
        run.demand_faultless(check(under.client, under.web, ledger.batches, within_s=60))
        woken = len(under.log_lines("lease lost"))
        late = len(under.log_lines("dropped late outcomes"))
    run.demand(changed == 0, "no stored document changed after a zombie woke up")
    run.demand(woken >= trials, "every frozen worker found that its lease was lost")
    run.figures |= {
        "zombies": trial,
        "leases_lost": woken,
        "late_outcomes_dropped": late,
        "overwritten": changed,
    }


def _round(run: Run, under: Cluster, ledger: Ledger, *, first: int) -> tuple[int, int]:
    """Freeze some busy workers until others did their pages; return how many, and what changed afterwards."""
    urls = under.urls(range(first, first + _PAGES), f"/turn/{{n}}?ms={run.dice.choice([150, 400, 900])}")
    batch = ledger.submit(under.client, urls)
    until(lambda: under.client.status(batch.id)["completed"], within_s=60, what="first pages done")
    time.sleep(run.dice.uniform(0, 0.3))
    assert under.postgres is not None
    held = in_hand(under.postgres)
    holders = [worker for worker in under.workers if held.get(host_name(worker.data_dir))]
    zombies = run.dice.sample(holders, min(_AT_ONCE, len(holders), len(under.workers) - 1))
    for zombie in zombies:
        zombie.freeze()
    try:
        time.sleep(_ASLEEP_S)
        until(
            lambda: under.client.status(batch.id)["status"],
            lambda status: status == "completed",
            within_s=40,
            what="a batch completed without its zombies",
        )
        before = _stored(under, batch.id)
    finally:
        for zombie in zombies:
            zombie.thaw()
    time.sleep(_AWAKE_S)
    after = _stored(under, batch.id)
    return len(zombies), sum(one != other for one, other in zip(before, after, strict=False)) + abs(
        len(before) - len(after)
    )


def _stored(under: Cluster, job: str) -> list[tuple[Any, Any]]:
    """Return all documents in their order; the page says how often it had been asked for."""
    return [(page["metadata"]["sourceURL"], page["markdown"]) for page in documents(under.client, job)]


SCENARIO = Scenario(
    "r4",
    "a worker frozen past its lease and woken up again, 30 trials: 0 duplicate or overwritten results",
    ("postgres",),
    _run,
)
