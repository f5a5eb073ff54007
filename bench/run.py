"""`make bench`: one table, everything measured in one run, Webkiln and its peers by turns.

    python bench/run.py [--rounds 3] [--no-peers] [--long] [--record]

CPU milliseconds a page is the figure to compare: user and system time of all processes; wall
times on a shared machine mean little. The peers live in an environment of their own
(bench/out/peers-venv, made on the first run from bench/peers/requirements.txt); without it the
table has Webkiln alone. `--record` also writes docs/benchmarks/<date>.txt.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import browser_figures
import crawl_figures
import frontier_figures
import make_site
import postgres_figures
import smallpg
from peers_setup import peers_python
from running import Webkiln, webkiln
from serve import URLS, NoServer, served
from webkiln_batch import WAYS, read_back, scrape
from webkiln_figures import Figure, figures

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PEERS = ("scrapy_html2text", "crawlee_html2text", "crawl4ai_http")
PEER_PAGES, CONCURRENCY = 400, 16
TIMES = 2

Line = dict[str, Any]


class Report:
    """Prints lines and keeps them for the record."""

    def __init__(self) -> None:
        """Start empty."""
        self.lines: list[str] = []

    def say(self, line: str = "") -> None:
        """Print one line."""
        print(line, flush=True)
        self.lines.append(line)


def run_peer(python: Path, peer: str) -> Line | None:
    """Run one peer once; None when it fails, with its reason on the screen."""
    command = [str(python), str(HERE / "peers" / f"{peer}.py"), str(URLS), str(PEER_PAGES), str(CONCURRENCY)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=make_site.OUT)
    lines = [line for line in ran.stdout.splitlines() if line.startswith('{"peer"')]
    line = json.loads(lines[-1]) if lines else None
    if line is None or line["pages"] != PEER_PAGES:
        print(f"{peer} failed: {(ran.stderr or ran.stdout).strip()[-500:]}", flush=True)
        return None
    return dict(line)


def machine() -> list[str]:
    """Say what this was measured on."""
    models = [
        line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")
    ]
    memory = next(
        (int(line.split()[1]) >> 20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    now = dt.datetime.now(dt.UTC)
    return [
        f"Webkiln benchmark, {now:%Y-%m-%d %H:%M} UTC",
        ", ".join(
            [
                f"{os.cpu_count()} cores {models[0] if models else platform.machine()}",
                f"{memory} GiB",
                f"{platform.system()} {platform.release()}",
                f"Python {platform.python_version()}",
            ]
        ),
    ]


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def measure(server: Webkiln, urls: list[str], python: Path | None, rounds: int) -> list[list[Line]]:
    """Run every contestant once a round; return the lines round by round."""
    scrape(server, urls[:200], "fetched, not kept")  # the first pages load and compile things
    table = []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds} ...", flush=True)
        lines: list[Line] = [asdict(scrape(server, urls * TIMES, way)) for way in WAYS]
        if python is not None:
            lines += [line for peer in PEERS if (line := run_peer(python, peer)) is not None]
        table.append(lines)
    return table


def show(report: Report, table: list[list[Line]]) -> None:
    """Print the table: medians over the rounds, and the ratio to the first peer round by round."""
    names = list(dict.fromkeys(line["peer"] for lines in table for line in lines))
    rounds = [{line["peer"]: line for line in lines} for lines in table]
    yardstick = next((name for name in names if name.startswith("Scrapy")), None)
    report.say(
        f"{'':<40} {'CPU ms/page':>12} {'pages/s':>9} {'peak MiB':>9}   Scrapy + html2text takes, by round"
    )
    for name in names:
        mine = [one[name] for one in rounds if name in one]
        cpu, speed, peak = (
            statistics.median(line[key] for line in mine) for key in ("cpu_ms", "pages_s", "peak_mb")
        )
        ratios = [
            one[yardstick]["cpu_ms"] / one[name]["cpu_ms"]
            for one in rounds
            if yardstick in one and name in one
        ]
        times = " ".join(f"{ratio:.1f}x" for ratio in ratios)
        report.say(f"{name:<40} {cpu:>12.2f} {speed:>9.1f} {peak:>9.0f}   {times}".rstrip())
    report.say(
        "goal for Webkiln: 2.4 ms where Scrapy + html2text takes 34 (14x), never above 3.4; stretch 1.7 (20x)"
    )


def everything(report: Report, urls: list[str], python: Path | None, *, rounds: int, long: bool) -> None:
    """Measure block after block; what cannot be measured here says why."""
    with webkiln() as server:
        show(report, measure(server, urls, python, rounds))
        back = read_back(server, urls)
        report.say(f"results read back: {back.cpu_ms:.2f} CPU ms each, {back.pages_s:.0f} a second")
    report.say()
    with webkiln() as server:
        for figure in figures(server, urls, long=long):
            report.say(str(figure))
    blocks: list[tuple[str, Iterator[Figure]]] = [
        ("crawls", crawl_figures.figures(urls, python, rounds=rounds)),
        ("frontiers", frontier_figures.figures()),
        ("PostgreSQL", postgres_figures.figures(urls, rounds=rounds, long=long)),
        ("browsers", browser_figures.figures(urls, python, rounds=rounds, long=long)),
    ]
    for name, block in blocks:
        report.say()
        try:
            for figure in block:
                report.say(str(figure))
        except (smallpg.Unavailable, browser_figures.Unmeasured) as missing:
            report.say(f"without {name}: {missing}")


def main() -> None:
    """Read the command line, measure, print, and record when asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--long", action="store_true", help="add what takes long: memory, tables, kills")
    parser.add_argument("--record", action="store_true", help="write docs/benchmarks/<date>.txt")
    given = parser.parse_args()
    report = Report()
    for line in machine():
        report.say(line)
    python = None if given.no_peers else peers_python(report.say)
    try:
        with served() as urls:
            site = json.loads((make_site.FOLDER / "summary.json").read_text())
            report.say(f"site: {site['pages']} pages, median {site['median']} bytes, mean {site['mean']}")
            report.say(f"{given.rounds} rounds; Webkiln {len(urls) * TIMES} pages, 2 workers")
            report.say(f"peers {PEER_PAGES} pages, {CONCURRENCY} in flight")
            report.say()
            everything(report, urls, python, rounds=given.rounds, long=given.long)
    except NoServer as missing:
        sys.exit(str(missing))
    if given.record:
        folder = HERE.parent / "docs" / "benchmarks"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{dt.datetime.now(dt.UTC):%Y-%m-%d}.txt"
        target.write_text("\n".join(report.lines) + "\n")
        print(f"recorded in {target}")


if __name__ == "__main__":
    main()
