from collections import Counter

import pytest

from engine.scenes import OTHER_WORKER, WORKER, job_row, submission
from webkiln import ids
from webkiln.engine.outcome import Completed
from webkiln.store import claims
from webkiln.store.hosts import HostLimits

KINDS = ["pages"]
NO_LIMITS = HostLimits()


@pytest.fixture
def take(database, clock):
    async def claim(slots, *, kinds=KINDS, limit=0, hosts=NO_LIMITS, worker=WORKER):
        return await database.write(
            lambda connection: claims.claim(
                connection,
                worker,
                kinds=kinds,
                slots=slots,
                team_limit=limit,
                host_limits=hosts,
                now=clock(),
            )
        )

    return claim


async def submitted(lifecycle, clock, count, **more):
    made = submission(clock, count, **more)
    await lifecycle.submit(made)
    return made.job.id


async def test_no_job_waits_while_another_takes_everything(lifecycle, clock, take):
    made = [await submitted(lifecycle, clock, count) for count in (1000, 3, 50)]
    taken = Counter()
    for _ in range(6):
        clock.advance(1)
        taken.update(task.job_id for task in await take(16))
    assert taken[made[1]] == 3
    assert taken[made[2]] >= 40
    assert sum(taken.values()) == 96


async def test_more_jobs_than_are_looked_at_in_one_claim_take_turns(lifecycle, clock, take):
    made = [await submitted(lifecycle, clock, 10) for _ in range(100)]
    served = set()
    for _ in range(13):
        clock.advance(1)
        served |= {task.job_id for task in await take(8)}
    assert served == set(made)


async def test_a_team_at_its_limit_does_not_hide_another_ones_job(lifecycle, clock, take):
    """Its forty jobs stand before the other's; none of them may be claimed."""
    for _ in range(40):
        await submitted(lifecycle, clock, 5)
    other = await submitted(lifecycle, clock, 5, team_id=ids.new_id(), priority=200)
    assert len(await take(3, limit=3)) == 3
    assert {task.job_id for task in await take(3, limit=3)} == {other}


async def test_the_limit_of_a_team_holds_over_kinds_but_not_for_its_events(lifecycle, clock, take):
    await submitted(lifecycle, clock, 5)
    await submitted(lifecycle, clock, 5, kind="scrapes")
    events = await submitted(lifecycle, clock, 5, kind="events", fifo=True, max_concurrency=1)
    assert len(await take(9, limit=4)) == 4
    assert await take(9, kinds=["scrapes"], limit=4, worker=OTHER_WORKER) == []
    assert [task.job_id for task in await take(9, kinds=["events"], limit=4)] == [events]
    assert len(await take(9, kinds=["scrapes"], limit=6)) == 2  # the event does not count


async def test_a_claim_takes_no_more_than_the_limit_leaves(lifecycle, clock, take):
    for _ in range(4):
        await submitted(lifecycle, clock, 5)
    assert len(await take(64, limit=7)) == 7


async def test_the_next_due_moment_is_the_earliest_of_what_may_run(lifecycle, clock, take, database):
    async def due(*kinds):
        return await database.read(lambda connection: claims.next_due(connection, kinds or KINDS))

    assert await due() is None
    capped = await submitted(lifecycle, clock, 2, max_concurrency=1)
    assert await due() == clock()
    assert await due("others") is None
    (held,) = await take(5)
    assert await due() is None  # what is at its cap cannot be claimed
    await lifecycle.finish(WORKER, [(held, Completed(b"{}"))])
    assert await due() == (await job_row(database, capped)).runnable_at
