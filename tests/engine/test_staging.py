"""Tasks stored in parts: nobody sees one before all are there, whatever happens in between."""

import asyncio

import pytest
from sqlalchemy import delete, func, select

from engine.scenes import WORKER, job_row, outbox, submission, task_states
from webkiln import errors
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Snoozed
from webkiln.engine.submitting import PART, Addition
from webkiln.store import jobs, staging
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.hosts import HostLimits
from webkiln.store.requests import Once
from webkiln.store.schema import specs, tasks

MANY = 2 * PART + 3


class Stopped(Exception):
    """The process dies here."""


class Interrupted:
    """A database in front of which something happens before the `at`th writing transaction."""

    def __init__(self, database, at, happens):
        self._database = database
        self._left = at
        self._happens = happens

    async def read(self, work):
        return await self._database.read(work)

    async def write(self, work, *, durable=True):
        self._left -= 1
        if self._left == 0:
            await self._happens()
        return await self._database.write(work, durable=durable)


def urls(count):
    return [f"https://site.test/more/{n}" for n in range(count)]


async def dies():
    raise Stopped


@pytest.fixture
def interrupted(database, clock):
    """Return a lifecycle to which something happens in the middle."""

    def make(at, happens, **more):
        return Lifecycle(
            Interrupted(database, at, happens), SilentDoorbell(), result_ttl_s=86_400, clock=clock, **more
        )

    return make


@pytest.fixture
async def job_id(lifecycle, clock):
    made = submission(clock, 1)
    await lifecycle.submit(made)
    return made.job.id


async def counted(database, table, job_id):
    query = select(func.count()).select_from(table).where(table.c.job_id == job_id)
    return await database.read(lambda connection: connection.execute(query).scalar())


async def test_a_large_addition_is_there_whole(lifecycle, database, job_id):
    box = Addition(job_id, b"{}", urls(MANY))
    assert await lifecycle.append(box) is True
    row = await job_row(database, job_id)
    assert (row.state, row.submitted, row.open) == ("running", MANY + 1, MANY + 1)
    claimed = []
    while more := await lifecycle.claim(WORKER, ["pages"], 1000):
        claimed += more
    assert [task.payload for task in claimed[1:]] == urls(MANY)


@pytest.mark.parametrize("at", [2, 3])
async def test_nothing_is_seen_of_an_addition_that_its_process_did_not_survive(
    interrupted, lifecycle, clock, database, job_id, at
):
    with pytest.raises(Stopped):
        await interrupted(at, dies).append(Addition(job_id, b"{}", urls(MANY)))
    assert await counted(database, tasks, job_id) == 1 + (at - 1) * PART
    row = await job_row(database, job_id)
    assert (row.submitted, row.open) == (1, 1)
    [first] = await lifecycle.claim(WORKER, ["pages"], 100)
    await lifecycle.finish(WORKER, [(first, Completed(b"{}"))])
    assert (await job_row(database, job_id)).state == "completed"
    assert await lifecycle.claim(WORKER, ["pages"], 100) == []

    def prune(connection):
        return staging.prune(connection, before=clock() + 1, limit=PART - 1)

    assert await database.read(lambda connection: staging.needs_prune(connection, before=clock() + 1))
    while await database.write(prune):
        pass
    assert not await database.read(lambda connection: staging.needs_prune(connection, before=clock() + 1))
    assert await counted(database, tasks, job_id) == await counted(database, specs, job_id) == 1


async def test_what_is_staged_keeps_no_job_awake(interrupted, lifecycle, clock, database, job_id):
    """The only page that may be taken is due later, and so is the job."""
    with pytest.raises(Stopped):
        await interrupted(3, dies).append(Addition(job_id, b"{}", urls(MANY)))
    [first] = await lifecycle.claim(WORKER, ["pages"], 100)
    await lifecycle.finish(WORKER, [(first, Snoozed(clock() + 60))])
    await database.write(lambda connection: jobs.set_runnable(connection, job_id, clock()))
    assert await lifecycle.claim(WORKER, ["pages"], 100) == []
    assert (await job_row(database, job_id)).runnable_at == clock() + 60


