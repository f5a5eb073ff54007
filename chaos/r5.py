"""R5: PostgreSQL fails in every way, again and again, under one large batch."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from chaos.checking import check
from chaos.cluster import DURABLE, cluster
from chaos.faults import Faults
from chaos.ledger import Ledger
from chaos.prober import Prober, usual
from chaos.scenario import Run, Scenario, spread

if TYPE_CHECKING:
    from chaos.cluster import Cluster
    from chaos.prober import Probe

_ANSWER_S = 5.0
_BACK_S = 5.0
_FAR = 1_000_000  # the numbers of the prober's own pages
_PACE = {"maxConcurrency": 40}
_PAGE_MS = 600


def _run(run: Run) -> None:
    faults, pages = (6, 1500) if run.short else (60, 10_000)
    with cluster(run, workers=4, postgres=DURABLE, proxied=True) as under:
        ledger = Ledger(run.folder / "ledger")
        pids = [process.pid for process in under.processes]
        batch = ledger.submit(under.client, under.urls(range(pages), f"/i/{{n}}?ms={_PAGE_MS}"), **_PACE)
        asks = usual(under.client, lambda number: under.web.url(f"/i/{_FAR + number}"), lambda: batch.id)
        with Prober(asks) as prober:
            back, busy = _disturb(run, under, prober, faults, batch.id)
            time.sleep(1)
        _judge_answers(run, prober.probes)
        run.demand_faultless(check(under.client, under.web, ledger.batches, within_s=300))
        run.demand(all(process.alive for process in under.processes), "no process of ours ended")
        run.demand([process.pid for process in under.processes] == pids, "no process of ours was restarted")
        run.figures |= {"faults": faults, "faults_while_running": busy, "back_s": spread(back)}
        run.demand_in_time(max(back) <= _BACK_S, f"scrapes are answered again {_BACK_S:g} s after each fault")
        unexpected = under.log_lines("Traceback", "failed unexpectedly", "refused by the database")
        run.notes += unexpected[:5]
        run.demand(not unexpected, "nothing unexpected in the logs")


def _disturb(run: Run, under: Cluster, prober: Prober, count: int, job: str) -> tuple[list[float], int]:
    """Let faults happen; return how long after one all was back, and how many found work to disturb."""
    assert under.postgres is not None
    assert under.proxy is not None
    faults = Faults(under.postgres, under.proxy, run.dice)
    kinds = list(faults.kinds)
    back: list[float] = []
    worst: dict[str, float] = {}
    seen: Counter[str] = Counter()
    busy = 0
    for number in range(count):
        kind = kinds[number % len(kinds)] if number < len(kinds) and not run.short else run.dice.choice(kinds)
        began = time.time()
        faults.kinds[kind]()
        over = time.time()
        found = prober.first_success("scrape", over, within_s=30)
        waited = 30.0 if found is None else found - over
        back.append(waited)
        seen[kind] += 1
        worst[kind] = round(max(worst.get(kind, 0.0), waited), 2)
        if waited > _BACK_S:
            run.notes.append(f"{kind} at {began:.1f} for {over - began:.1f} s: back after {waited:.1f} s")
        busy += under.client.status(job)["status"] == "scraping"
        time.sleep(run.dice.uniform(0.3, 2.0))
    run.figures |= {"kinds": dict(seen), "worst_back_s": worst}
    return back, busy


def _judge_answers(run: Run, probes: list[Probe]) -> None:
    answers = Counter(f"{probe.what} {probe.status}" for probe in probes)
    slowest = {
        what: round(max((probe.seconds for probe in probes if probe.what == what), default=0.0), 2)
        for what in ("status", "submit", "scrape")
    }
    wrong = [probe for probe in probes if probe.status not in (200, 503)]
    silent = [probe for probe in probes if probe.status == 503 and not probe.retry_after]
    late = [probe for probe in probes if probe.seconds >= _ANSWER_S]
    run.figures |= {"answers": dict(answers), "slowest_s": slowest}
    run.notes += [
        f"{probe.what} at {probe.began:.1f}: {probe.status} after {probe.seconds:.1f} s {probe.trouble}"
        for probe in (*wrong, *late)
    ][:6]
    run.demand(not wrong, f"only 200 and 503 ({len(wrong)} others)")
    run.demand(not silent, f"every 503 says when to come again ({len(silent)} do not)")
    run.demand_in_time(not late, f"every answer within {_ANSWER_S:g} s ({len(late)} later)")


SCENARIO = Scenario(
    "r5",
    "60 faults of PostgreSQL under a batch of 10,000: 0 lost, 0 twice; every answer 200 or 503 with"
    " Retry-After in less than 5 s; back within 5 s without a restart of ours",
    ("postgres",),
    _run,
)
