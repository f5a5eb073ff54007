import itertools

import pytest
from sqlalchemy import func, select

from engine.scenes import TEAM, WORKER, document_bodies, job_row, new_job, outbox, submission, task_states
from webkiln import ids
from webkiln.engine.outcome import Completed
from webkiln.engine.submitting import Submission
from webkiln.store import jobs
from webkiln.store.schema import documents, specs, tasks
from webkiln.store.schema import jobs as job_table

KINDS = ["pages"]


async def ended(lifecycle, made):
    await lifecycle.submit(made)
    for task in await lifecycle.claim(WORKER, [made.job.kind], 1000):
        await lifecycle.finish(WORKER, [(task, Completed(b"{}"))])


async def rows(database):
    def count(connection):
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (job_table, specs, tasks, documents)
        ]

    return await database.read(count)


def prune(clock, limit=1000):
    return lambda connection: jobs.prune(connection, now=clock(), abandoned_before=clock() - 600, limit=limit)


def sweep(clock, limit=1000):
    return lambda connection: jobs.sweep_cancelled(connection, limit=limit, now=clock())


async def test_many_small_jobs_are_pruned_in_one_step(lifecycle, clock, database):
    """One job a step could not keep up with a client that scrapes a few pages a second."""
    for _ in range(30):
        await ended(lifecycle, submission(clock, 1))
    clock.advance(86_401)
    await database.write(prune(clock))
    assert await rows(database) == [0, 0, 0, 0]


async def test_pruning_goes_in_steps_and_takes_the_job_last(lifecycle, clock, database):
    made = submission(clock, 7)
    await ended(lifecycle, made)
    clock.advance(86_401)
    counts = []
    while await database.write(prune(clock, limit=3)):
        counts.append(await rows(database))
    assert counts[0] == [1, 1, 7, 4]
    assert counts[-1] == [0, 0, 0, 0]
    assert all(before >= after for before, after in itertools.pairwise(counts))


async def test_jobs_that_run_or_are_not_yet_expired_stay(lifecycle, clock, database):
    await lifecycle.submit(submission(clock, 2))
    clock.advance(100_000)
    await ended(lifecycle, submission(clock, 1, kind="others"))
    before = await rows(database)
    assert not await database.read(
        lambda connection: jobs.needs_prune(connection, now=clock(), abandoned_before=clock() - 600)
    )
    assert await database.write(prune(clock)) == 0
    assert await rows(database) == before


async def test_what_an_api_process_left_half_staged_is_pruned(database, clock):
    left = new_job(clock)

    def stage(connection):
        jobs.insert_staged(connection, left)
        spec_id = jobs.insert_spec(connection, left.id, b"{}")
        jobs.insert_tasks(connection, left.id, spec_id, ["a", "b"], run_at=0)

    await database.write(stage)
    clock.advance(599)
    assert await database.write(prune(clock)) == 0
    clock.advance(2)
    while await database.write(prune(clock)):
        continue
    assert await rows(database) == [0, 0, 0, 0]


async def test_an_outbox_is_kept_as_long_as_its_job(lifecycle, clock, database):
    box = outbox(clock)
    made = submission(clock, 1, outbox_id=box.job.id)
    parted = type(box)(new_job(clock, id=box.job.id, kind="events", fifo=True, parent_id=made.job.id), b"{}")
    await lifecycle.submit(Submission(made.job, b"{}", made.payloads, parted))
    clock.advance(100_000)  # the batch runs on; its outbox has had nothing to tell for more than a day
    assert await database.write(prune(clock)) == 0
    await lifecycle.cancel(made.job.id)
    clock.advance(100_000)
    while await database.write(prune(clock)):
        continue
    assert await rows(database) == [0, 0, 0, 0]


async def test_one_sweep_tidies_many_cancelled_jobs(lifecycle, clock, database):
    made = [submission(clock, 3) for _ in range(20)]
    for one in made:
        await lifecycle.submit(one)
    await lifecycle.claim(WORKER, KINDS, 30)
    for one in made[:-1]:
        await lifecycle.cancel(one.job.id)
    await database.write(sweep(clock))
    assert not await database.read(jobs.needs_sweep)
    for one in made[:-1]:
        assert await task_states(database, one.job.id) == {"cancelled": 3}
    assert "cancelled" not in await task_states(database, made[-1].job.id)


async def test_a_sweep_leaves_finished_tasks_alone(lifecycle, clock, database):
    made = submission(clock, 6)
    await lifecycle.submit(made)
    held = await lifecycle.claim(WORKER, KINDS, 4)
    await lifecycle.finish(WORKER, [(task, Completed(b"{}")) for task in held[:2]])
    await lifecycle.cancel(made.job.id)
    steps = 0
    while await database.read(jobs.needs_sweep):
        assert await database.write(sweep(clock, limit=1)) >= 1
        steps += 1
    assert steps == 3  # two that waited, then those in flight
    assert await task_states(database, made.job.id) == {"completed": 2, "cancelled": 4}
    assert len(await document_bodies(database, made.job.id)) == 2


@pytest.mark.parametrize("zero_retention", [False, True])
async def test_results_of_a_cancelled_job_stay_as_long_as_it_asked_for(
    lifecycle, clock, database, zero_retention
):
    made = submission(clock, 1, zero_retention=zero_retention)
    await lifecycle.submit(made)
    await lifecycle.cancel(made.job.id)
    job = await job_row(database, made.job.id)
    assert job.expires_at - clock() == (600 if zero_retention else 86_400)


async def test_jobs_of_others_and_of_other_kinds_are_unknown(lifecycle, clock, database):
    made = submission(clock, 1)
    await lifecycle.submit(made)

    async def read(team_id=TEAM, kinds=KINDS):
        return await database.read(
            lambda connection: jobs.read_job(
                connection, made.job.id, team_id=team_id, kinds=kinds, now=clock()
            )
        )

    assert (await read()).submitted == 1
    assert await read(team_id=ids.new_id()) is None
    assert await read(kinds=["crawl"]) is None


async def test_a_job_is_readable_while_it_runs_and_until_it_expires(lifecycle, clock, database):
    made = submission(clock, 1)
    await lifecycle.submit(made)

    async def read():
        return await database.read(
            lambda connection: jobs.read_job(connection, made.job.id, team_id=TEAM, kinds=KINDS, now=clock())
        )

    clock.advance(1_000_000)
    assert (await read()).state == "running"
    held = await lifecycle.claim(WORKER, KINDS, 1)
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}"))])
    clock.advance(86_399)
    assert (await read()).state == "completed"
    clock.advance(2)
    assert await read() is None


async def test_a_payload_may_hold_any_character_but_nul(lifecycle, clock):
    """PostgreSQL's text has no NUL, and no URL that is accepted has one."""
    odd = ["https://site.test/\x01/ü/\u2028/💥", "'; DROP TABLE tasks; --", '"%s" ? :name']
    made = submission(clock, 1)
    await lifecycle.submit(Submission(made.job, b"{}", odd))
    held = await lifecycle.claim(WORKER, KINDS, 5)
    assert sorted(task.payload for task in held) == sorted(odd)
