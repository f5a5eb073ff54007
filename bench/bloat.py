"""Whether tables stay small under a steady load: pages come, expire and are pruned, round after round.

    python bench/bloat.py [--rounds 24] [--pages 4000]

The engine itself submits, claims, finishes and prunes, on a clock that runs ahead: each round is as
if `--pages` pages had been scraped, and results live for four rounds. Autovacuum is PostgreSQL's own,
with the settings that the migrations give the tables; only its nap is shortened, as the time is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from sqlalchemy import text

import smallpg
from webkiln import ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.maintenance import Maintenance
from webkiln.engine.outcome import Completed
from webkiln.engine.submitting import Submission
from webkiln.store import leases
from webkiln.store.blobs import LocalBlobs
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.jobs import NewJob
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.upgrade import upgrade
from webkiln_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

TEAM = "0198a000-0000-7000-8000-000000000001"
ROUND_S, KEPT_ROUNDS = 100.0, 4
BATCH = 500
AT_ONCE = 32
ROUND_TAKES_S = 4.0  # so that autovacuum gets the rest between rounds that it has in life
SIZES = text(
    "SELECT pg_total_relation_size(CAST(:name AS regclass)), pg_indexes_size(CAST(:name AS regclass))"
)
TABLES = ("tasks", "documents", "jobs")


class Clock:
    """Unix time that runs when it is told to."""

    def __init__(self) -> None:
        """Begin now."""
        self.now = time.time()

    def __call__(self) -> float:
        """Return the time."""
        return self.now


async def one_round(lifecycle: Lifecycle, worker_id: str, clock: Clock, pages: int) -> None:
    """Scrape as many pages, in batches, with documents of usual sizes."""
    chance = random.Random(pages)
    for _ in range(pages // BATCH):
        job = NewJob(ids.new_id(), TEAM, "pages", clock(), clock() + ROUND_S * KEPT_ROUNDS)
        await lifecycle.submit(Submission(job, b"{}", ["https://example.com/a/page"] * BATCH))
        done = 0
        while done < BATCH:
            held = await lifecycle.claim(worker_id, ["pages"], AT_ONCE)
            bodies = [os.urandom(chance.randint(2_000, 20_000)) for _ in held]
            await lifecycle.finish(
                worker_id,
                [(task, Completed(body, credits=1)) for task, body in zip(held, bodies, strict=True)],
            )
            done += len(held)


async def run(url: str, rounds: int, pages: int) -> dict[str, list[float]]:
    """Return each table's size in MiB after every round."""
    database = PostgresDatabase(url, pool_size=4, timeout_s=30)
    await database.migrate(upgrade)
    clock = Clock()
    lifecycle = Lifecycle(database, SilentDoorbell(), result_ttl_s=ROUND_S * KEPT_ROUNDS, clock=clock)
    worker = leases.Worker(ids.new_id(), "bench", "bloat")
    await database.write(lambda connection: leases.register(connection, worker, now=0, lease_until=1e12))
    keeper = Maintenance(
        lifecycle,
        holder=worker.id,
        cache_max_bytes=0,
        texts_max_size=0,
        blobs=LocalBlobs(Path("/nonexistent")),
    )
    sizes: dict[str, list[float]] = {name: [] for name in TABLES}
    for _ in range(rounds):
        began = time.monotonic()
        await one_round(lifecycle, worker.id, clock, pages)
        clock.now += ROUND_S
        await keeper.round()
        await asyncio.sleep(max(0.0, ROUND_TAKES_S - (time.monotonic() - began)))
        for name in TABLES:
            row = await database.read(lambda c, name=name: c.execute(SIZES, {"name": name}).one())
            sizes[name].append(row[0] / 2**20)
    await database.close()
    return sizes


def figures(rounds: int = 24, pages: int = 4_000) -> Iterator[Figure]:
    """Yield a line for each table."""
    with smallpg.spawn(autovacuum_naptime="2s") as postgres:
        sizes = asyncio.run(run(postgres.url, rounds, pages))
    marks = [round(rounds * part) - 1 for part in (0.25, 0.5, 0.75, 1.0)]
    for name, found in sizes.items():
        trend = " ".join(f"{found[mark]:.0f}" for mark in marks)
        yield Figure(
            f"MiB of {name} after {', '.join(str(mark + 1) for mark in marks)} rounds of {pages:,} pages",
            trend,
            f"flat; {KEPT_ROUNDS} rounds are kept",
        )


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--pages", type=int, default=4_000)
    given = parser.parse_args()
    for figure in figures(given.rounds, given.pages):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
