"""What keeps hosts of the web from being asked for too much, beneath the claim and through it."""

import asyncio
import itertools
import threading
from collections import Counter

import pytest
from sqlalchemy import func, select

from engine.scenes import OTHER_WORKER, WORKER, job_row, new_job, task_states
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, GivenBack, Snoozed
from webkiln.engine.submitting import Submission
from webkiln.store import hosts
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.hosts import HostLimits, HostNews
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.schema import hosts as hosts_table
from webkiln.store.schema import tasks

KINDS = ["pages"]


@pytest.fixture
def limited(lifecycle, clock):
    """Make lifecycles under limits of hosts, over the database of the two workers."""

    def make(concurrency=0, delay_s=0.0):
        return Lifecycle(
            lifecycle.database,
            SilentDoorbell(),
            result_ttl_s=86_400,
            host_limits=HostLimits(concurrency, delay_s),
            clock=clock,
        )

    return make


async def submitted(lifecycle, clock, *names, **more):
    """Submit a job of one task for each name of a host; return its id."""
    made = Submission(
        new_job(clock, **more), b"{}", [f"https://{name}/{n}" for n, name in enumerate(names)], hosts=names
    )
    await lifecycle.submit(made)
    return made.job.id


def host_of(task):
    return task.payload.split("/")[2]


def hosts_of(claimed):
    return Counter(host_of(task) for task in claimed)


async def done(lifecycle, claimed, worker=WORKER):
    assert await lifecycle.finish(worker, [(task, Completed(b"{}")) for task in claimed]) == 0


async def in_flight(database):
    query = select(tasks.c.host, func.count()).where(tasks.c.state == "running").group_by(tasks.c.host)
    rows = await database.read(lambda connection: connection.execute(query).all())
    return {row[0]: row[1] for row in rows}


async def finished(database):
    query = select(func.count()).select_from(tasks).where(tasks.c.state == "completed")
    return await database.read(lambda connection: connection.execute(query).scalar_one())


def test_no_limit_is_no_limits():
    assert not HostLimits()
    assert HostLimits(concurrency=1)
    assert HostLimits(delay_s=0.1)


async def test_a_host_has_no_more_in_flight_than_it_bears_over_claims_workers_and_jobs(limited, clock):
    life = limited(2)
    await submitted(life, clock, *["a.test"] * 5)
    await submitted(life, clock, *["a.test"] * 5)
    first = await life.claim(WORKER, KINDS, 10)
    assert hosts_of(first) == {"a.test": 2}
    for worker in (WORKER, OTHER_WORKER):
        assert await life.claim(worker, KINDS, 10) == []


async def test_a_finished_page_frees_its_place_at_once(limited, clock):
    life = limited(1)
    await submitted(life, clock, *["a.test"] * 3)
    held = await life.claim(WORKER, KINDS, 10)
    assert await life.claim(OTHER_WORKER, KINDS, 10) == []  # which sends the job to rest
    await done(life, held)
    again = await life.claim(OTHER_WORKER, KINDS, 10)  # time stood still meanwhile
    assert len(again) == 1
    assert again[0].id != held[0].id


@pytest.mark.parametrize("outcome", [GivenBack(), Snoozed(1_790_000_000.0)])
async def test_a_page_that_comes_back_frees_its_place_too(limited, clock, outcome):
    life = limited(1)
    await submitted(life, clock, *["a.test"] * 3)
    held = await life.claim(WORKER, KINDS, 10)
    assert await life.claim(OTHER_WORKER, KINDS, 10) == []
    await life.finish(WORKER, [(held[0], outcome)])
    assert len(await life.claim(OTHER_WORKER, KINDS, 10)) == 1


async def test_a_busy_host_does_not_hide_the_pages_of_others_behind_it(limited, clock):
    """Two hundred of its pages stand before them in the same job."""
    life = limited(1)
    await submitted(life, clock, *["a.test"] * 200, "b.test", "c.test")
    assert hosts_of(await life.claim(WORKER, KINDS, 8)) == {"a.test": 1, "b.test": 1, "c.test": 1}


@pytest.mark.parametrize("limits", [{"concurrency": 1}, {"delay_s": 60.0}])
async def test_a_claim_of_one_place_goes_past_hosts_that_bear_no_more(limited, clock, limits):
    life = limited(**limits)
    await submitted(life, clock, *["a.test"] * 3, *["b.test"] * 3, *["c.test"] * 3)
    taken = [await life.claim(WORKER, KINDS, 1) for _ in range(4)]
    assert [hosts_of(claimed) for claimed in taken] == [{"a.test": 1}, {"b.test": 1}, {"c.test": 1}, {}]


