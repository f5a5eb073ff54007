import asyncio
import json

import pytest

from engine.scenes import OTHER_WORKER, WORKER, document_bodies, job_row, outbox, submission, task_states
from webkiln import errors
from webkiln.engine.outcome import Completed, Event, Failed, GivenBack, Snoozed
from webkiln.engine.submitting import Addition, Submission
from webkiln.store import job_lists, jobs, leases
from webkiln.store.requests import Once


async def complete(lifecycle, tasks, worker=WORKER):
    return await lifecycle.finish(
        worker, [(task, Completed(task.payload.encode(), credits=1)) for task in tasks]
    )


async def test_a_job_is_claimed_finished_and_completed(lifecycle, clock, database):
    made = submission(clock, 3)
    await lifecycle.submit(made)
    claimed = await lifecycle.claim(WORKER, ["pages"], 10)
    assert [task.payload for task in claimed] == list(made.payloads)
    assert (await job_row(database, made.job.id)).running == 3

    assert await complete(lifecycle, claimed) == 0
    job = await job_row(database, made.job.id)
    assert (job.state, job.completed, job.open, job.running, job.credits) == ("completed", 3, 0, 0, 3)
    assert job.finished_at == clock.now
    assert await document_bodies(database, made.job.id) == [payload.encode() for payload in made.payloads]


async def test_claims_take_only_kinds_asked_for(lifecycle, clock):
    await lifecycle.submit(submission(clock, 1))
    assert await lifecycle.claim(WORKER, ["other"], 10) == []


async def test_two_workers_never_hold_the_same_task(lifecycle, clock):
    await lifecycle.submit(submission(clock, 10))
    batches = await asyncio.gather(
        *(lifecycle.claim(worker, ["pages"], 4) for worker in (WORKER, OTHER_WORKER, WORKER))
    )
    held = [task.id for batch in batches for task in batch]
    assert len(held) == len(set(held)) == 10


async def test_max_concurrency_holds_over_claims(lifecycle, clock):
    await lifecycle.submit(submission(clock, 5, max_concurrency=2))
    first = await lifecycle.claim(WORKER, ["pages"], 10)
    assert len(first) == 2
    assert await lifecycle.claim(OTHER_WORKER, ["pages"], 10) == []
    await complete(lifecycle, first[:1])
    assert len(await lifecycle.claim(OTHER_WORKER, ["pages"], 10)) == 1


async def test_team_limit_holds_over_jobs(lifecycle, clock, database):
    limited = type(lifecycle)(database, lifecycle.doorbell, result_ttl_s=60, team_limit=3, clock=clock)
    await limited.submit(submission(clock, 2))
    await limited.submit(submission(clock, 2))
    assert len(await limited.claim(WORKER, ["pages"], 10)) == 3
    assert await limited.claim(WORKER, ["pages"], 10) == []


async def test_jobs_of_one_priority_share_a_claim_and_take_turns(lifecycle, clock):
    big, small = submission(clock, 100), submission(clock, 2)
    await lifecycle.submit(big)
    await lifecycle.submit(small)
    claimed = await lifecycle.claim(WORKER, ["pages"], 4)
    assert sorted(task.job_id for task in claimed).count(small.job.id) == 2


async def test_a_lower_number_is_served_first(lifecycle, clock):
    await lifecycle.submit(submission(clock, 5, priority=20))
    urgent = submission(clock, 1, priority=0)
    await lifecycle.submit(urgent)
    claimed = await lifecycle.claim(WORKER, ["pages"], 1)
    assert claimed[0].job_id == urgent.job.id


async def test_a_cancelled_job_is_neither_claimed_nor_stored(lifecycle, clock, database):
    made = submission(clock, 4)
    await lifecycle.submit(made)
    claimed = await lifecycle.claim(WORKER, ["pages"], 2)
    await complete(lifecycle, claimed[:1])
    assert await lifecycle.cancel(made.job.id) == "cancelled"
    assert await lifecycle.claim(WORKER, ["pages"], 10) == []
    assert await complete(lifecycle, claimed[1:]) == 1
    job = await job_row(database, made.job.id)
    assert (job.completed, job.cancelled, job.open, job.running) == (1, 3, 0, 0)
    assert len(await document_bodies(database, made.job.id)) == 1


