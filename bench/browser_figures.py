"""What a page costs that has to be shown in a browser: plain Playwright, Webkiln and Crawl4AI by turns.

    python bench/browser_figures.py [--rounds 3] [--pages 60] [--no-peers] [--long]

The page is make_app's, the Chromium is the same for all, four pages are shown at once. Plain
Playwright gives each page a context of its own, waits until its network is quiet and reads its HTML;
Webkiln has the page's Markdown stored and given out; Crawl4AI makes Markdown. CPU is that of all
processes of each: driver, browser, and what is around them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import browser_long
import make_app
import make_site
import processes
from peers_setup import peers_python
from running import BATCHES, Refused, Webkiln, webkiln
from serve import served
from webkiln.fetching.browser.installed import find_chromium
from webkiln_batch import Peak
from webkiln_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

PEERS = Path(__file__).parent / "peers"
AT_ONCE = 4
WORKERS = 2
PAGES, ROUNDS = 60, 3
WARM_UP = 8
BROWSER = {"formats": ["markdown"], "maxAge": 0, "waitFor": 1}  # waiting is what only a browser does


class Unmeasured(Exception):
    """Why there are no figures."""


class Contestant(Protocol):
    """Somebody who shows pages."""

    name: str
    pid: int

    def show(self, urls: list[str]) -> None:
        """Show these pages; raises Refused unless all came whole."""
        ...


class Peer:
    """A peer's script, which takes turns (peers/turns.py)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until the peer says who it is; raises Refused when it does not."""
        self._process = process
        self.pid = process.pid
        self.name = str(self._answer()["peer"])

    def _answer(self) -> dict[str, object]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                return dict(json.loads(line))
        raise Refused("it ended")

    def show(self, urls: list[str]) -> None:
        """Show pages."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(urls) + "\n")
        self._process.stdin.flush()
        shown = self._answer()["shown"]
        if shown != len(urls):
            raise Refused(f"{self.name} showed {shown} of {len(urls)} pages")


class OurBatches:
    """Webkiln over its HTTP API."""

    name = "Webkiln, a batch with waitFor"

    def __init__(self, server: Webkiln) -> None:
        """Know the server."""
        self.server = server
        self.pid = server.pid

    def show(self, urls: list[str]) -> None:
        """Show pages as one batch and read its documents back."""
        job = self.server.start(urls, **BROWSER)
        self.server.wait(job)
        shown = len(documents(self.server, job))
        if shown != len(urls):
            error = self.server.first_error(job)
            raise Refused(f"{self.name} showed {shown} of {len(urls)} pages: {error}")


def documents(server: Webkiln, job: str) -> set[str]:
    """Read all documents of a batch; return the URLs of those that are whole."""
    found: set[str] = set()
    path: str | None = f"{BATCHES}/{job}"
    while path:
        answer = server.ask("GET", path)
        found |= {
            one["metadata"]["sourceURL"] for one in answer["data"] if make_app.LAST in one.get("markdown", "")
        }
        path = "/" + answer["next"].split("/", 3)[3] if answer.get("next") else None
    return found


@dataclass(frozen=True)
class Turn:
    """What one turn of a contestant cost."""

    cpu_ms: float
    pages_s: float
    peak_mb: float
    mean_mb: float


def turn(contestant: Contestant, urls: list[str]) -> Turn:
    """Show the pages and measure the whole tree meanwhile."""
    with Peak(contestant.pid) as peak:
        cpu, wall = processes.cpu_s(contestant.pid), time.perf_counter()
        contestant.show(urls)
        wall = time.perf_counter() - wall
        time.sleep(1)  # what follows the last page belongs to the cost: contexts close
        cpu = processes.cpu_s(contestant.pid) - cpu
    return Turn(cpu / len(urls) * 1000, len(urls) / wall, peak.mb, peak.mean)


@contextlib.contextmanager
def peer(python: Path, script: str, chromium: Path) -> Iterator[Peer]:
    """Run a peer until the block ends."""
    log = make_site.OUT / f"{script}.log"
    command = [str(python), str(PEERS / f"{script}.py"), str(chromium), str(AT_ONCE), make_app.LAST]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=make_site.OUT,
            start_new_session=True,
        )
    try:
        yield Peer(process)
    finally:
        members = [one.pid for one in processes.tree(process.pid)]
        with contextlib.suppress(OSError):
            process.communicate(timeout=10)
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def ours(chromium: Path) -> Iterator[Webkiln]:
    """Run Webkiln with as many places for pages as the others have, shared between its workers."""
    settings = {
        "WEBKILN_BROWSER_EXECUTABLE": str(chromium),
        "WEBKILN_BROWSER_PAGES": str(AT_ONCE // WORKERS),
    }
    with webkiln(workers=WORKERS, name="browser", settings=settings) as server:
        yield server


def compared(origin: str, chromium: Path, peers: Path | None, rounds: int, pages: int) -> Iterator[Figure]:
    """Measure everybody by turns; figures beside plain Playwright's of the same round."""
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(peer(Path(sys.executable), "playwright_plain", chromium))
        everyone: list[Contestant] = [plain, OurBatches(stack.enter_context(ours(chromium)))]
        if peers is None:
            yield Figure("Crawl4AI in its browser", "not measured: without peers")
        else:
            try:
                everyone.append(stack.enter_context(peer(peers, "crawl4ai_browser", chromium)))
            except Refused as reason:
                yield Figure("Crawl4AI in its browser", f"not measured: {reason}")
        for one in everyone:
            one.show(make_app.urls(origin, WARM_UP))
        turns: dict[str, list[Turn]] = {one.name: [] for one in everyone}
        for number in range(rounds):
            for one in everyone:
                turns[one.name].append(turn(one, make_app.urls(origin, pages, number * pages)))
    for name, mine in turns.items():
        cpu_ms = statistics.median(one.cpu_ms for one in mine)
        ratios = " ".join(
            f"{one.cpu_ms / base.cpu_ms:.2f}x" for one, base in zip(mine, turns[plain.name], strict=True)
        )
        goal = "<= 1.0x, stretch 0.5x" if name == OurBatches.name else ""
        yield Figure(f"CPU of a page: {name}", f"{cpu_ms:.0f} ms, {ratios}", goal)
    for name, mine in turns.items():
        peak, mean = max(one.peak_mb for one in mine), statistics.mean(one.mean_mb for one in mine)
        speed = statistics.median(one.pages_s for one in mine)
        yield Figure(
            f"memory a page shown: {name}",
            f"peak {peak / AT_ONCE:.0f}, mean {mean / AT_ONCE:.0f} MiB PSS; {speed:.1f} pages/s",
        )