async def test_a_busy_host_leaves_its_places_to_others(limited, clock):
    life = limited(3)
    await submitted(life, clock, *["a.test"] * 20, *["b.test"] * 20, "c.test")
    found = hosts_of(await life.claim(WORKER, KINDS, 64))
    assert found == {"a.test": 3, "b.test": 3, "c.test": 1}


async def test_hosts_together_give_no_more_than_a_claim_asks_for(limited, clock):
    life = limited(2)
    await submitted(life, clock, *["a.test", "b.test", "c.test"] * 5)
    assert len(await life.claim(WORKER, KINDS, 3)) == 3


async def test_a_job_of_a_busy_host_does_not_hold_up_other_jobs(limited, clock):
    """It gets a share of every claim that it cannot use; after one look it rests."""
    life = limited(1)
    blocked = [await submitted(life, clock, *["a.test"] * 50) for _ in range(5)]
    free = await submitted(life, clock, *[f"host-{n}.test" for n in range(20)])
    taken = []
    for _ in range(4):
        taken += await life.claim(WORKER, KINDS, 10)
        clock.advance(0.01)
    assert sum(task.job_id == free for task in taken) == 20
    assert hosts_of(taken)["a.test"] == 1
    assert {task.job_id for task in taken} - {free} < set(blocked)


async def test_a_job_that_rests_is_asked_again_soon(limited, clock, database):
    """Nobody tells it that a page of another job has freed its host."""
    life = limited(1)
    await submitted(life, clock, "a.test")
    held = await life.claim(WORKER, KINDS, 10)
    blocked = await submitted(life, clock, *["a.test"] * 3)
    assert await life.claim(WORKER, KINDS, 10) == []
    await done(life, held)
    wakes_at = (await job_row(database, blocked)).runnable_at
    assert clock() < wakes_at <= clock() + 0.5
    clock.now = wakes_at
    assert len(await life.claim(WORKER, KINDS, 10)) == 1


async def test_pages_without_a_host_run_under_limits(limited, clock):
    """They were submitted before there were any; there is nothing to hold them to."""
    before, after = limited(), limited(1, 5.0)
    await submitted(before, clock, *[None] * 4)
    assert len(await after.claim(WORKER, KINDS, 10)) == 4


async def test_pages_without_a_host_run_when_those_with_one_are_through(limited, clock, database):
    """An append after the limits were set has made the batch a mixed one."""
    life = limited(1)
    job_id = await submitted(life, clock, None, "a.test", None, "a.test")
    for _ in range(6):
        await done(life, await life.claim(WORKER, KINDS, 10))
        clock.advance(1)
    assert await task_states(database, job_id) == {"completed": 4}


async def test_pages_with_a_host_run_without_limits(limited, clock):
    await submitted(limited(1), clock, *["a.test"] * 4)
    assert len(await limited().claim(WORKER, KINDS, 10)) == 4


async def test_the_delay_keeps_two_starts_apart_however_quickly_pages_are_done(limited, clock):
    life = limited(delay_s=2.0)
    await submitted(life, clock, *["a.test"] * 3)
    await submitted(life, clock, *["a.test"] * 3, "b.test")
    starts = []
    for _ in range(60):
        claimed = await life.claim(WORKER, KINDS, 10)
        await done(life, claimed)
        starts += [clock.now for task in claimed if host_of(task) == "a.test"]
        clock.advance(0.25)
    assert len(starts) == 6
    assert {later - earlier for earlier, later in itertools.pairwise(starts)} == {2.0}


async def test_the_delay_of_one_host_is_none_of_another(limited, clock):
    life = limited(delay_s=60.0)
    await submitted(life, clock, "a.test", "a.test", "b.test", "b.test")
    assert hosts_of(await life.claim(WORKER, KINDS, 10)) == {"a.test": 1, "b.test": 1}
    assert await life.claim(OTHER_WORKER, KINDS, 10) == []


async def test_a_delay_and_a_bound_hold_together(limited, clock):
    life = limited(2, 1.0)
    await submitted(life, clock, *["a.test"] * 9)
    held = []
    for _ in range(5):
        held += await life.claim(WORKER, KINDS, 10)
        clock.advance(1)
    assert len(held) == 2


async def test_a_job_whose_host_rests_sleeps_no_longer_than_the_host(limited, clock, database):
    life = limited(delay_s=0.1)
    job_id = await submitted(life, clock, *["a.test"] * 3)
    await life.claim(WORKER, KINDS, 10)
    assert await life.claim(WORKER, KINDS, 10) == []
    assert (await job_row(database, job_id)).runnable_at == clock() + 0.1


