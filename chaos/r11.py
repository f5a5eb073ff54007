"""R11: an orderly end under load, again and again."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from chaos.checking import check
from chaos.client import Client
from chaos.cluster import cluster
from chaos.ledger import Ledger
from chaos.prober import Prober, usual
from chaos.scenario import Run, Scenario, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.client import Answer
    from chaos.cluster import Cluster, Host
    from chaos.prober import Probe

_ENDS_S = 30.0
_USUALLY_S = 5.0
_DRAIN_S = "3"  # more than any page takes
_PICKED_UP_S = 1.0
_FAR = 1_000_000
_PAGES = 200
_PROBERS = 4


def _run(run: Run) -> None:
    ends = 4 if run.short else 50
    took: list[float] = []
    codes: Counter[int] = Counter()
    picked: list[float] = []
    with cluster(run, workers=2, settings={"WEBKILN_DRAIN_S": _DRAIN_S}) as under:
        ledger = Ledger(run.folder / "ledger")
        ledger.submit(under.client, under.urls(range(_FAR - 1, _FAR)))
        with Prober(_asks(under, ledger), pause_s=0.02) as prober:
            for number in range(ends):
                urls = under.urls(range(number * _PAGES, (number + 1) * _PAGES), "/i/{n}?ms=900")
                ledger.submit(under.client, urls)
                time.sleep(run.dice.uniform(0.5, 1.5))
                seconds, code, waited = _end(under, under.apis[0])
                took.append(seconds)
                codes[code] += 1
                picked.append(waited)
        run.demand_faultless(check(under.client, under.web, ledger.batches, within_s=120))
        _judge(run, prober.probes)
        trouble = under.log_lines("killing it", "Traceback")
        run.notes += trouble[:5]
        run.demand(not trouble, "nothing was killed, nothing unexpected in the logs")
    run.figures |= {
        "ends": ends,
        "ended_s": spread(took),
        "codes": dict(codes),
        "picked_up_s": spread(picked),
    }
    run.demand(set(codes) == {0}, "every exit status is 0")
    run.demand_in_time(max(took) <= _ENDS_S, f"every end within {_ENDS_S:g} s")
    run.demand_in_time(sorted(took)[len(took) // 2] <= _USUALLY_S, f"half of them within {_USUALLY_S:g} s")
    run.demand_in_time(max(picked) <= _PICKED_UP_S, f"pages taken up {_PICKED_UP_S:g} s after a restart")


def _asks(under: Cluster, ledger: Ledger) -> dict[str, Callable[[int], Answer]]:
    """Return several clients that scrape, and one each that watches and submits."""
    client = Client(under.apis[0].port, timeout_s=40)

    def page(number: int) -> str:
        return under.web.url(f"/i/{_FAR + number}?ms=200")

    asks = usual(client, page, lambda: ledger.batches[0].id)
    for number in range(1, _PROBERS):
        asks[f"scrape {number}"] = partial(_scrape, client, under, number)
    return asks


def _scrape(client: Client, under: Cluster, prober: int, number: int) -> Answer:
    url = under.web.url(f"/i/{_FAR * (prober + 1) + number}?ms={100 * prober}")
    return client.call("POST", "/v2/scrape", {"url": url, "maxAge": 0})


def _end(under: Cluster, host: Host) -> tuple[float, int, float]:
    """End a host in good order and start it again; return seconds, status, and the wait for a page."""
    others = list(under.workers[:1])
    moment = time.monotonic()
    for process in (host, *others):
        process.terminate()
    code = host.ended(_ENDS_S + 10)
    seconds = time.monotonic() - moment
    code = max([code, *(process.ended(_ENDS_S + 10) for process in others)])
    began = time.time()
    for process in (host, *others):
        process.start()
    host.until_ready()
    ready = time.time()
    end = time.monotonic() + 20
    while not (begun := under.web.summary(began)["started_since"]) and time.monotonic() < end:
        time.sleep(0.01)
    first = min(
        (seen["started"] for seen in under.web.requests(began) if seen["started"] > began), default=None
    )
    waited = 20.0 if not begun or first is None else max(first - ready, 0.0)
    return seconds, code, waited


def _judge(run: Run, probes: list[Probe]) -> None:
    """Find nobody there while nobody is: that may be; but whoever was let in gets an answer."""
    answers = Counter(str(probe.status) for probe in probes if not probe.refused)
    broken = [probe for probe in probes if probe.status == 0 and not probe.refused]
    odd = [probe for probe in probes if probe.status not in (0, 200, 503)]
    run.figures |= {
        "answers": dict(answers),
        "refused_while_away": sum(probe.refused for probe in probes),
        "slowest_s": round(max(probe.seconds for probe in probes), 1),
    }
    run.notes += [
        f"{probe.what} at {probe.began:.2f} for {probe.seconds:.2f} s: {probe.status} {probe.trouble}"
        for probe in (*broken, *odd)
    ][:8]
    run.demand(not broken, f"no connection is reset or left without an answer ({len(broken)} were)")
    run.demand(not odd, f"only 200 and 503 ({len(odd)} others)")


SCENARIO = Scenario(
    "r11",
    "50 SIGTERMs under load: exit 0 within 30 s, half within 5 s; no reset connection, every accepted request"
    " answered or 503; pages taken up 1 s after the restart",
    ("sqlite", "postgres"),
    _run,
)