async def test_cancelling_again_or_too_late_changes_nothing(lifecycle, clock, database):
    made = submission(clock, 1)
    await lifecycle.submit(made)
    await complete(lifecycle, await lifecycle.claim(WORKER, ["pages"], 1))
    before = await job_row(database, made.job.id)
    assert await lifecycle.cancel(made.job.id) == "completed"
    assert await job_row(database, made.job.id) == before

    other = submission(clock, 1)
    await lifecycle.submit(other)
    assert await lifecycle.cancel(other.job.id) == "cancelled"
    assert await lifecycle.cancel(other.job.id) == "cancelled"
    assert await lifecycle.cancel("0198a000-0000-7000-8000-00000000ffff") is None


async def test_the_race_of_cancel_and_completion_has_one_winner(lifecycle, clock, database):
    for _ in range(20):
        made = submission(clock, 1)
        await lifecycle.submit(made)
        claimed = await lifecycle.claim(WORKER, ["pages"], 1)
        said, dropped = await asyncio.gather(lifecycle.cancel(made.job.id), complete(lifecycle, claimed))
        job = await job_row(database, made.job.id)
        assert job.state == said
        assert (job.completed, dropped) == ((0, 1) if said == "cancelled" else (1, 0))


async def test_sweeping_marks_the_rows_of_cancelled_jobs_in_chunks(lifecycle, clock, database):
    made = submission(clock, 5)
    await lifecycle.submit(made)
    await lifecycle.cancel(made.job.id)
    assert await database.read(jobs.needs_sweep)
    await database.write(lambda connection: jobs.sweep_cancelled(connection, limit=3, now=clock()))
    assert await task_states(database, made.job.id) == {"available": 2, "cancelled": 3}
    await database.write(lambda connection: jobs.sweep_cancelled(connection, limit=3, now=clock()))
    assert await task_states(database, made.job.id) == {"cancelled": 5}
    assert not await database.read(jobs.needs_sweep)


async def test_failed_tasks_do_not_fail_the_job_and_keep_their_error(lifecycle, clock, database):
    made = submission(clock, 2)
    await lifecycle.submit(made)
    claimed = await lifecycle.claim(WORKER, ["pages"], 2)
    await lifecycle.finish(WORKER, [(task, Failed(errors.TlsFailed("no trust"))) for task in claimed])
    job = await job_row(database, made.job.id)
    assert (job.state, job.failed, job.credits) == ("completed", 2, 0)


async def test_a_snoozed_task_comes_back_when_it_is_due(lifecycle, clock):
    made = submission(clock, 1)
    await lifecycle.submit(made)
    claimed = await lifecycle.claim(WORKER, ["pages"], 1)
    await lifecycle.finish(WORKER, [(claimed[0], Snoozed(clock() + 30))])
    assert await lifecycle.claim(WORKER, ["pages"], 1) == []
    clock.advance(31)
    again = await lifecycle.claim(WORKER, ["pages"], 1)
    assert (again[0].id, again[0].tries, again[0].attempt) == (claimed[0].id, 1, 2)


async def test_a_task_given_back_costs_no_try(lifecycle, clock):
    await lifecycle.submit(submission(clock, 1))
    claimed = await lifecycle.claim(WORKER, ["pages"], 1)
    await lifecycle.finish(WORKER, [(claimed[0], GivenBack())])
    again = await lifecycle.claim(OTHER_WORKER, ["pages"], 1)
    assert (again[0].tries, again[0].crashes) == (0, 0)