async def test_only_pages_that_are_due_make_a_host_worth_asking(limited, clock):
    """A host whose pages all wait for a later try takes no place from those whose are due."""
    life = limited(1)
    await submitted(life, clock, "a.test", "b.test")
    held = {host_of(task): task for task in await life.claim(WORKER, KINDS, 10)}
    await life.finish(WORKER, [(held["a.test"], Snoozed(clock() + 60)), (held["b.test"], GivenBack())])
    assert hosts_of(await life.claim(WORKER, KINDS, 1)) == {"b.test": 1}
    assert await life.claim(WORKER, KINDS, 1) == []
    clock.advance(61)
    assert hosts_of(await life.claim(WORKER, KINDS, 1)) == {"a.test": 1}


async def test_a_rescued_page_does_not_keep_its_place(limited, clock, database):
    life = limited(1)
    await submitted(life, clock, *["a.test"] * 3)
    await life.claim(WORKER, KINDS, 10)
    assert await life.reconcile(WORKER, []) == 1
    assert len(await life.claim(OTHER_WORKER, KINDS, 10)) == 1
    assert await in_flight(database) == {"a.test": 1}


async def test_claims_side_by_side_never_take_more_than_a_host_bears(limited, clock, database):
    life = limited(2)
    names = ["a.test", "b.test", "c.test"]
    for turn in range(6):
        await submitted(life, clock, *(names[turn % 3 :] + names[: turn % 3]) * 8)
    for _ in range(6):
        claims = await asyncio.gather(
            *(life.claim(worker, KINDS, 5) for worker in (WORKER, OTHER_WORKER) * 6)
        )
        assert all(count <= 2 for count in (await in_flight(database)).values())
        for number, claimed in enumerate(claims):
            await done(life, claimed, (WORKER, OTHER_WORKER)[number % 2])
        clock.advance(1)
    assert await finished(database) >= 6 * 2  # and no claim was so shy that nothing went on


async def test_claims_side_by_side_keep_the_delay(limited, clock):
    life = limited(delay_s=1.0)
    for _ in range(6):
        await submitted(life, clock, *["a.test"] * 4)
    for _ in range(4):
        claims = await asyncio.gather(
            *(life.claim(worker, KINDS, 4) for worker in (WORKER, OTHER_WORKER) * 6)
        )
        assert sum(len(claimed) for claimed in claims) <= 1
        clock.advance(1)


@pytest.fixture
def do(database):
    async def run(statement, *given, **more):
        return await database.write(lambda connection: statement(connection, *given, **more))

    return run


async def test_another_claims_host_is_passed_by(limited, clock, database):
    """To wait for it, job by job, is how two claims would wait for each other."""
    if not isinstance(database, PostgresDatabase):
        pytest.skip("postgres: on SQLite one claim follows the other")
    life = limited(5)
    first = await submitted(life, clock, "a.test", "b.test")
    second = await submitted(life, clock, "a.test", "c.test")
    loop = asyncio.get_running_loop()
    entered, leave = asyncio.Event(), threading.Event()

    def places(connection, job_id):
        limits = HostLimits(5)
        names = hosts.free_hosts(connection, job_id, want=9, limits=limits, now=clock())
        held = hosts.hold(connection, names, most_each=9, limits=limits, now=clock())
        return {name: held.free(name) for name in names if held.free(name)}

    def hold(connection):
        found = places(connection, first)
        loop.call_soon_threadsafe(entered.set)
        while not leave.is_set():
            connection.exec_driver_sql("SELECT pg_sleep(0.01)")
        return found

    for job_id in (first, second):  # so that the rows are there, as those of every host but a new one
        await database.write(lambda connection, job_id=job_id: places(connection, job_id))
    holding = asyncio.create_task(database.write(hold))
    await entered.wait()
    try:
        beside = database.write(lambda connection: places(connection, second))
        assert await asyncio.wait_for(beside, 5) == {"c.test": 5}
    finally:
        leave.set()
    assert await holding == {"a.test": 5, "b.test": 5}


async def test_hosts_that_were_free_for_long_are_forgotten_a_few_at_a_time(limited, clock, do, database):
    life = limited(delay_s=10.0)
    await submitted(life, clock, "a.test", "b.test", "c.test")
    assert len(await life.claim(WORKER, KINDS, 10)) == 3
    clock.advance(5)
    await submitted(life, clock, "d.test")
    assert len(await life.claim(WORKER, KINDS, 10)) == 1

    async def known():
        query = select(hosts_table.c.host).order_by(hosts_table.c.host)
        return list(await database.read(lambda connection: connection.execute(query).scalars().all()))

    assert await do(hosts.prune, before=clock() + 5, limit=9) == 0
    assert await do(hosts.prune, before=clock() + 6, limit=2) == 2
    assert len(await known()) == 2
    assert await do(hosts.prune, before=clock() + 6, limit=9) == 1
    assert await known() == ["d.test"]


