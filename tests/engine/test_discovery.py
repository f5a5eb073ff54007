"""Jobs that grow by what their own tasks find: each thing once, limits to the page, levels, pauses."""

import asyncio

import pytest

from engine.scenes import OTHER_WORKER, TEAM, WORKER, document_bodies, job_row, submission, task_states
from webkiln import errors
from webkiln.engine.outcome import Completed, Failed, Found, GivenBack, NextTask, Snoozed


def page(number, **more):
    return NextTask(f"https://site.test/p/{number}", key=number, **more)


def pages(*numbers, **more):
    return tuple(page(number, **more) for number in numbers)


async def claim(lifecycle, slots=10, worker=WORKER):
    return await lifecycle.claim(worker, ["pages"], slots)


async def finish(lifecycle, task, *found, worker=WORKER, **more):
    done = Completed(task.payload.encode(), credits=1, found=Found(tasks=tuple(found), **more))
    return await lifecycle.finish(worker, [(task, done)])


async def crawl(lifecycle, clock, **more):
    made = submission(clock, 1, **more)
    await lifecycle.submit(made)
    (start,) = await claim(lifecycle)
    return made.job.id, start


async def test_what_a_task_finds_becomes_tasks_of_its_job(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock)
    await finish(lifecycle, start, *pages(1, 2, depth=1, priority=1))
    job = await job_row(database, job_id)
    assert (job.state, job.submitted, job.open, job.completed) == ("running", 3, 2, 1)
    claimed = await claim(lifecycle)
    assert [(task.payload, task.depth, task.spec_id) for task in claimed] == [
        ("https://site.test/p/1", 1, start.spec_id),
        ("https://site.test/p/2", 1, start.spec_id),
    ]
    for task in claimed:
        await finish(lifecycle, task, *pages(1, 2))
    job = await job_row(database, job_id)
    assert (job.state, job.submitted, job.open, job.completed) == ("completed", 3, 0, 3)


async def test_a_job_meets_everything_once_whoever_finds_it(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock)
    await finish(lifecycle, start, *pages(1, 1, 2, 2))
    first, second = await claim(lifecycle)
    other = type(lifecycle)(database, lifecycle.doorbell, result_ttl_s=60, clock=clock)  # knows nothing yet
    both = [
        (first, Completed(b"1", found=Found(tasks=pages(1, 2, 3, 4)))),
        (second, Completed(b"2", found=Found(tasks=pages(4, 3, 5)))),
    ]
    await other.finish(WORKER, both)
    assert sorted(task.payload[-1] for task in await claim(lifecycle)) == ["3", "4", "5"]
    assert (await job_row(database, job_id)).submitted == 6


async def test_two_jobs_meet_the_same_pages_each_for_itself(lifecycle, clock, database):
    for _ in range(2):
        job_id, start = await crawl(lifecycle, clock)
        await finish(lifecycle, start, *pages(1))
        (task,) = await claim(lifecycle)
        await finish(lifecycle, task)
        assert (await job_row(database, job_id)).documents == 2


async def test_found_tasks_may_have_a_spec_of_their_own(lifecycle, clock):
    _, start = await crawl(lifecycle, clock)
    await finish(lifecycle, start, *pages(1), spec=b'{"moved":true}')
    (task,) = await claim(lifecycle)
    assert task.spec_id != start.spec_id


async def test_of_two_tasks_that_turn_out_to_be_one_page_the_later_is_no_document(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock)
    await finish(lifecycle, start, *pages(1, 2, 3))
    one, two, three = await claim(lifecycle)
    await finish(lifecycle, one, identities=(99,))
    await finish(lifecycle, two, identities=(99,))
    await finish(lifecycle, three, identities=(1,))  # what another task was made for
    job = await job_row(database, job_id)
    assert (job.state, job.completed, job.failed, job.documents, job.credits) == ("completed", 2, 2, 2, 2)