async def test_a_dead_workers_tasks_are_rescued_and_its_late_results_dropped(
    lifecycle, clock, database, tmp_path
):
    made = submission(clock, 3)
    await lifecycle.submit(made)
    dead = leases.Worker(WORKER, "host", WORKER[-4:])
    held = await lifecycle.claim(WORKER, ["pages"], 2)
    (tmp_path / dead.slot).write_text(held[0].id)
    assert await lifecycle.rescue(dead, tmp_path) == 2
    again = {task.id: task for task in await lifecycle.claim(OTHER_WORKER, ["pages"], 5)}
    assert len(again) == 3
    assert [again[task.id].crashes for task in held] == [1, 0]
    assert await complete(lifecycle, held) == 2
    assert await complete(lifecycle, again.values(), OTHER_WORKER) == 0
    assert (await job_row(database, made.job.id)).completed == 3


async def test_a_worker_that_renews_its_lease_at_the_last_moment_is_not_dead(
    lifecycle, clock, database, tmp_path
):
    await lifecycle.submit(submission(clock, 1))
    held = await lifecycle.claim(WORKER, ["pages"], 1)
    worker = leases.Worker(WORKER, "host", WORKER[-4:])
    seen = (await database.read(leases.all_workers))[worker]
    await database.write(lambda connection: leases.renew(connection, WORKER, seen + 15))
    assert await lifecycle.rescue(worker, tmp_path, lease=seen) is None
    assert await complete(lifecycle, held) == 0


async def test_what_a_lost_claim_took_is_given_back_and_what_is_in_hand_is_not(lifecycle, clock, database):
    made = submission(clock, 5)
    await lifecycle.submit(made)
    known = await lifecycle.claim(WORKER, ["pages"], 2)
    lost = await lifecycle.claim(WORKER, ["pages"], 2)
    assert await lifecycle.reconcile(WORKER, {task.id for task in known}) == 2
    assert await complete(lifecycle, known) == 0
    assert await complete(lifecycle, lost) == 2
    again = await lifecycle.claim(OTHER_WORKER, ["pages"], 5)
    assert [(task.tries, task.crashes) for task in again] == [(0, 0)] * 3
    assert (await job_row(database, made.job.id)).running == 3


async def test_a_worker_taken_for_dead_claims_nothing_more(lifecycle, clock, database, tmp_path):
    """Nobody would ever give back what it took: its lease is gone, and with it the one to rescue from."""
    made = submission(clock, 3)
    await lifecycle.submit(made)
    await lifecycle.rescue(leases.Worker(WORKER, "host", "slot-1"), tmp_path)
    assert await lifecycle.claim(WORKER, ["pages"], 3) == []
    assert (await job_row(database, made.job.id)).running == 0
    assert len(await lifecycle.claim(OTHER_WORKER, ["pages"], 3)) == 3


async def test_a_worker_that_signs_off_leaves_nothing_behind(lifecycle, clock, database):
    made = submission(clock, 3)
    await lifecycle.submit(made)
    assert len(await lifecycle.claim(WORKER, ["pages"], 2)) == 2
    await lifecycle.sign_off(WORKER)
    assert await task_states(database, made.job.id) == {"available": 3}
    again = await lifecycle.claim(OTHER_WORKER, ["pages"], 3)
    assert [(task.tries, task.crashes) for task in again] == [(0, 0)] * 3
    assert await lifecycle.claim(WORKER, ["pages"], 3) == []


async def test_a_task_that_a_worker_has_twice_is_stored_once(lifecycle, database, clock):
    """A database that crashed may have forgotten a claim, and gives the task to the same worker again."""
    made = submission(clock, 1)
    await lifecycle.submit(made)
    [task] = await lifecycle.claim(WORKER, ["pages"], 1)
    twice = [(task, Completed(b"{}", credits=1)), (task, Completed(b"{}", credits=1))]
    assert await lifecycle.finish(WORKER, twice) == 1
    job = await job_row(database, made.job.id)
    assert (job.completed, job.documents, job.credits, job.state) == (1, 1, 1, "completed")


