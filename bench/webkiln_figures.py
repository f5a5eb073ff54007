"""The figures of Webkiln that are not about a page's cost, one line each with its goal.

python bench/webkiln_figures.py [--long]      # --long adds 50,000 pages to see memory stay flat
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import time
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING

import processes
from running import BATCHES, Refused, Webkiln, webkiln
from serve import served
from webkiln_batch import FORMATS, scrape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY = 100_000
CANCELS = 20
POLLS = 40
LATENCIES = 300
FLAT_PAGES, FLAT_STEP = 50_000, 10_000


@dataclass(frozen=True)
class Figure:
    """One measured value as it is printed, beside what it should be."""

    name: str
    value: str
    goal: str = ""

    def __str__(self) -> str:
        """Return the table's line."""
        return f"{self.name:<58} {self.value:<38} {self.goal}".rstrip()


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed (nearest rank)."""
    return sorted(values)[min(len(values) - 1, max(0, round(share * len(values) + 0.5) - 1))]


def milliseconds(action: Callable[[], object]) -> float:
    """Return how long a call takes."""
    before = time.perf_counter()
    action()
    return (time.perf_counter() - before) * 1000


def idle_memory(server: Webkiln) -> Iterator[Figure]:
    """Memory of everything while nothing is to do."""
    time.sleep(3)
    used = server.memory()
    yield Figure(
        "idle memory of everything, two workers", f"{used.pss:.0f} MiB PSS, {used.rss:.0f} RSS", "<= 250 MB"
    )
    before = server.cpu_s()
    time.sleep(5)
    yield Figure("idle CPU of everything", f"{(server.cpu_s() - before) / 5 * 100:.2f} % of a core")


def _wait_for_pages(server: Webkiln, job: str, pages: int) -> None:
    """Wait until some pages of a batch are done, so that the workers are known to be busy."""
    while server.status(job)["completed"] < pages:
        time.sleep(0.05)


def many(server: Webkiln, urls: list[str]) -> Iterator[Figure]:
    """Time a batch of 100,000: its submit, polls while it runs, and its cancel."""
    lots = (urls * (MANY // len(urls) + 1))[:MANY]
    body = json.dumps({"urls": lots, "formats": FORMATS, "maxAge": 0, "storeInCache": False}).encode()
    submits, cancels, afterwards = [], [], set()
    for turn in range(CANCELS):
        before = time.perf_counter()
        job = str(server.ask("POST", BATCHES, body)["id"])
        submits.append(time.perf_counter() - before)
        _wait_for_pages(server, job, 150 if turn == 0 else 20)
        if turn == 0:
            yield from _polls(server, job)
        cancels.append(server.cancel(job))
        afterwards.add(server.status(job)["status"])
    if afterwards != {"cancelled"}:
        raise Refused(f"cancelled batches are {afterwards}")
    yield Figure(
        f"submit of {MANY:,} URLs, {CANCELS} batches",
        f"median {statistics.median(submits):.2f} s, worst {max(submits):.2f}",
        "< 2 s",
    )
    yield Figure(
        f"cancel with {MANY:,} queued, workers busy, {CANCELS} batches",
        f"median {statistics.median(cancels):.1f} ms, p99 {percentile(cancels, 0.99):.1f}",
        "< 20, < 100 ms",
    )


def _polls(server: Webkiln, job: str) -> Iterator[Figure]:
    """Time polls of a running batch, with one document and with as many as a page holds."""

    def poll(query: str) -> bytes:
        return server.call("GET", f"{BATCHES}/{job}{query}")[1]

    small = [milliseconds(lambda: poll("?limit=1")) for _ in range(POLLS)]
    full = [milliseconds(lambda: poll("")) for _ in range(POLLS)]
    yield Figure(
        f"status poll of a running {MANY:,}-URL batch, one document",
        f"median {statistics.median(small):.1f} ms, p95 {percentile(small, 0.95):.1f}",
        "< 10 ms",
    )
    yield Figure(
        "the same with a full page of documents",
        f"median {statistics.median(full):.1f} ms, {len(poll('')) / 1e6:.1f} MB",
    )


def latency(server: Webkiln, urls: list[str]) -> Iterator[Figure]:
    """Compare POST /v2/scrape with fetching the page from its origin."""
    origin = http.client.HTTPConnection(urllib.parse.urlsplit(urls[0]).netloc)

    def direct(url: str) -> None:
        origin.request("GET", urllib.parse.urlsplit(url).path, headers={"Accept-Encoding": "gzip"})
        origin.getresponse().read()

    added = []
    for url in urls[:LATENCIES]:
        base = milliseconds(lambda: direct(url))  # noqa: B023 - called at once
        body = {"url": url, "formats": FORMATS, "maxAge": 0}
        added.append(milliseconds(lambda: server.ask("POST", "/v2/scrape", body)) - base)  # noqa: B023
    origin.close()
    yield Figure(
        "latency that POST /v2/scrape adds to the origin",
        f"p50 {percentile(added, 0.5):.1f} ms, p95 {percentile(added, 0.95):.1f}",
        "<= 15, <= 50 ms",
    )


def flat_memory(server: Webkiln, urls: list[str]) -> Iterator[Figure]:
    """Memory of each process over 50,000 pages."""
    lots = (urls * (FLAT_STEP // len(urls) + 1))[:FLAT_STEP]
    roles = {pid: processes.role(pid) for pid in server.pids()}
    seen: dict[int, list[float]] = {pid: [] for pid in roles}
    for step in range(FLAT_PAGES // FLAT_STEP + 1):
        if step:
            scrape(server, lots, "fetched, not kept")
        for pid, values in seen.items():
            values.append(processes.memory([pid]).rss)
    for pid, values in seen.items():
        trend = " ".join(f"{value:.0f}" for value in values)
        yield Figure(f"RSS of {roles[pid]}, every {FLAT_STEP:,} pages", f"{trend} MiB", "flat")


def figures(server: Webkiln, urls: list[str], *, long: bool) -> Iterator[Figure]:
    """Measure everything, one after the other."""
    yield from idle_memory(server)
    scrape(server, urls[:200], "fetched, not kept")
    yield from latency(server, urls)
    yield from many(server, urls)
    if long:
        yield from flat_memory(server, urls)


def main() -> None:
    """Print the lines as they are measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", action="store_true")
    given = parser.parse_args()
    with served() as urls, webkiln() as server:
        for figure in figures(server, urls, long=given.long):
            print(figure, flush=True)


if __name__ == "__main__":
    main()
