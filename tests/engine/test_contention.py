"""Claims and finishes that fight for the same jobs and hosts on PostgreSQL: nobody deadlocks."""

import asyncio
import random
from functools import partial

import pytest

import smallpg
from engine.scenes import new_job
from webkiln import errors, ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Event, Failed, Snoozed
from webkiln.engine.submitting import Submission
from webkiln.errors import SiteFailed
from webkiln.store import hosts, jobs, leases
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.hosts import HostLimits, HostNews
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.upgrade import upgrade

CLAIMERS = 8


@pytest.fixture(scope="module")
def server():
    try:
        with smallpg.spawn() as started:
            yield started
    except smallpg.Unavailable as missing:
        pytest.skip(f"PostgreSQL: {missing}")


async def again(attempt):
    """Repeat what waited too long for a row, as workers do; a busy machine may make anybody wait."""
    while True:
        try:
            return await attempt()
        except errors.Unavailable:
            await asyncio.sleep(0.05)


class Fight:
    """Workers on one database, each with connections of its own, and what they are to do."""

    def __init__(self, databases, clock, seed):
        self.clock = clock
        self.chance = random.Random(seed)
        self.lives = [
            Lifecycle(
                database,
                SilentDoorbell(),
                result_ttl_s=3_600,
                team_limit=200,
                host_limits=HostLimits(2, 0.0),
                clock=clock,
            )
            for database in databases
        ]
        self.workers = [ids.new_id() for _ in databases]
        self.claimed = self.stored = 0

    async def sign_on(self):
        for life, worker in zip(self.lives, self.workers, strict=True):
            row = leases.Worker(worker, "host", worker[:8])
            await life.database.write(
                lambda connection, row=row: leases.register(
                    connection, row, now=self.clock(), lease_until=self.clock() + 1e9
                )
            )

    async def submit(self, number, pages, site):
        """Start jobs whose pages are spread over the hosts of a site, most of which are new."""
        for _ in range(number):
            names = [f"h{site}-{self.chance.randrange(60)}.test" for _ in range(pages)]
            box = new_job(self.clock, kind="events", fifo=True, max_concurrency=1)
            await self.lives[0].submit(Submission(box, b"{}", ["start"]))
            job = new_job(self.clock, team_id=ids.new_id(), outbox_id=box.id, announce_end=True)
            await self.lives[0].submit(
                Submission(job, b"{}", [f"http://{name}/" for name in names], hosts=names)
            )

    def outcome(self, task):
        name = task.payload.removeprefix("http://").rstrip("/")
        news = HostNews(name, busy_s=0.0) if self.chance.random() < 0.3 else None
        match self.chance.randrange(4):
            case 0:
                return Snoozed(self.clock(), news=news)
            case 1:
                return Failed(SiteFailed("no"), news=news)
        events = () if task.told_id is None else (Event(task.told_id, "page"),)
        return Completed(b"{}", credits=1, events=events, news=news)

    async def work(self, place, claims):
        """Claim so many times, and finish what was claimed in batches that mix jobs and hosts."""
        life, worker = self.lives[place], self.workers[place]
        held = []
        for turn in range(claims):
            held += await again(lambda: life.claim(worker, ["pages", "events"], 24))
            self.claimed += 1
            if len(held) >= 24 or turn == claims - 1:
                self.chance.shuffle(held)
                batch, held = [(task, self.outcome(task)) for task in held[:32]], held[32:]
                await again(partial(life.finish, worker, batch))
                self.stored += len(batch)

    def tidy(self, connection):
        jobs.sweep_cancelled(connection, limit=500, now=self.clock())
        hosts.prune(connection, before=self.clock() - 1, limit=50)

    async def lead(self, stop):
        """Tidy up beside them, as the leader does."""
        life = self.lives[-1]
        while not stop.is_set():
            await again(lambda: life.database.write(self.tidy, durable=False))
            await asyncio.sleep(0.02)


async def fight(server, clock, *, rounds, claims, seed):
    databases = [PostgresDatabase(server.url, pool_size=3, timeout_s=20) for _ in range(CLAIMERS)]
    try:
        await databases[0].migrate(upgrade)
        fighting = Fight(databases, clock, seed)
        await fighting.sign_on()
        before = server.log()
        stop = asyncio.Event()
        leading = asyncio.create_task(fighting.lead(stop))
        for number in range(rounds):
            await fighting.submit(6, 20, f"{seed}-{number}")
            await asyncio.gather(*(fighting.work(place, claims) for place in range(CLAIMERS)))
            clock.advance(1)
        stop.set()
        await leading
        return fighting, server.log()[len(before) :]
    finally:
        for database in databases:
            await database.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_claims_and_finishes_of_eight_workers_wait_in_one_order(server, clock, seed):
    fought, log = await fight(server, clock, rounds=2, claims=6, seed=seed)
    assert (fought.claimed, log.count("deadlock detected")) == (2 * 6 * CLAIMERS, 0)
    assert fought.stored > 50


@pytest.mark.slow
async def test_ten_thousand_claims_meet_no_deadlock(server, clock):
    fought, log = await fight(server, clock, rounds=50, claims=25, seed=99)
    assert (fought.claimed, log.count("deadlock detected")) == (10_000, 0)
