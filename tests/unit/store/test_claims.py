import asyncio
from collections import Counter

import pytest
from sqlalchemy import text

from engine.scenes import OTHER_WORKER, WORKER, job_row, submission
from webkiln import ids
from webkiln.engine.outcome import Completed
from webkiln.store import candidates, claims, jobs, teams
from webkiln.store.hosts import HostLimits
from webkiln.store.postgres import PostgresDatabase

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
        return await database.read(lambda connection: candidates.next_due(connection, kinds or KINDS))

    assert await due() is None
    capped = await submitted(lifecycle, clock, 2, max_concurrency=1)
    assert await due() == clock()
    assert await due("others") is None
    (held,) = await take(5)
    assert await due() is None  # what is at its cap cannot be claimed
    await lifecycle.finish(WORKER, [(held, Completed(b"{}"))])
    assert await due() == (await job_row(database, capped)).runnable_at


@pytest.fixture
async def team(database, clock):
    """A team with a row, as every caller's has: the claim holds it while it counts."""
    return await database.write(lambda connection: teams.ensure_team(connection, "team", clock()))


WORKERS = [WORKER, OTHER_WORKER] * 6


async def test_claims_side_by_side_never_take_a_task_twice(lifecycle, clock, take):
    made = [await submitted(lifecycle, clock, 30) for _ in range(5)]
    claims_made = await asyncio.gather(*(take(7, worker=worker) for worker in WORKERS))
    taken = [task.id for claimed in claims_made for task in claimed]
    assert len(taken) == len(set(taken))
    while more := await take(64):
        taken += [task.id for task in more]
    assert len(taken) == len(set(taken)) == 30 * len(made)


async def test_claims_side_by_side_never_exceed_a_jobs_concurrency(lifecycle, clock, take, database):
    made = [await submitted(lifecycle, clock, 30, max_concurrency=3) for _ in range(4)]
    for _ in range(3):
        claims_made = await asyncio.gather(*(take(5, worker=worker) for worker in WORKERS))
        taken = Counter(task.job_id for claimed in claims_made for task in claimed)
        # A claim passes by what another holds at that moment, so a job may get fewer for now.
        assert set(taken) <= set(made)
        assert max(taken.values()) <= 3
        for job_id in made:
            assert (await job_row(database, job_id)).running == taken[job_id]
        for worker, claimed in zip(WORKERS, claims_made, strict=True):
            await lifecycle.finish(worker, [(task, Completed(b"{}")) for task in claimed])
        clock.advance(1)


async def test_claims_side_by_side_never_exceed_a_teams_limit(lifecycle, clock, take, team, database):
    """Of different jobs and kinds, so that no job's row stands between two claims."""
    kinds = ["a", "b", "c", "d"]
    made = [await submitted(lifecycle, clock, 30, team_id=team, kind=kind) for kind in kinds * 2]
    claims_made = await asyncio.gather(
        *(take(4, kinds=[kinds[n % 4]], limit=10, worker=worker) for n, worker in enumerate(WORKERS))
    )
    assert sum(len(claimed) for claimed in claims_made) == 10
    assert sum([(await job_row(database, job_id)).running for job_id in made]) == 10


async def test_a_team_of_many_jobs_leaves_half_to_a_team_of_one(lifecycle, clock, take):
    for _ in range(50):
        await submitted(lifecycle, clock, 100)
    other = await submitted(lifecycle, clock, 1000, team_id=ids.new_id())
    taken = Counter()
    for _ in range(10):
        clock.advance(1)
        taken.update(task.job_id for task in await take(16))
    assert taken[other] == 80
    assert sum(taken.values()) == 160


async def test_all_jobs_of_a_team_of_many_are_served(lifecycle, clock, take):
    many = {await submitted(lifecycle, clock, 100) for _ in range(50)}
    await submitted(lifecycle, clock, 1000, team_id=ids.new_id())
    served = set()
    for _ in range(13):
        clock.advance(1)
        served |= {task.job_id for task in await take(8)}
    assert served >= many


async def test_teams_take_turns_where_a_claim_has_one_place(lifecycle, clock, take):
    for _ in range(10):
        await submitted(lifecycle, clock, 100)
    other = await submitted(lifecycle, clock, 100, team_id=ids.new_id())
    taken = []
    for _ in range(8):
        clock.advance(1)
        taken += [task.job_id for task in await take(1)]
    assert taken.count(other) == 4


async def test_a_job_that_was_cancelled_while_its_places_were_shared_out_gives_nothing(
    lifecycle, clock, take, database
):
    """The claim waits for the row that the cancel holds, and finds it ended."""
    if not isinstance(database, PostgresDatabase):
        pytest.skip("postgres: on SQLite one transaction follows the other")
    job_id = await submitted(lifecycle, clock, 5)
    loop = asyncio.get_running_loop()
    held = asyncio.Event()

    def cancel(connection):
        jobs.cancel(connection, job_id, now=clock(), ttl_s=60)
        loop.call_soon_threadsafe(held.set)
        waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        while not connection.execute(waits).scalar_one():
            connection.exec_driver_sql("SELECT pg_stat_clear_snapshot(), pg_sleep(0.005)")

    cancelling = asyncio.create_task(database.write(cancel))
    await held.wait()
    assert await take(5) == []
    await cancelling
    assert (await job_row(database, job_id)).running == 0
