"""What other transactions change while a statement waits for their locks: PostgreSQL's READ COMMITTED."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from engine.conftest import empty
from engine.scenes import WORKER, new_job, outbox, submission, task_states
from webkiln.engine.outcome import Completed, Event
from webkiln.store import jobs, schema

CHANGE = text("UPDATE jobs SET served_at = served_at + 1 WHERE id = :job")
SOMEBODY_WAITS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def prepared(postgres):
    return postgres


@pytest.fixture
async def database(prepared, clock):
    """A database with so many jobs that PostgreSQL looks for each by the index."""

    def fill(connection):
        empty(connection)
        for _ in range(1_000):
            jobs.insert_staged(connection, new_job(clock))
        connection.execute(text("ANALYZE jobs"))

    await prepared.write(fill)
    return prepared


@pytest.fixture
def touched(database):
    """Change a job's row, and commit only when somebody waits for it."""

    def begin(job_id):
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work(connection):
            connection.execute(CHANGE, {"job": job_id})
            loop.call_soon_threadsafe(begun.set)
            for _ in range(200):
                if connection.execute(SOMEBODY_WAITS).scalar():
                    return True
                connection.execute(text("SELECT pg_sleep(0.02), pg_stat_clear_snapshot()"))
            return False

        return begun, asyncio.create_task(database.write(work))

    return begin


async def told(lifecycle, clock, count):
    """Submit a job whose end is announced in an outbox."""
    box = outbox(clock)
    made = submission(clock, count, outbox_id=box.job.id, announce_end=True)
    await lifecycle.submit(replace(made, outbox=box))
    return made, box


async def events(database, job_id):
    query = select(schema.jobs.c.submitted).where(schema.jobs.c.id == job_id)
    return await database.read(lambda connection: connection.execute(query).scalar())


@pytest.mark.parametrize("busy", ["job", "outbox"])
@pytest.mark.parametrize("page_event", [True, False])
async def test_a_finish_that_waited_for_a_row_still_sees_all_of_them(
    lifecycle, database, clock, touched, busy, page_event
):
    made, box = await told(lifecycle, clock, 1)
    [task] = await lifecycle.claim(WORKER, ["pages"], 1)
    before = await events(database, box.job.id)
    events_of_it = (Event(box.job.id, '{"event":"page"}'),) if page_event else ()
    begun, changed = touched(made.job.id if busy == "job" else box.job.id)
    await begun.wait()
    assert await lifecycle.finish(WORKER, [(task, Completed(b"{}", credits=1, events=events_of_it))]) == 0
    assert await changed
    assert await task_states(database, made.job.id) == {"completed": 1}
    assert await events(database, box.job.id) - before == len(events_of_it) + 1


@pytest.mark.parametrize("busy", ["job", "outbox"])
async def test_a_cancel_that_waited_for_a_row_still_finds_the_job_and_tells_of_it(
    lifecycle, database, clock, touched, busy
):
    made, box = await told(lifecycle, clock, 3)
    before = await events(database, box.job.id)
    begun, changed = touched(made.job.id if busy == "job" else box.job.id)
    await begun.wait()
    assert await lifecycle.cancel(made.job.id) == "cancelled"
    assert await changed
    assert await events(database, box.job.id) - before == 1