async def test_events_are_claimed_one_at_a_time_in_order(lifecycle, clock):
    box = outbox(clock)
    made = submission(clock, 2, outbox_id=box.job.id, announce_end=True)
    await lifecycle.submit(Submission(made.job, made.spec, made.payloads, box))
    pages = await lifecycle.claim(WORKER, ["pages"], 2)
    for number, task in enumerate(pages):
        await lifecycle.finish(
            WORKER, [(task, Completed(b"{}", events=(Event(box.job.id, f'{{"page":{number}}}'),)))]
        )

    seen = []
    while claimed := await lifecycle.claim(WORKER, ["events"], 10):
        assert len(claimed) == 1
        seen.append(json.loads(claimed[0].payload))
        await lifecycle.finish(WORKER, [(claimed[0], Completed())])
    assert seen == [{"event": "started"}, {"page": 0}, {"page": 1}, {"event": "ended", "state": "completed"}]


async def test_a_snoozed_event_holds_back_the_ones_behind_it(lifecycle, clock):
    box = outbox(clock)
    made = submission(clock, 1, outbox_id=box.job.id)
    await lifecycle.submit(Submission(made.job, made.spec, made.payloads, box))
    page = (await lifecycle.claim(WORKER, ["pages"], 1))[0]
    await lifecycle.finish(WORKER, [(page, Completed(b"{}", events=(Event(box.job.id, '{"page":0}'),)))])
    first = (await lifecycle.claim(WORKER, ["events"], 1))[0]
    await lifecycle.finish(WORKER, [(first, Snoozed(clock() + 60))])
    assert await lifecycle.claim(WORKER, ["events"], 1) == []
    clock.advance(61)
    assert (await lifecycle.claim(WORKER, ["events"], 1))[0].id == first.id


async def test_a_cancel_announces_exactly_one_end(lifecycle, clock):
    box = outbox(clock)
    made = submission(clock, 3, outbox_id=box.job.id, announce_end=True)
    await lifecycle.submit(Submission(made.job, made.spec, made.payloads, box))
    await lifecycle.cancel(made.job.id)
    await lifecycle.cancel(made.job.id)
    seen = []
    while claimed := await lifecycle.claim(WORKER, ["events"], 10):
        seen += [json.loads(task.payload) for task in claimed]
        await lifecycle.finish(WORKER, [(task, Completed()) for task in claimed])
    assert seen == [{"event": "started"}, {"event": "ended", "state": "cancelled"}]


async def test_an_append_reopens_a_completed_job_but_not_a_cancelled_one(lifecycle, clock, database):
    made = submission(clock, 1)
    await lifecycle.submit(made)
    await complete(lifecycle, await lifecycle.claim(WORKER, ["pages"], 1))
    assert await lifecycle.append(Addition(made.job.id, b"{}", ["https://site.test/more"]))
    job = await job_row(database, made.job.id)
    assert (job.state, job.submitted, job.open, job.finished_at) == ("running", 2, 1, None)
    await lifecycle.cancel(made.job.id)
    assert not await lifecycle.append(Addition(made.job.id, b"{}", ["https://site.test/late"]))


async def test_a_job_that_waits_for_its_answer_is_not_claimed_before(lifecycle, clock):
    made = submission(clock, 1)
    await lifecycle.submit(Submission(made.job, made.spec, made.payloads, waits_for_answer=True))
    assert await lifecycle.claim(WORKER, ["pages"], 1) == []
    await lifecycle.answered(made.job.id, 0.25)
    assert await lifecycle.claim(WORKER, ["pages"], 1) == []
    clock.advance(0.25)
    assert len(await lifecycle.claim(WORKER, ["pages"], 1)) == 1


async def test_a_job_whose_answer_never_left_runs_all_the_same(lifecycle, clock):
    made = submission(clock, 1)
    await lifecycle.submit(Submission(made.job, made.spec, made.payloads, waits_for_answer=True))
    clock.advance(5)
    assert len(await lifecycle.claim(WORKER, ["pages"], 1)) == 1


async def test_a_large_job_is_stored_whole(lifecycle, clock, database):
    made = submission(clock, 12_345)
    await lifecycle.submit(made)
    job = await job_row(database, made.job.id)
    assert (job.submitted, job.open, job.state) == (12_345, 12_345, "running")
    assert await task_states(database, made.job.id) == {"available": 12_345}