async def test_the_next_free_moment_is_that_of_the_jobs_own_hosts(limited, clock, do):
    life = limited(delay_s=10.0)
    job_id = await submitted(life, clock, "a.test", "a.test", "b.test", "b.test")
    await submitted(life, clock, "c.test")
    assert await do(hosts.next_free, job_id, clock()) is None
    for names in (["a.test", "b.test"], ["c.test"]):
        await do(hosts.hold, names, most_each=9, limits=HostLimits(0, 10.0), now=clock())
    await do(hosts.let_rest, {"c.test": clock() + 1})
    await do(hosts.let_rest, {"b.test": clock() + 7, "a.test": clock() + 8})
    await do(hosts.let_rest, {})
    assert await do(hosts.next_free, job_id, clock()) == clock() + 7
    assert await do(hosts.next_free, job_id, clock() + 7) == clock() + 8


async def test_a_cancelled_jobs_pages_keep_no_place_until_they_are_swept(limited, clock):
    lifecycle = limited(concurrency=1)
    gone = await submitted(lifecycle, clock, "a.test", "a.test")
    await submitted(lifecycle, clock, "a.test")
    assert {task.job_id for task in await lifecycle.claim(WORKER, KINDS, 9)} == {gone}
    await lifecycle.cancel(gone)
    clock.advance(1)
    assert hosts_of(await lifecycle.claim(OTHER_WORKER, KINDS, 9)) == {"a.test": 1}


async def test_an_event_that_is_tried_again_later_does_not_wake_its_outbox(limited, clock, database):
    """It is no page of any host: nothing is freed by its end."""
    lifecycle = limited(concurrency=1)
    box = await submitted(lifecycle, clock, None, kind="events", fifo=True, max_concurrency=1)
    (event,) = await lifecycle.claim(WORKER, ["events"], 9)
    await lifecycle.finish(WORKER, [(event, Snoozed(clock() + 60))])
    assert (await job_row(database, box)).runnable_at == clock() + 60


async def busy(life, clock, task, busy_s=1.0):
    news = HostNews("a.test", busy_s=busy_s)
    await life.finish(WORKER, [(task, Snoozed(clock() + busy_s, news=news))])


async def test_a_host_that_says_too_many_rests_and_is_asked_slowly_by_all_jobs(limited, clock):
    life = limited()
    await submitted(life, clock, *["a.test"] * 8, "b.test")
    await submitted(life, clock, *["a.test"] * 8)
    first = await life.claim(WORKER, KINDS, 3)
    complaining = next(task for task in first if task.payload.startswith("https://a.test"))
    await busy(life, clock, complaining, busy_s=2.0)
    assert set(hosts_of(await life.claim(OTHER_WORKER, KINDS, 9))) <= {"b.test"}
    clock.advance(2.1)
    taken = 0
    for _ in range(10):
        taken += hosts_of(await life.claim(OTHER_WORKER, KINDS, 9)).get("a.test", 0)
        clock.advance(0.26)  # jobs that found nothing free are looked at again after a quarter of a second
    assert 4 <= taken <= 6


async def test_a_host_that_complains_no_more_is_asked_faster_again(limited, clock):
    life = limited()
    await submitted(life, clock, *["a.test"] * 40)
    (task,) = await life.claim(WORKER, KINDS, 1)
    await busy(life, clock, task)
    clock.advance(1.1)
    assert hosts_of(await life.claim(WORKER, KINDS, 9)) == {"a.test": 1}
    clock.advance(200)
    assert hosts_of(await life.claim(WORKER, KINDS, 9)) == {"a.test": 9}


async def test_complaints_about_requests_that_were_on_their_way_count_once(limited, clock, database):
    life = limited()
    await submitted(life, clock, *["a.test"] * 9)
    for task in await life.claim(WORKER, KINDS, 6):
        await busy(life, clock, task)

    async def pace():
        query = select(hosts_table.c.pace_s).where(hosts_table.c.host == "a.test")
        return await database.read(lambda connection: connection.execute(query).scalar())

    assert await pace() == 0.5
    clock.advance(1.2)
    (again,) = await life.claim(WORKER, KINDS, 6)
    await busy(life, clock, again)
    assert 0.9 < await pace() <= 1.0


async def test_what_robots_txt_asks_for_lies_between_two_pages(limited, clock):
    life = limited()
    await submitted(life, clock, *["a.test"] * 9)
    (task,) = await life.claim(WORKER, KINDS, 1)
    await life.finish(WORKER, [(task, Completed(b"{}", news=HostNews("a.test", asked_s=4.0)))])
    assert len(await life.claim(WORKER, KINDS, 9)) == 1
    clock.advance(3.9)
    assert await life.claim(WORKER, KINDS, 9) == []
    clock.advance(0.3)
    assert len(await life.claim(WORKER, KINDS, 9)) == 1
