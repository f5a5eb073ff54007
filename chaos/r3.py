"""R3: how soon the pages of a dead worker are in other hands."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.client import until
from chaos.cluster import Host, cluster
from chaos.ledger import Ledger
from chaos.scenario import Run, Scenario, spread
from chaos.tables import ask, holders, in_hand
from webkiln.engine.slots import host_name

if TYPE_CHECKING:
    from chaos.cluster import Cluster
    from chaos.processes import Process

_TAKEN_UP_S = 15.0
_RESTARTED_S = 2.0
_PAGE_MS = 60_000  # longer than a trial on the single node: what is killed was in hand
_SHORT_MS = 2_500  # on many workers: these are done when those of the dead are given back
_FEW = {"WEBKILN_WORKER_CONCURRENCY": "4"}
_HELD = 8  # that a worker claims then: as many pages again as it has places
_PATIENCE_S = 40.0


@dataclass
class _Dead:
    """A worker that was killed at a moment, and when another was seen with each task that it had held."""

    victim: Process
    at: float
    taken_up: dict[str, float | None]

    @property
    def host(self) -> str:
        return host_name(self.victim.data_dir)


def _run(run: Run) -> None:
    trials, workers, victims, restarts = (3, 9, 3, 2) if run.short else (50, 12, 4, 10)
    run.database = "postgres"
    delays: list[float] = []
    with cluster(run, workers=workers, settings=_FEW) as under:
        while len(delays) < trials:
            delays += _round(run, under, min(victims, trials - len(delays)), first=1000 * len(delays))
    run.figures["taken_up_s"] = spread(delays)
    run.demand_in_time(
        max(delays) <= _TAKEN_UP_S, f"pages of a dead worker taken up within {_TAKEN_UP_S:g} s"
    )
    run.database = "sqlite"
    with cluster(run) as under:
        restarted = [_restart(run, under.apis[0], under, number) for number in range(restarts)]
    run.figures["restarted_s"] = spread(restarted)
    # The goal is for a machine that does nothing else; the short form runs in the middle of a suite.
    limit = _RESTARTED_S * (4 if run.short else 1)
    run.demand_in_time(max(restarted) <= limit, f"a single node works again within {limit:g} s")
    run.database = "postgres and sqlite"


def _round(run: Run, under: Cluster, count: int, *, first: int) -> list[float]:
    """Kill some busy workers a moment apart; return how long the last page of each was in nobody's hands.

    Taken up is what another worker has claimed; what was stored before the kill counts as never lost.
    """
    pages = _HELD * len(under.workers)
    urls = under.urls(range(first, first + pages), f"/i/{{n}}?ms={_SHORT_MS}")
    Ledger(run.folder / "ledger").submit(under.client, urls)
    slots = pages // 2
    until(
        lambda: under.web.summary()["requests_open"], lambda n: n >= slots, within_s=90, what="all are busy"
    )
    assert under.postgres is not None
    dead: list[_Dead] = []
    for victim in run.dice.sample(under.workers, count):
        held = in_hand(under.postgres).get(host_name(victim.data_dir), {})
        victim.kill()
        dead.append(_Dead(victim, time.time(), dict.fromkeys(held)))
        time.sleep(run.dice.uniform(0.0, 0.2))
    until(
        lambda: _look(under, dead),
        lambda missing: not missing,
        within_s=_PATIENCE_S,
        what="pages of dead workers in other hands",
        every_s=0.05,
    )
    for one in dead:
        one.victim.start()
    _all_signed_on(under, {one.host for one in dead})
    until(lambda: under.web.summary()["requests_open"], lambda n: n == 0, within_s=30, what="all pages done")
    return [max((at or 0.0) - one.at for at in one.taken_up.values()) for one in dead if one.taken_up]


def _look(under: Cluster, dead: list[_Dead]) -> set[str]:
    """Note which tasks of dead workers are in other hands by now; return those that are not."""
    assert under.postgres is not None
    now = time.time()
    missing: set[str] = set()
    found = holders(under.postgres, {task for one in dead for task in one.taken_up})
    gone = {one.host for one in dead}
    for one in dead:
        for task, at in one.taken_up.items():
            state, host = found[task]
            if at is None and (state == "completed" or (state == "running" and host not in gone)):
                one.taken_up[task] = now
        missing |= {task for task, at in one.taken_up.items() if at is None}
    return missing


def _all_signed_on(under: Cluster, hosts: set[str]) -> None:
    assert under.postgres is not None
    until(
        lambda: hosts - {row["host"] for row in ask(under.postgres, "SELECT host FROM workers")},
        lambda missing: not missing,
        within_s=90,
        what="workers back",
        every_s=0.2,
    )


def _restart(run: Run, host: Host, under: Cluster, number: int) -> float:
    """Kill everything and start it at once; return the seconds until a page is begun again."""
    pages = 16
    urls = under.urls(range(number * 100, number * 100 + pages), f"/i/{{n}}?ms={_PAGE_MS}")
    batch = Ledger(run.folder / "ledger").submit(under.client, urls)
    until(
        lambda: under.web.summary()["requests_open"],
        lambda n: n >= pages,
        within_s=90,
        what="all pages begun",
    )
    time.sleep(run.dice.uniform(0, 0.5))
    host.kill()
    moment = time.time()
    host.start()
    until(
        lambda: under.web.summary(moment)["started_since"],
        lambda n: n >= pages,
        within_s=_PATIENCE_S,
        what="pages begun again",
    )
    again = max(seen["started"] for seen in under.web.requests(moment))
    host.until_ready()
    under.client.call("DELETE", f"/v2/batch/scrape/{batch.id}")
    until(
        lambda: under.web.summary()["requests_open"], lambda n: n == 0, within_s=10, what="all pages aborted"
    )
    return again - moment


SCENARIO = Scenario(
    "r3",
    "pages of a worker that was killed are in other hands within 15 s (p100 of 50), and begun again 2 s after"
    " a single node's restart",
    ("postgres",),
    _run,
)