async def test_what_is_staged_takes_no_hosts_place(interrupted, clock, database, lifecycle, job_id):
    limits = HostLimits(1)
    many = urls(MANY)
    with pytest.raises(Stopped):
        await interrupted(3, dies).append(
            Addition(job_id, b"{}", many, hosts=[f"a{n % 50}.test" for n in range(MANY)])
        )
    await lifecycle.append(Addition(job_id, b"{}", urls(2), hosts=["z.test", "z.test"]))
    polite = Lifecycle(database, SilentDoorbell(), result_ttl_s=60, host_limits=limits, clock=clock)
    claimed = await polite.claim(WORKER, ["pages"], 20)
    assert [task.payload for task in claimed] == urls(1)


async def test_a_job_cancelled_in_the_middle_takes_no_more(interrupted, lifecycle, database, clock, job_id):
    async def cancelled():
        assert await lifecycle.cancel(job_id) == "cancelled"

    assert await interrupted(2, cancelled).append(Addition(job_id, b"{}", urls(MANY))) is False
    row = await job_row(database, job_id)
    assert (row.state, row.submitted, row.cancelled) == ("cancelled", 1, 1)
    await database.write(lambda connection: jobs.sweep_cancelled(connection, limit=9_999, now=clock()))
    assert "available" not in await task_states(database, job_id)


async def test_of_two_large_additions_at_once_each_is_whole(lifecycle, database, job_id):
    added = await asyncio.gather(
        *(lifecycle.append(Addition(job_id, b"{}", urls(count))) for count in (MANY, PART + 1))
    )
    assert added == [True, True]
    assert (await job_row(database, job_id)).open == MANY + PART + 2
    assert await task_states(database, job_id) == {"available": MANY + PART + 2}


async def test_a_large_addition_repeated_under_its_key_while_the_first_is_on_its_way(
    interrupted, lifecycle, database, job_id
):
    addition = Addition(job_id, b"{}", urls(MANY), once=Once("key", b"f" * 32, b"{}"))

    async def first():
        assert await lifecycle.append(addition) is True

    earlier = await interrupted(2, first).append(addition)
    assert earlier.job_id == job_id
    assert (await job_row(database, job_id)).submitted == MANY + 1


def forgotten(database):
    """Return what happens when PostgreSQL crashes: the latest of what had not reached the disk is gone."""

    def forget(connection):
        staged = select(specs.c.id, specs.c.staged).where(specs.c.staged_at.is_not(None))
        spec = connection.execute(staged).one()
        newest = select(tasks.c.id).where(tasks.c.spec_id == spec.id).order_by(tasks.c.id.desc()).limit(PART)
        connection.execute(delete(tasks).where(tasks.c.id.in_(newest)))
        connection.execute(specs.update().where(specs.c.id == spec.id).values(staged=spec.staged - PART))

    async def happens():
        await database.write(forget)

    return happens


async def test_an_addition_of_which_the_database_forgot_a_part_is_refused(interrupted, database, job_id):
    with pytest.raises(errors.Unavailable, match="lost"):
        await interrupted(3, forgotten(database)).append(Addition(job_id, b"{}", urls(MANY)))
    assert (await job_row(database, job_id)).submitted == 1


async def test_a_job_of_which_the_database_forgot_a_part_is_refused(interrupted, clock, database):
    made = submission(clock, MANY)
    with pytest.raises(errors.Unavailable, match="lost"):
        await interrupted(3, forgotten(database)).submit(made)
    assert (await job_row(database, made.job.id)).state == "staging"


async def test_a_job_of_which_the_database_forgot_everything_is_refused(interrupted, clock, database):
    made = submission(clock, MANY)

    async def forget():
        def work(connection):
            for table in (tasks, specs):
                connection.execute(delete(table).where(table.c.job_id == made.job.id))

        await database.write(work)

    with pytest.raises(errors.Unavailable, match="lost"):
        await interrupted(2, forget).submit(made)


async def test_an_addition_announces_itself_once_it_is_whole(interrupted, lifecycle, clock, job_id):
    box = outbox(clock)

    async def unseen():
        assert await lifecycle.claim(WORKER, ["events"], 5) == []

    assert await interrupted(3, unseen).append(Addition(job_id, b"{}", urls(MANY), box)) is True
    [event] = await lifecycle.claim(WORKER, ["events"], 5)
    assert event.job_id == box.job.id
