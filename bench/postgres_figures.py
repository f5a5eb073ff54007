"""What PostgreSQL adds to a page, how far workers carry, and what a claim costs when much is queued.

    python bench/postgres_figures.py [--rounds 3]

The server is the one that the tests use, with its defaults for durability (fsync on); its CPU is
counted with Webkiln's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import asyncpg

import bloat
import processes
import smallpg
from running import Webkiln, webkiln
from serve import served
from webkiln import ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed
from webkiln.engine.submitting import Submission
from webkiln.store import leases
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.jobs import NewJob
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.upgrade import upgrade
from webkiln_batch import FORMATS, WAYS, scrape
from webkiln_figures import Figure, milliseconds, percentile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smallpg import PostgresServer

DURABLE = {"fsync": "on", "full_page_writes": "on"}
WAYS_COMPARED = ("fetched, kept in the cache", "fetched, not kept")
QUEUES = (100, 100_000)
CLAIMS = 100
AT_ONCE = 32
LARGE, SMALL, SMALL_BATCHES = 20_000, 200, 5
SCRAPES = 60
WAITED = "SELECT (served_at - created_at) * 1000 FROM jobs WHERE kind = 'scrape' AND created_at >= $1"
TEAM = "0198a000-0000-7000-8000-000000000001"


class Both(Webkiln):
    """A server with its PostgreSQL: the CPU of the two together."""

    def __init__(self, server: Webkiln, postgres: PostgresServer) -> None:
        """Speak to `server`; count all of PostgreSQL's processes too."""
        self.__dict__.update(server.__dict__)
        self._postmaster = postgres.pids()[0]
        self._url = postgres.url

    def cpu_s(self) -> float:
        """Return the CPU seconds everything has used so far."""
        return super().cpu_s() + processes.cpu_s(self._postmaster)

    def claimed_after_ms(self, since: float) -> list[float]:
        """Return how long each single scrape since then waited until a worker claimed it."""

        async def ask() -> list[float]:
            connection = await asyncpg.connect(self._url)
            rows = await connection.fetch(WAITED, since)
            await connection.close()
            return [row[0] for row in rows]

        return asyncio.run(ask())


@contextlib.contextmanager
def on_postgres(workers: int = 2) -> Iterator[Both]:
    """Run Webkiln on an empty PostgreSQL until the block ends."""
    with (
        smallpg.spawn(**DURABLE) as postgres,
        webkiln(workers=workers, name="pg", settings={"WEBKILN_DATABASE_URL": postgres.url}) as server,
    ):
        yield Both(server, postgres)


def added(urls: list[str], rounds: int) -> Iterator[Figure]:
    """Compare what pages cost on the two databases, by turns."""
    found: dict[tuple[str, str], list[float]] = {}
    with webkiln(name="lite") as lite, on_postgres() as big:
        for server in (lite, big):
            scrape(server, urls[:200], "fetched, not kept")
        for _ in range(rounds):
            for way in WAYS_COMPARED:
                for name, server in (("SQLite", lite), ("PostgreSQL", big)):
                    cost = scrape(server, urls * 2, way)
                    found.setdefault((way, name), []).append(cost.cpu_ms)
    for way in WAYS_COMPARED:
        lite_ms, big_ms = (found[way, name] for name in ("SQLite", "PostgreSQL"))
        differences = [b - a for a, b in zip(lite_ms, big_ms, strict=True)]
        yield Figure(
            f"CPU of a page, {way}",
            f"SQLite {statistics.median(lite_ms):.2f}, PostgreSQL {statistics.median(big_ms):.2f} ms:"
            f" +{statistics.median(differences):.2f}",
            "<= +0.30 ms, client and server",
        )


def throughput(urls: list[str]) -> Iterator[Figure]:
    """Measure pages a second with more and more workers."""
    for workers in (1, 2, 4):
        with on_postgres(workers) as server:
            scrape(server, urls[:400], "fetched, not kept")
            cost = scrape(server, urls * 2, "fetched, not kept")
        yield Figure(
            f"pages a second on PostgreSQL, {workers} workers",
            f"{cost.pages_s:.0f}, {cost.cpu_ms:.2f} ms each",
        )


