from engine.scenes import OTHER_WORKER, WORKER, job_row, submission
from webkiln import ids
from webkiln.store import tasks

KINDS = ["pages"]


async def test_what_is_held_names_its_attempt(lifecycle, clock, database):
    await lifecycle.submit(submission(clock, 2))
    held = await lifecycle.claim(WORKER, KINDS, 2)
    asked = [task.id for task in held] + [ids.new_id()]
    for worker, found in ((WORKER, {task.id: 1 for task in held}), (OTHER_WORKER, {})):
        assert (
            await database.read(lambda connection, worker=worker: tasks.still_held(connection, worker, asked))
            == found
        )


async def test_a_rescue_gives_everything_back_but_what_is_cancelled(lifecycle, clock, database):
    kept, gone = submission(clock, 3), submission(clock, 3)
    for made in (kept, gone):
        await lifecycle.submit(made)
    assert len(await lifecycle.claim(WORKER, KINDS, 6)) == 6
    await lifecycle.cancel(gone.job.id)

    def rescue(connection):
        return tasks.rescue(connection, WORKER, suspects=[], now=clock())

    assert await database.write(rescue) == 3
    assert await database.write(rescue) == 0
    job = await job_row(database, kept.job.id)
    assert (job.running, job.open) == (0, 3)
    assert len(await lifecycle.claim(OTHER_WORKER, KINDS, 9)) == 3