def figures(
    urls: list[str], peers: Path | None, *, rounds: int, long: bool, pages: int = PAGES
) -> Iterator[Figure]:
    """Measure everything; raises Unmeasured where there is no Chromium. `peers` runs their scripts."""
    chromium = find_chromium(None)
    if chromium is None:
        raise Unmeasured("there is no Chromium on this machine")
    make_app.write(make_site.FOLDER)
    origin = urls[0].rsplit("/", 2)[0]
    yield from compared(origin, chromium, peers, rounds, pages)
    if long:
        with ours(chromium) as server:
            yield from browser_long.memory(OurBatches(server), origin)
        with ours(chromium) as server:
            yield from browser_long.kills(server, origin, BROWSER, documents)


def main() -> None:
    """Print the lines as they are measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--pages", type=int, default=PAGES, help="pages of a round")
    parser.add_argument("--no-peers", action="store_true", help="without Crawl4AI")
    parser.add_argument("--long", action="store_true", help="add 2,000 pages, and browsers that are killed")
    given = parser.parse_args()
    peers = None if given.no_peers else peers_python(print)
    with served() as urls:
        try:
            for figure in figures(urls, peers, rounds=given.rounds, pages=given.pages, long=given.long):
                print(figure, flush=True)
        except Unmeasured as reason:
            sys.exit(f"browsers are not measured: {reason}")


if __name__ == "__main__":
    main()
