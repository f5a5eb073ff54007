"""What a page costs Webkiln: batches through its HTTP API, every process counted.

    python bench/webkiln_batch.py [--rounds 3] [--times 2]

Markdown, links and metadata of each page, SQLite, two workers. CPU is user and system time of
the supervisor, the API and the workers, from the submit until the batch is completed; what the
server used before that is not counted.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import processes
from running import BATCHES, Refused, Webkiln, webkiln
from serve import served

if TYPE_CHECKING:
    from types import TracebackType

FORMATS = ["markdown", "links"]
# The ways a page can be had; the first is what a client asks for that wants it fresh.
WAYS: dict[str, dict[str, Any]] = {
    "fetched, kept in the cache": {"maxAge": 0},
    "fetched, not kept": {"maxAge": 0, "storeInCache": False},
    "from the cache": {},
}


@dataclass(frozen=True)
class Cost:
    """What a run of pages cost; the same words as a peer's line."""

    peer: str
    pages: int
    cpu_ms: float
    pages_s: float
    peak_mb: float


class Peak:
    """The most memory a tree of processes had while the block ran, and its mean, in MiB of PSS."""

    def __init__(self, root: int) -> None:
        """Know the tree by its first process."""
        self.mb = self.mean = 0.0
        self._looks = 0
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            now = processes.memory([one.pid for one in processes.tree(self._root)]).pss
            self._looks += 1
            self.mb, self.mean = max(self.mb, now), self.mean + (now - self.mean) / self._looks

    def __enter__(self) -> Self:
        """Start to watch."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()


def scrape(server: Webkiln, urls: list[str], way: str) -> Cost:
    """Run one batch to its end and say what its pages cost; raises Refused when one is missing."""
    with Peak(server.pid) as peak:
        cpu, wall = server.cpu_s(), time.perf_counter()
        job = server.start(urls, formats=FORMATS, **WAYS[way])
        state = server.wait(job)
        wall = time.perf_counter() - wall
        # What follows the last page, a checkpoint for instance, belongs to the cost too.
        time.sleep(1)
        cpu = server.cpu_s() - cpu
    if state["status"] != "completed" or state["completed"] != len(urls):
        found = f"{state['status']} with {state['completed']} of {len(urls)} pages"
        raise Refused(f"{way}: {found}; {server.first_error(job)}")
    pages = len(urls)
    return Cost(
        f"Webkiln, {way}", pages, round(cpu / pages * 1000, 3), round(pages / wall, 1), round(peak.mb)
    )


def read_back(server: Webkiln, urls: list[str]) -> Cost:
    """Download every document of a finished batch, as the official client does; count the server's CPU."""
    job = server.start(urls, formats=FORMATS, maxAge=0)
    server.wait(job)
    with Peak(server.pid) as peak:
        cpu, wall, pages = server.cpu_s(), time.perf_counter(), 0
        path: str | None = f"{BATCHES}/{job}"
        while path:
            page = server.ask("GET", path)
            pages += len(page["data"])
            path = "/" + page["next"].split("/", 3)[3] if page.get("next") else None
        cpu, wall = server.cpu_s() - cpu, time.perf_counter() - wall
    if pages != len(urls):
        raise Refused(f"{pages} documents of {len(urls)}")
    return Cost(
        "Webkiln, reading results",
        pages,
        round(cpu / pages * 1000, 3),
        round(pages / wall, 1),
        round(peak.mb),
    )


def main() -> None:
    """Print one line of JSON a round and way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--times", type=int, default=2, help="how often a batch names each of the 2,000 pages"
    )
    given = parser.parse_args()
    with served() as urls, webkiln() as server:
        scrape(server, urls[:200], "fetched, not kept")  # the first pages load and compile things
        for _ in range(given.rounds):
            for way in WAYS:
                print(json.dumps(asdict(scrape(server, urls * given.times, way))), flush=True)
        print(json.dumps(asdict(read_back(server, urls))), flush=True)


if __name__ == "__main__":
    main()
