"""PostgreSQL crashes, and forgets what had not reached the disk: nothing that anybody believes in."""

import asyncio

import pytest

import smallpg
from engine.conftest import Clock
from engine.scenes import WORKER, job_row, submission, task_states
from webkiln import errors
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Found, NextTask
from webkiln.engine.submitting import PART, Addition
from webkiln.store import leases
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.upgrade import upgrade

MANY = 2 * PART + 1_000


@pytest.fixture(scope="module")
def server():
    try:
        with smallpg.spawn() as started:
            yield started
    except smallpg.Unavailable as missing:
        pytest.skip(f"PostgreSQL: {missing}")


class Crashing:
    """A database that dies before the writing transaction of a number, and is started again."""

    def __init__(self, server, database):
        self._server = server
        self._database = database
        self.left = 0

    async def read(self, work):
        return await self._database.read(work)

    async def write(self, work, *, durable=True):
        self.left -= 1
        if self.left == 0:
            self._server.kill()
            self._server.start()
        return await self._database.write(work, durable=durable)


@pytest.fixture
async def scene(server):
    database = PostgresDatabase(server.url, pool_size=4, timeout_s=10)
    await database.migrate(upgrade)
    clock = Clock()
    crashing = Crashing(server, database)
    worker = leases.Worker(WORKER, "host", "slot")
    await database.write(lambda connection: leases.forget(connection, WORKER))
    await database.write(
        lambda connection: leases.register(connection, worker, now=clock(), lease_until=clock() + 1e9)
    )
    yield crashing, Lifecycle(crashing, SilentDoorbell(), result_ttl_s=3_600, clock=clock), clock
    await database.close()


async def again(attempt):
    """Do as the finisher does: repeat until the database has taken it."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await attempt()
            except errors.Unavailable:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("before", [2, 3])
async def test_what_a_page_found_is_there_after_a_crash_in_the_middle_of_storing_it(scene, before):
    crashing, lifecycle, clock = scene
    made = submission(clock, 1, page_limit=100_000)
    await lifecycle.submit(made)
    [task] = await lifecycle.claim(WORKER, ["pages"], 1)
    await crashing.write(lambda connection: connection.exec_driver_sql("SELECT pg_switch_wal()"))
    found = Found(tuple(NextTask(f"https://site.test/{n}", n, 1, 1) for n in range(MANY)))
    crashing.left = before
    await again(lambda: lifecycle.finish(WORKER, [(task, Completed(b"{}", found=found))]))
    row = await job_row(crashing, made.job.id)
    assert (row.state, row.submitted, row.open) == ("running", MANY + 1, MANY)
    assert await task_states(crashing, made.job.id) == {"completed": 1, "available": MANY}
    await lifecycle.cancel(made.job.id)


@pytest.mark.parametrize("before", [2, 3])
async def test_a_large_request_is_whole_or_refused_after_a_crash_in_the_middle_of_it(scene, before):
    crashing, lifecycle, clock = scene
    made = submission(clock, MANY)
    crashing.left = before
    try:
        await lifecycle.submit(made)
    except errors.Unavailable:
        assert await lifecycle.claim(WORKER, ["pages"], 5) == []
        return
    assert await task_states(crashing, made.job.id) == {"available": MANY}
    await lifecycle.cancel(made.job.id)


@pytest.mark.parametrize("before", [2, 3])
async def test_a_large_addition_is_whole_or_refused_after_a_crash_in_the_middle_of_it(scene, before):
    crashing, lifecycle, clock = scene
    made = submission(clock, 1)
    await lifecycle.submit(made)
    crashing.left = before
    try:
        await lifecycle.append(Addition(made.job.id, b"{}", list(submission(clock, MANY).payloads)))
        expected = MANY + 1
    except errors.Unavailable:
        expected = 1
    assert (await job_row(crashing, made.job.id)).open == expected
    claimed = []
    while more := await lifecycle.claim(WORKER, ["pages"], 2_000):
        claimed += more
    assert len(claimed) == expected
    await lifecycle.cancel(made.job.id)
