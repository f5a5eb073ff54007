"""What a batch of outcomes changes beyond its tasks; the changes themselves are in tests/engine."""

from dataclasses import replace

import pytest

from engine.scenes import TEAM, WORKER, job_row, outbox, submission, task_states
from webkiln.engine.outcome import Completed, Event, Failed
from webkiln.engine.settling import settle
from webkiln.engine.submitting import Submission
from webkiln.errors import SiteFailed
from webkiln.store import jobs, snapshots
from webkiln.store.snapshots import Snapshot


async def settled(database, clock, outcomes, **more):
    done = await database.write(
        lambda connection: settle(connection, WORKER, outcomes, now=clock(), ttl_s=60, **more)
    )
    return done.dropped, done.rings


async def held(lifecycle, made):
    await lifecycle.submit(made)
    return await lifecycle.claim(WORKER, ["pages"], 1)


@pytest.mark.parametrize("outcome", [Completed(b"{}"), Failed(SiteFailed("no"))])
async def test_a_place_of_a_host_that_is_free_wakes_the_job_and_the_lanes(
    lifecycle, clock, database, outcome
):
    made = submission(clock, 3)
    (task,) = await held(lifecycle, made)
    await database.write(lambda connection: jobs.set_runnable(connection, made.job.id, clock() + 30))
    assert await settled(database, clock, [(task, outcome)], frees_hosts=True) == (0, ["work pages"])
    assert (await job_row(database, made.job.id)).runnable_at == clock()


async def test_where_hosts_have_no_limits_a_finish_wakes_nobody(lifecycle, clock, database):
    made = submission(clock, 3)
    (task,) = await held(lifecycle, made)
    await database.write(lambda connection: jobs.set_runnable(connection, made.job.id, clock() + 30))
    assert await settled(database, clock, [(task, Completed(b"{}"))]) == (0, [])
    assert (await job_row(database, made.job.id)).runnable_at == clock() + 30


async def test_a_place_that_is_free_does_not_reopen_a_job_that_ended(lifecycle, clock, database):
    made = submission(clock, 1)
    (task,) = await held(lifecycle, made)
    _, rings = await settled(database, clock, [(task, Completed(b"{}"))], frees_hosts=True)
    assert f"ended {made.job.id}" in rings
    assert (await job_row(database, made.job.id)).state == "completed"


async def test_events_for_an_outbox_that_is_gone_are_dropped_and_the_rest_is_stored(
    lifecycle, clock, database
):
    box, gone = outbox(clock), outbox(clock)
    made = submission(clock, 1, outbox_id=box.job.id)
    (task,) = await held(lifecycle, Submission(made.job, b"{}", made.payloads, box))
    events = (Event(gone.job.id, "{}"), Event(box.job.id, "{}"))
    dropped, _ = await settled(database, clock, [(task, Completed(b"{}", events=events))])
    assert dropped == 0
    assert (await job_row(database, made.job.id)).state == "completed"
    assert await task_states(database, box.job.id) == {"available": 2}  # the start and the page


async def test_a_snapshot_is_kept_with_its_document_or_not_at_all(lifecycle, clock, database):
    made = submission(clock, 2)
    taken = Snapshot(TEAM, b"k" * 16, 1.0, 200, b"f" * 16, "https://a.test/", b"packed")

    def kept(connection):
        return snapshots.read(connection, TEAM, b"k" * 16)

    (task,) = await held(lifecycle, made)
    other = replace(task, attempt=task.attempt + 1)
    assert await settled(database, clock, [(other, Completed(b"{}", snapshot=taken))]) == (1, [])
    assert await database.read(kept) is None
    await settled(database, clock, [(task, Completed(b"{}", snapshot=taken))])
    assert await database.read(kept) == taken
    (task,) = await lifecycle.claim(WORKER, ["pages"], 1)
    await lifecycle.cancel(made.job.id)
    late = replace(taken, taken_at=2.0)
    await settled(database, clock, [(task, Completed(b"{}", snapshot=late))])
    assert await database.read(kept) == taken
