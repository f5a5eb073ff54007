"""Who is told of what: a worker that is not told finds out only at its next poll."""

from __future__ import annotations

import pytest

from engine.scenes import OTHER_WORKER, WORKER, RecordingDoorbell, outbox, submission
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Event, GivenBack, Snoozed
from webkiln.engine.submitting import Submission


@pytest.fixture
def rings(lifecycle, clock):
    doorbell = RecordingDoorbell()
    return Lifecycle(lifecycle.database, doorbell, result_ttl_s=86_400, clock=clock), doorbell.rung


async def submitted(lifecycle, rung, made):
    await lifecycle.submit(made)
    claimed = await lifecycle.claim(WORKER, ["pages"], 10)
    rung.clear()
    return claimed


async def test_a_job_below_its_cap_again_wakes_the_lanes_of_its_kind(rings, clock):
    lifecycle, rung = rings
    held = await submitted(lifecycle, rung, submission(clock, 3, max_concurrency=1))
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}"))])
    assert rung == ["work pages"]


async def test_a_job_without_a_cap_wakes_nobody_as_it_goes_on(rings, clock):
    lifecycle, rung = rings
    held = await submitted(lifecycle, rung, submission(clock, 20))
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}"))])
    assert rung == []


async def test_tasks_given_back_wake_other_workers(rings, clock):
    lifecycle, rung = rings
    held = await submitted(lifecycle, rung, submission(clock, 2))
    await lifecycle.finish(WORKER, [(held[0], GivenBack())])
    assert rung == ["work pages"]
    assert [task.id for task in await lifecycle.claim(OTHER_WORKER, ["pages"], 5)] == [held[0].id]


async def test_a_snooze_wakes_nobody(rings, clock):
    lifecycle, rung = rings
    held = await submitted(lifecycle, rung, submission(clock, 1))
    await lifecycle.finish(WORKER, [(held[0], Snoozed(clock() + 5))])
    assert rung == []


async def test_page_events_wake_the_lanes_that_deliver(rings, clock):
    lifecycle, rung = rings
    box = outbox(clock)
    made = submission(clock, 2, outbox_id=box.job.id)
    held = await submitted(lifecycle, rung, Submission(made.job, b"{}", made.payloads, box))
    event = Event(box.job.id, '{"event":"page"}')
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}", events=(event,)))])
    assert rung == ["work events"]


async def test_the_end_wakes_those_who_wait_and_those_who_deliver(rings, clock):
    lifecycle, rung = rings
    box = outbox(clock)
    made = submission(clock, 1, outbox_id=box.job.id, announce_end=True)
    held = await submitted(lifecycle, rung, Submission(made.job, b"{}", made.payloads, box))
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}"))])
    assert rung == [f"ended {made.job.id}", "work events"]


async def test_a_cancel_aborts_ends_and_delivers(rings, clock):
    lifecycle, rung = rings
    box = outbox(clock)
    made = submission(clock, 1, outbox_id=box.job.id, announce_end=True)
    await submitted(lifecycle, rung, Submission(made.job, b"{}", made.payloads, box))
    assert await lifecycle.cancel(made.job.id) == "cancelled"
    assert rung == [f"cancelled {made.job.id}", f"ended {made.job.id}", "work events"]


async def test_a_cancel_that_comes_too_late_aborts_nothing(rings, clock):
    """An append may have reopened the job meanwhile; its pages must not be dropped."""
    lifecycle, rung = rings
    made = submission(clock, 1)
    held = await submitted(lifecycle, rung, made)
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}"))])
    rung.clear()
    assert await lifecycle.cancel(made.job.id) == "completed"
    assert rung == []


async def test_late_outcomes_ring_nothing(rings, clock):
    lifecycle, rung = rings
    box = outbox(clock)
    made = submission(clock, 1, outbox_id=box.job.id)
    held = await submitted(lifecycle, rung, Submission(made.job, b"{}", made.payloads, box))
    await lifecycle.cancel(made.job.id)
    rung.clear()
    event = Event(box.job.id, '{"event":"page"}')
    assert await lifecycle.finish(WORKER, [(held[0], Completed(b"{}", events=(event,)))]) == 1
    assert rung == []


async def test_a_submission_wakes_those_who_work_and_those_who_announce(rings, clock):
    lifecycle, rung = rings
    box = outbox(clock)
    made = submission(clock, 1, outbox_id=box.job.id)
    await lifecycle.submit(Submission(made.job, b"{}", made.payloads, box))
    assert rung == ["work pages", "work events"]