async def _claims(database: PostgresDatabase, queued: int) -> list[float]:
    lifecycle = Lifecycle(database, SilentDoorbell(), result_ttl_s=60)
    now = time.time()
    worker = leases.Worker(ids.new_id(), "bench", str(queued))
    await database.write(
        lambda connection: leases.register(connection, worker, now=now, lease_until=now + 3600)
    )
    took = []
    left = 0
    job_id = ""
    for _ in range(CLAIMS):
        if left < AT_ONCE:
            await lifecycle.cancel(job_id or ids.new_id())
            job_id = ids.new_id()
            job = NewJob(job_id, TEAM, "pages", now, now + 3600)
            await lifecycle.submit(Submission(job, b"{}", ["https://example.com/"] * queued))
            left = queued
        before = time.perf_counter()
        held = await lifecycle.claim(worker.id, ["pages"], AT_ONCE)
        took.append((time.perf_counter() - before) * 1000)
        left -= len(held)
        await lifecycle.finish(worker.id, [(task, Completed(b"{}" * 5000)) for task in held])
    await lifecycle.cancel(job_id)
    return took


def claims(postgres: PostgresServer) -> Iterator[Figure]:
    """Time claims of 32 while little and much is queued."""

    async def measure() -> dict[int, list[float]]:
        database = PostgresDatabase(postgres.url, pool_size=4, timeout_s=30)
        await database.migrate(upgrade)
        found = {queued: await _claims(database, queued) for queued in QUEUES}
        await database.close()
        return found

    for queued, took in asyncio.run(measure()).items():
        yield Figure(
            f"claim of {AT_ONCE} of {queued:,} queued tasks",
            f"median {statistics.median(took):.1f} ms, p95 {percentile(took, 0.95):.1f}",
            "flat",
        )


def fairness(urls: list[str]) -> Iterator[Figure]:
    """Time small batches, and single pages, alone and while a large batch runs."""
    with on_postgres() as server:
        scrape(server, urls[:400], "fetched, not kept")
        alone = [_small(server, urls) for _ in range(SMALL_BATCHES)]
        single_alone = _singles(server, urls)
        lots = (urls * (LARGE * 5 // len(urls) + 1))[: LARGE * 5]
        large = server.start(lots, formats=FORMATS, **WAYS["fetched, not kept"])
        beside = [_small(server, urls) for _ in range(SMALL_BATCHES)]
        since = time.time()
        single_beside = _singles(server, urls)
        waited = server.claimed_after_ms(since)
        if server.status(large)["status"] != "scraping":
            raise RuntimeError("the large batch ended too soon to be a neighbour")
        server.cancel(large)
    yield Figure(
        f"a batch of {SMALL} pages, alone and beside one of {len(lots):,}",
        f"median {statistics.median(alone):.2f} s and {statistics.median(beside):.2f} s",
        "about twice: each gets half",
    )
    yield Figure(
        "a single scrape, alone and beside it",
        f"p50 {percentile(single_alone, 0.5):.0f} and {percentile(single_beside, 0.5):.0f} ms,"
        f" p95 {percentile(single_beside, 0.95):.0f}",
    )
    yield Figure(
        f"until it was claimed, beside {len(lots):,} queued pages",
        f"p50 {percentile(waited, 0.5):.0f} ms, p95 {percentile(waited, 0.95):.0f}",
        "<= 50 ms",
    )


def _small(server: Webkiln, urls: list[str]) -> float:
    before = time.perf_counter()
    job = server.start(urls[:SMALL], formats=FORMATS, **WAYS["fetched, not kept"])
    server.wait(job, every_s=0.02)
    return time.perf_counter() - before


def _singles(server: Webkiln, urls: list[str]) -> list[float]:
    return [
        milliseconds(lambda: server.ask("POST", "/v2/scrape", {"url": url, "maxAge": 0}))  # noqa: B023
        for url in urls[:SCRAPES]
    ]


def figures(urls: list[str], *, rounds: int, long: bool) -> Iterator[Figure]:
    """Measure everything, one after the other; `long` adds whether tables stay small."""
    yield from added(urls, rounds)
    yield from throughput(urls)
    with smallpg.spawn(**DURABLE) as postgres:
        yield from claims(postgres)
    yield from fairness(urls)
    if long:
        yield from bloat.figures()


def main() -> None:
    """Print the lines as they are measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", action="store_true")
    given = parser.parse_args()
    with served() as urls:
        for figure in figures(urls, rounds=given.rounds, long=given.long):
            print(figure, flush=True)


if __name__ == "__main__":
    main()