@pytest.mark.parametrize("body", [b"same", b"other"])
async def test_an_idempotency_key_makes_one_job(lifecycle, clock, database, body):
    first, second = submission(clock, 2), submission(clock, 2)
    assert (
        await lifecycle.submit(
            Submission(first.job, b"{}", first.payloads, once=Once("key", b"same", b"[1]"))
        )
        is None
    )
    earlier = await lifecycle.submit(
        Submission(second.job, b"{}", second.payloads, once=Once("key", body, b"[2]"))
    )
    assert (earlier.job_id, earlier.answer, earlier.fingerprint) == (first.job.id, b"[1]", b"same")
    assert (await job_row(database, second.job.id)).state == "staging"


async def test_expired_and_abandoned_jobs_are_pruned_whole(lifecycle, clock, database):
    done, running, staged = submission(clock, 3), submission(clock, 1), submission(clock, 1)
    await lifecycle.submit(done)
    await complete(lifecycle, await lifecycle.claim(WORKER, ["pages"], 3))
    await lifecycle.submit(running)
    await database.write(lambda connection: jobs.insert_staged(connection, staged.job))
    clock.advance(86_401)

    def step(connection):
        return jobs.prune(connection, now=clock(), abandoned_before=clock() - 600, limit=2)

    while await database.write(step):
        continue
    left = await database.read(
        lambda connection: job_lists.recent(
            connection, done.job.team_id, ["pages"], since=0, before=None, limit=9
        )
    )
    assert [job.id for job in left] == [running.job.id]
    assert await task_states(database, done.job.id) == {}
    assert await document_bodies(database, done.job.id) == []


async def test_appended_pages_do_not_wait_for_pages_that_are_due_later(lifecycle, clock):
    made = submission(clock, 2)
    await lifecycle.submit(made)
    for task in await lifecycle.claim(WORKER, ["pages"], 2):
        await lifecycle.finish(WORKER, [(task, Snoozed(clock() + 60))])
    assert await lifecycle.claim(WORKER, ["pages"], 2) == []
    await lifecycle.append(Addition(made.job.id, b"{}", ["https://site.test/more"]))
    claimed = await lifecycle.claim(WORKER, ["pages"], 5)
    assert [task.payload for task in claimed] == ["https://site.test/more"]
    clock.advance(60)
    assert len(await lifecycle.claim(WORKER, ["pages"], 5)) == 2


async def test_an_event_added_behind_a_snoozed_one_wakes_nobody(lifecycle, clock, database):
    box = outbox(clock)
    made = submission(clock, 2, outbox_id=box.job.id)
    await lifecycle.submit(Submission(made.job, made.spec, made.payloads, box))
    first = (await lifecycle.claim(WORKER, ["events"], 1))[0]
    await lifecycle.finish(WORKER, [(first, Snoozed(clock() + 60))])
    page = (await lifecycle.claim(WORKER, ["pages"], 1))[0]
    await lifecycle.finish(WORKER, [(page, Completed(b"{}", events=(Event(box.job.id, "{}"),)))])
    assert (await job_row(database, box.job.id)).runnable_at == clock() + 60


async def test_an_append_repeated_under_its_key_appends_once(lifecycle, clock, database):
    made = submission(clock, 1)
    await lifecycle.submit(made)
    once = Once("key", b"body", b"[1]")
    first = await lifecycle.append(Addition(made.job.id, b"{}", ["https://site.test/a"], once=once))
    again = await lifecycle.append(Addition(made.job.id, b"{}", ["https://site.test/a"], once=once))
    assert first is True
    assert (again.job_id, again.fingerprint, again.answer) == (made.job.id, b"body", b"[1]")
    assert (await job_row(database, made.job.id)).submitted == 2


async def test_an_append_to_an_expired_job_does_not_revive_it(lifecycle, clock, database):
    """It may be half pruned already."""
    made = submission(clock, 1)
    await lifecycle.submit(made)
    await complete(lifecycle, await lifecycle.claim(WORKER, ["pages"], 1))
    clock.advance(86_401)
    assert await lifecycle.append(Addition(made.job.id, b"{}", ["https://site.test/a"])) is False
    assert (await job_row(database, made.job.id)).state == "completed"
