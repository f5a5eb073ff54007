"""Crawl: anything is killed, again and again, while a site is crawled whose pages are known."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chaos.client import OVER, Client, NoAnswer, NotInTime, until
from chaos.cluster import DURABLE, START_S, cluster
from chaos.r1 import kill_one
from chaos.scenario import Run, Scenario
from smallweb import SITES, crawl_truth, identity

if TYPE_CHECKING:
    from chaos.cluster import Cluster

_CRAWLS = "/v2/crawl"
_AT_ONCE = 16
_AFTERWARDS_S = 300.0
_PORT = re.compile(r"(?<=\.test):\d+")


@dataclass(frozen=True)
class _Crawl:
    """A crawl that was acknowledged, and how many pages it ends with at most."""

    id: str
    limit: int | None


def _run(run: Run) -> None:
    domain, kills = ("middle.test", 6) if run.short else ("big.test", 100)
    truth = crawl_truth(SITES, f"http://{domain}/").pages.keys()
    crawls: list[_Crawl] = []
    victims: Counter[str] = Counter()
    with cluster(run, workers=4, settings={"WEBKILN_LEASE_S": "5"}, postgres=DURABLE) as under:
        for _ in range(kills):
            if not crawls or not _running(under, crawls[-2]):
                crawls += [_start(under, domain, None), _start(under, domain, len(truth) * 2 // 3)]
            time.sleep(run.dice.uniform(0.1, 1.0 if run.short else 3.0))
            victims[kill_one(run, under)] += 1
        until(lambda: _all_up(under), within_s=START_S, what="everything is up again", every_s=0.2)
        for crawl in crawls:
            _check(run, under.client, crawl, set(truth))
        run.figures |= {"kills": kills, "victims": dict(victims), "crawls": len(crawls)}
        requests = sum(
            count for name, count in under.web.summary()["hits"].items() if name.startswith(domain)
        )
        run.figures["requests"] = requests


def _start(under: Cluster, domain: str, limit: int | None) -> _Crawl:
    """Start a crawl, repeating the request under one key until it is acknowledged."""
    body = {
        "url": f"http://{domain}:{under.web.http_port}/",
        "maxConcurrency": _AT_ONCE,
        "scrapeOptions": {"maxAge": 0},
        **({} if limit is None else {"limit": limit}),
    }
    answer = under.client.insist("POST", _CRAWLS, body, x_idempotency_key=os.urandom(16).hex())
    if answer.status != 200:
        raise NotInTime(f"a crawl was not taken: {answer.status} {str(answer.body)[:200]}")
    return _Crawl(str(answer.body["id"]), limit)


def _running(under: Cluster, crawl: _Crawl) -> bool:
    hasty = Client(under.apis[0].port, timeout_s=0.3)  # the next kill waits for nobody
    try:
        answer = hasty.call("GET", f"{_CRAWLS}/{crawl.id}?limit=1")
    except NoAnswer:
        return True  # it is being killed, after all
    return answer.status != 200 or answer.body["status"] == "scraping"


def _all_up(under: Cluster) -> bool:
    """Start what nobody else does: a server that was killed while it began ended."""
    for process in under.processes:
        if not process.alive:
            process.start()
    return all(api.client.ready() for api in under.apis)


def _check(run: Run, client: Client, crawl: _Crawl, truth: set[str]) -> None:
    """Compare what a crawl has come to with the truth, page by page."""
    status = until(
        lambda: client.insist("GET", f"{_CRAWLS}/{crawl.id}?limit=1").body,
        lambda found: found["status"] in OVER,
        within_s=_AFTERWARDS_S,
        what=f"crawl {crawl.id}",
        every_s=0.2,
    )
    pages = Counter(identity(_PORT.sub("", page["metadata"]["url"])) for page in _documents(client, crawl.id))
    wanted = len(truth) if crawl.limit is None else crawl.limit
    errors = client.insist("GET", f"{_CRAWLS}/{crawl.id}/errors").body
    found = {
        "missing": len(truth - pages.keys()) if crawl.limit is None else 0,
        "too_much": len(pages.keys() - truth),
        "twice": pages.total() - len(pages),
        "failed": len(errors["errors"]) + len(errors["robotsBlocked"]),
        "over_the_limit": max(len(pages) - wanted, 0),
        "below_the_limit": max(wanted - len(pages), 0),
    }
    for name, count in found.items():
        run.figures[name] = run.figures.get(name, 0) + count
    run.figures["pages"] = run.figures.get("pages", 0) + pages.total()
    counts = [status[name] for name in ("completed", "total", "creditsUsed")]
    run.demand(not any(found.values()), f"crawl {crawl.id}: every page once, and its limit to the page")
    run.demand(counts == [wanted] * 3, f"crawl {crawl.id}: true counters, not {counts} of {wanted}")
    run.demand(status["status"] == "completed", f"crawl {crawl.id}: completed, not {status['status']}")


def _documents(client: Client, crawl_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = "limit=500"
    while True:
        status = client.insist("GET", f"{_CRAWLS}/{crawl_id}?{query}").body
        found += status["data"]
        if "next" not in status:
            return found
        query = urlsplit(status["next"]).query


SCENARIO = Scenario(
    "crawl",
    "100 SIGKILLs while 10,000 pages are crawled, again and again: 0 missing, 0 twice, 0 too many;"
    " a limit is met to the page",
    ("sqlite", "postgres"),
    _run,
)