async def test_the_later_of_two_may_be_the_shorter_way_to_what_it_links_to(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock, level=0)
    await finish(lifecycle, start, page(1, depth=1), page(2, depth=1))
    redirected, other = await claim(lifecycle)
    await finish(lifecycle, other, page(3, depth=2))
    await finish(lifecycle, redirected, page(4, depth=2), identities=(3,))
    third, fourth = await claim(lifecycle)
    await finish(lifecycle, third, page(4, depth=3))
    assert (fourth.payload[-1], fourth.depth) == ("4", 2)
    await finish(lifecycle, fourth)
    job = await job_row(database, job_id)
    assert (job.state, job.documents, job.failed) == ("completed", 4, 1)


async def test_what_is_only_recorded_has_failed_and_costs_no_place(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock, page_limit=2)
    await finish(lifecycle, start, page(1, error=errors.RobotsBlocked("no")), page(2))
    job = await job_row(database, job_id)
    assert (job.open, job.failed, job.submitted) == (1, 1, 3)
    assert await task_states(database, job_id) == {"available": 1, "completed": 1, "failed": 1}


async def test_a_limit_is_met_to_the_page_and_failed_pages_give_their_place_back(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock, page_limit=5)
    await finish(lifecycle, start, *pages(*range(1, 40)))
    first = await claim(lifecycle, 20)
    assert len(first) == 4
    assert await claim(lifecycle, 20, OTHER_WORKER) == []
    await lifecycle.finish(WORKER, [(task, Failed(errors.SiteFailed("no"))) for task in first[:3]])
    second = await claim(lifecycle, 20, OTHER_WORKER)
    assert len(second) == 3
    await finish(lifecycle, first[3])
    for task in second:
        await finish(lifecycle, task, worker=OTHER_WORKER)
    job = await job_row(database, job_id)
    assert (job.state, job.documents, job.completed, job.failed) == ("completed", 5, 5, 3)
    assert (job.open, job.running, job.submitted, job.cancelled) == (0, 0, 40, 32)
    assert await claim(lifecycle, 20) == []
    assert len(await document_bodies(database, job_id)) == 5


async def test_a_limit_holds_however_many_claim_at_once(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock, page_limit=7)
    await finish(lifecycle, start, *pages(*range(1, 60)))
    for _ in range(30):
        batches = await asyncio.gather(
            *(claim(lifecycle, 3, worker) for worker in (WORKER, OTHER_WORKER, WORKER, OTHER_WORKER))
        )
        workers = (WORKER, OTHER_WORKER, WORKER, OTHER_WORKER)
        await asyncio.gather(
            *(
                lifecycle.finish(
                    worker,
                    [
                        (
                            task,
                            Completed(b"{}")
                            if task.payload[-1] in "13579"
                            else Failed(errors.SiteFailed("")),
                        )
                        for task in batch
                    ],
                )
                for worker, batch in zip(workers, batches, strict=True)
            )
        )
    job = await job_row(database, job_id)
    assert (job.state, job.documents) == ("completed", 7)


async def test_a_job_with_a_limit_keeps_no_more_than_it_can_use(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock, page_limit=3)
    await finish(lifecycle, start, *pages(*range(1, 5_001)))
    assert 1_000 <= (await job_row(database, job_id)).open <= 1_010


@pytest.mark.parametrize("count", [4_500, 4_001, 2_000])
async def test_a_great_find_is_stored_in_parts(lifecycle, clock, database, count):
    job_id, start = await crawl(lifecycle, clock)
    await finish(lifecycle, start, *pages(*range(count)))
    job = await job_row(database, job_id)
    assert (job.open, job.submitted, job.completed) == (count, count + 1, 1)


async def test_a_great_find_of_a_cancelled_job_is_dropped(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock)
    await lifecycle.cancel(job_id)
    assert await finish(lifecycle, start, *pages(*range(4_500))) == 1
    assert (await job_row(database, job_id)).submitted == 1


