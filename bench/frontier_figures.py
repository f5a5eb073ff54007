"""What a claim and a finish cost while a crawl knows of ten thousand, a hundred thousand and a million pages.

    python bench/frontier_figures.py [--most 1000000] [--postgres]

Each finish brings 32 pages with 50 links each: 45 that the crawl has met, picked at random from all
of them, and 5 new ones. Neither the cost nor the memory of the worker may grow with the frontier.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import smallpg
from webkiln import ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Found, NextTask
from webkiln.engine.submitting import Addition, Submission
from webkiln.store import leases, visited
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.jobs import NewJob
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.upgrade import upgrade
from webkiln_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from webkiln.store.database import Database
    from webkiln.store.tasks import ClaimedTask

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS, BATCH, LINKS, NEW = 60, 32, 50, 5
TEAM = "0198a000-0000-7000-8000-000000000001"
DOCUMENT = b'{"markdown":"' + b"x" * 4_000 + b'"}'
_STRIDE = 0x9E3779B97F4A7C15  # spreads small numbers over 64 bits, as a hash does
_CHUNK = 20_000


class Cost(NamedTuple):
    """Milliseconds a page: of this process's CPU, and of waiting, for the claim and for the finish."""

    cpu: float
    claim: float
    finish: float
    memory_mb: float


def link(number: int) -> NextTask:
    """Return the page of a number as a crawl finds it."""
    key = ((number * _STRIDE) & (2**64 - 1)) - 2**63
    return NextTask(f"https://site.test/page/{number}", key, 3, 3, "site.test")


async def fill(lifecycle: Lifecycle, job_id: str, size: int) -> None:
    """Let the job have met so many pages that are waiting to be fetched."""
    for first in range(0, size, _CHUNK):
        pages = [link(number) for number in range(first, min(first + _CHUNK, size))]

        def work(connection: Connection, keys: list[int]) -> None:
            visited.note(connection, job_id, keys)

        keys = [page.key for page in pages]
        await lifecycle.database.write(lambda connection, keys=keys: work(connection, keys), durable=False)
        await lifecycle.append(Addition(job_id, b"{}", [page.payload for page in pages]))


def found(numbers: Iterator[int], known: int, chance: random.Random) -> Found:
    """Return the links of one page."""
    met = [link(chance.randrange(known)) for _ in range(LINKS - NEW)]
    return Found((*met, *(link(next(numbers)) for _ in range(NEW))))


async def one_size(database: Database, size: int) -> Cost:
    """Measure rounds of claims and finishes beside a frontier of a size."""
    lifecycle = Lifecycle(database, SilentDoorbell(), result_ttl_s=86_400)
    now, worker = time.time(), leases.Worker(ids.new_id(), "bench", "slot")
    await database.write(
        lambda connection: leases.register(connection, worker, now=now, lease_until=now + 1e6)
    )
    job = NewJob(ids.new_id(), TEAM, "crawl", now, now + 86_400, page_limit=2**31 - 1)
    await lifecycle.submit(Submission(job, b"{}", [link(0).payload]))
    await fill(lifecycle, job.id, size)
    chance, numbers = random.Random(size), iter(range(size, 2**40))
    claim_s = finish_s = 0.0
    cpu = time.process_time()
    for _ in range(ROUNDS):
        before = time.perf_counter()
        held: list[ClaimedTask] = await lifecycle.claim(worker.id, ["crawl"], BATCH)
        claim_s += time.perf_counter() - before
        outcomes = [(task, Completed(DOCUMENT, 1, found=found(numbers, size, chance))) for task in held]
        before = time.perf_counter()
        await lifecycle.finish(worker.id, outcomes)
        finish_s += time.perf_counter() - before
    pages = ROUNDS * BATCH
    cpu = (time.process_time() - cpu) / pages * 1000
    await lifecycle.cancel(job.id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(cpu, claim_s / pages * 1000, finish_s / pages * 1000, peak)


async def measure(database: Database, most: int) -> list[tuple[int, Cost]]:
    """Measure all sizes on one database, the small ones first."""
    await database.migrate(upgrade)
    try:
        return [(size, await one_size(database, size)) for size in SIZES if size <= most]
    finally:
        await database.close()


def figures(*, most: int = SIZES[-1], postgres: bool = True) -> Iterator[Figure]:
    """Yield a line for each size and database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        databases: list[tuple[str, Database]] = [("SQLite", SqliteDatabase(folder / "frontier.db"))]
        if postgres:
            url = stack.enter_context(smallpg.spawn()).url
            databases.append(("PostgreSQL", PostgresDatabase(url, pool_size=4, timeout_s=60)))
        for name, database in databases:
            for size, cost in asyncio.run(measure(database, most)):
                value = (
                    f"CPU {cost.cpu:.2f} ms, claim {cost.claim:.2f}, finish {cost.finish:.2f} ms a page, "
                    f"{cost.memory_mb:.0f} MiB"
                )
                yield Figure(f"a frontier of {size:,} pages, {name}", value, "goal: flat")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    for figure in figures(most=given.most, postgres=given.postgres):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
