import asyncio

from engine.scenes import submission
from webkiln import ids
from webkiln.store import jobs, likenesses


async def page_ids(lifecycle, made):
    return [task.id for task in await lifecycle.claim(WORKER, ["pages"], 100) if task.job_id == made.job.id]


WORKER = "0198a000-0000-7000-8000-00000000aaaa"


def earlier(job_id, task_id, bits, bands=(1, 5_000)):
    return lambda connection: likenesses.earlier_like(
        connection, job_id, task_id, bits, bands, lambda other: abs(other - bits) <= 1
    )


async def test_a_page_repeats_the_first_that_is_like_it(lifecycle, clock, database):
    made = submission(clock, 4)
    await lifecycle.submit(made)
    first, second, third, fourth = sorted(await page_ids(lifecycle, made))
    job = made.job.id
    assert await database.write(earlier(job, first, -(2**63))) is None
    assert await database.write(earlier(job, second, 7)) is None
    found = await database.write(earlier(job, third, 8))
    assert found in made.payloads
    assert await database.write(earlier(job, fourth, 8)) == found
    assert await database.write(earlier(job, fourth, 8, bands=(2,))) is None
    assert await database.write(earlier(job, second, 7)) is None  # itself, tried again


async def test_pages_of_other_jobs_are_not_looked_at(lifecycle, clock, database):
    one, other = submission(clock, 1), submission(clock, 1)
    for made in (one, other):
        await lifecycle.submit(made)
    assert await database.write(earlier(one.job.id, ids.new_id(), 7)) is None
    assert await database.write(earlier(other.job.id, ids.new_id(), 7)) is None
    assert await database.write(earlier(ids.new_id(), ids.new_id(), 7)) is None


async def test_of_alike_pages_at_once_all_but_one_repeat(lifecycle, clock, database):
    made = submission(clock, 12)
    await lifecycle.submit(made)
    pages = await page_ids(lifecycle, made)
    found = await asyncio.gather(*(database.write(earlier(made.job.id, page, 7)) for page in pages))
    assert len(pages) == 12
    assert found.count(None) == 1


async def test_they_go_with_their_job(lifecycle, clock, database):
    made = submission(clock, 3)
    await lifecycle.submit(made)
    for place, page in enumerate(await page_ids(lifecycle, made)):
        await database.write(earlier(made.job.id, page, place * 100))
    await lifecycle.cancel(made.job.id)
    clock.advance(200_000)
    now = clock()
    while await database.read(lambda connection: jobs.needs_prune(connection, now=now, abandoned_before=0.0)):
        await database.write(
            lambda connection: jobs.prune(connection, now=now, abandoned_before=0.0, limit=2)
        )
    left = likenesses.likenesses.select()
    assert (await database.read(lambda connection: connection.execute(left).all())) == []