async def test_levels_wait_for_each_other(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock, level=0)
    await finish(lifecycle, start, page(1, priority=1), page(2, priority=1), page(9, priority=2))
    one, two = await claim(lifecycle)
    await finish(lifecycle, one, page(3, priority=2))
    assert await claim(lifecycle) == []
    clock.now += 1
    assert await claim(lifecycle) == []
    await lifecycle.finish(WORKER, [(two, Snoozed(clock() + 5))])
    clock.now += 1
    assert await claim(lifecycle) == []
    clock.now += 5
    (again,) = await claim(lifecycle)
    await lifecycle.finish(WORKER, [(again, GivenBack())])
    (again,) = await claim(lifecycle)
    await finish(lifecycle, again)
    deep = await claim(lifecycle)
    assert sorted(task.payload[-1] for task in deep) == ["3", "9"]
    assert (await job_row(database, job_id)).level == 2


async def test_a_delay_lies_between_the_end_of_a_page_and_the_next(lifecycle, clock):
    _, start = await crawl(lifecycle, clock, max_concurrency=1, delay_s=3.0)
    await finish(lifecycle, start, *pages(1, 2))
    assert await claim(lifecycle) == []
    clock.now += 2.9
    assert await claim(lifecycle) == []
    clock.now += 0.2
    (first,) = await claim(lifecycle)
    clock.now += 10
    assert await claim(lifecycle) == []  # one at a time
    await finish(lifecycle, first)
    assert await claim(lifecycle) == []
    clock.now += 3.1
    assert len(await claim(lifecycle)) == 1


async def test_nothing_of_a_paused_job_is_claimed_and_what_was_is_kept(lifecycle, clock, database):
    made = submission(clock, 3)
    await lifecycle.submit(made)
    held = await claim(lifecycle, 1)
    assert await lifecycle.pause(made.job.id, team_id=TEAM, kinds=["pages"]) == "running"
    assert await claim(lifecycle) == []
    await finish(lifecycle, held[0], *pages(1))
    job = await job_row(database, made.job.id)
    assert (job.state, job.paused, job.completed, job.open) == ("running", True, 1, 3)
    assert await claim(lifecycle) == []
    assert await lifecycle.pause(made.job.id, team_id=TEAM, kinds=["pages"], paused=False) == "running"
    assert len(await claim(lifecycle)) == 3


async def test_a_paused_job_can_be_cancelled_and_only_its_team_can_pause_it(lifecycle, clock):
    made = submission(clock, 3)
    await lifecycle.submit(made)
    stranger = "0198a000-0000-7000-8000-00000000eeee"
    assert await lifecycle.pause(made.job.id, team_id=stranger, kinds=["pages"]) is None
    assert await lifecycle.pause(made.job.id, team_id=TEAM, kinds=["others"]) is None
    await lifecycle.pause(made.job.id, team_id=TEAM, kinds=["pages"])
    assert await lifecycle.cancel(made.job.id) == "cancelled"
    assert await lifecycle.pause(made.job.id, team_id=TEAM, kinds=["pages"], paused=False) == "cancelled"


async def test_notes_are_kept_once_each(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock)
    await finish(lifecycle, start, *pages(1, 2), notes=("One.", "Two."))
    for task in await claim(lifecycle):
        await finish(lifecycle, task, notes=("Two.", "Three."))
    assert (await job_row(database, job_id)).notes == "One.\nTwo.\nThree."


async def test_a_page_redone_after_its_worker_died_finds_again_what_it_had_found(lifecycle, clock, database):
    job_id, start = await crawl(lifecycle, clock)
    await finish(lifecycle, start, *pages(1))
    (task,) = await claim(lifecycle)
    await lifecycle.reconcile(WORKER, [])
    assert await finish(lifecycle, task, *pages(2, 3)) == 1
    (again,) = await claim(lifecycle)
    assert await finish(lifecycle, again, *pages(2, 3)) == 0
    assert len(await claim(lifecycle)) == 2
    assert (await job_row(database, job_id)).submitted == 4
