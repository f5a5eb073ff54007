"""What a crawl costs: every link of the site found, asked of robots.txt, and visited once, beside peers.

python bench/crawl_figures.py [--rounds 3] [--no-peers]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from typing import TYPE_CHECKING, Any

import make_site
from peers_setup import peers_python
from running import OVER, Refused, Webkiln, webkiln
from serve import served
from webkiln_batch import FORMATS, Cost, Peak
from webkiln_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CRAWLS = "/v2/crawl"
PEERS = ("scrapy_crawl", "crawlee_crawl")
PEER_PAGES, CONCURRENCY = 400, 16
SITE_PAGES = make_site.PAGES + make_site.SHELVES + 1
"""Every page, every shelf and the start; one more page is there that robots.txt forbids."""


def crawl(server: Webkiln, start: str) -> Cost:
    """Crawl the whole site; raises Refused unless exactly its pages were found."""
    with Peak(server.pid) as peak:
        cpu, wall = server.cpu_s(), time.perf_counter()
        options = {"formats": FORMATS, "storeInCache": False, "maxAge": 0}
        asked = {"url": start, "sitemap": "skip", "crawlEntireDomain": True, "scrapeOptions": options}
        job = server.ask("POST", CRAWLS, asked)["id"]
        while (state := server.ask("GET", f"{CRAWLS}/{job}?limit=1"))["status"] not in OVER:
            time.sleep(0.25)
        wall = time.perf_counter() - wall
        time.sleep(1)  # what follows the last page belongs to the cost too
        cpu = server.cpu_s() - cpu
    if state["status"] != "completed" or state["completed"] != SITE_PAGES:
        raise Refused(f"{state['status']} with {state['completed']} of {SITE_PAGES} pages")
    each = round(cpu / SITE_PAGES * 1000, 3)
    return Cost("Webkiln, crawl", SITE_PAGES, each, round(SITE_PAGES / wall, 1), round(peak.mb))


def peer(python: Path, name: str, start: str) -> dict[str, Any] | None:
    """Run one peer once; None when it fails, with its reason on the screen."""
    command = [str(python), str(make_site.OUT.parent / "peers" / f"{name}.py")]
    ran = subprocess.run(
        [*command, start, str(PEER_PAGES), str(CONCURRENCY)],
        capture_output=True,
        text=True,
        check=False,
        cwd=make_site.OUT,
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith('{"peer"')]
    if not lines:
        print(f"{name} failed: {(ran.stderr or ran.stdout).strip()[-500:]}", flush=True)
        return None
    return dict(json.loads(lines[-1]))


def figures(urls: list[str], python: Path | None, *, rounds: int = 3) -> Iterator[Figure]:
    """Crawl by turns; yield a line for each contestant, with the ratio to Webkiln round by round."""
    start = urls[0].partition(make_site.path(0))[0] + "/index.html"
    found: dict[str, list[tuple[float, float, float]]] = {}
    ratios: dict[str, list[float]] = {}
    with webkiln(name="crawls") as server:
        crawl(server, start)  # the first pages load and compile things
        for _ in range(rounds):
            ours = crawl(server, start)
            found.setdefault(ours.peer, []).append((ours.cpu_ms, ours.pages_s, ours.peak_mb))
            for name in PEERS if python is not None else ():
                line = peer(python, name, start) if python is not None else None
                if line is not None:
                    values = (line["cpu_ms"], line["pages_s"], line["peak_mb"])
                    found.setdefault(line["peer"], []).append(values)
                    ratios.setdefault(line["peer"], []).append(line["cpu_ms"] / ours.cpu_ms)
    for name, values in found.items():
        cpu, speed, peak = (statistics.median(column) for column in zip(*values, strict=True))
        times = " ".join(f"{ratio:.1f}x" for ratio in ratios.get(name, []))
        goal = f"takes {times} Webkiln's CPU" if times else "goal: Scrapy takes at least 8x"
        yield Figure(name, f"{cpu:.2f} CPU ms/page, {speed:.0f} pages/s, {peak:.0f} MiB", goal)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    with served() as urls:
        python = None if given.no_peers else peers_python(print)
        for figure in figures(urls, python, rounds=given.rounds):
            print(figure, flush=True)


if __name__ == "__main__":
    main()
