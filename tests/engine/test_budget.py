"""A key with a limit cannot start more than it can pay, however it goes about it."""

import asyncio

import pytest

from engine.scenes import TEAM, WORKER, new_job, submission
from webkiln import errors, ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Failed, Found, NextTask
from webkiln.engine.submitting import PART, Addition, Submission
from webkiln.store import budget, teams
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.postgres import PostgresDatabase

MONTH = "2026-09"


@pytest.fixture
async def key_id(database, clock):
    """A key that may spend ten credits a month."""

    def work(connection):
        team_id = teams.ensure_team(connection, "small", clock())
        return teams.insert_key(
            connection,
            team_id=team_id,
            name="small",
            digest=b"d" * 32,
            shown_as="fc-…",
            credit_limit=10,
            now=clock(),
        )

    return await database.write(work)


@pytest.fixture
def left(database, key_id):
    async def ask():
        return await database.read(lambda connection: budget.left(connection, key_id, MONTH))

    return ask


def costing(clock, key_id, count, price=1, **more):
    return submission(clock, count, key_id=key_id, page_price=price, **more)


async def run(lifecycle, outcome, slots=100):
    held = await lifecycle.claim(WORKER, ["pages"], slots)
    await lifecycle.finish(WORKER, [(task, outcome) for task in held])


async def accepted(*starts):
    outcomes = await asyncio.gather(*starts, return_exceptions=True)
    for outcome in outcomes:
        assert outcome is None or outcome is True or isinstance(outcome, errors.PaymentRequired)
    return sum(not isinstance(outcome, errors.PaymentRequired) for outcome in outcomes)


async def test_of_five_batches_in_a_row_the_first_alone_is_accepted(lifecycle, clock, key_id, left):
    for n in range(5):
        assert await accepted(lifecycle.submit(costing(clock, key_id, 10))) == (n == 0)
    assert await left() == 0
    await run(lifecycle, Completed(b"{}", credits=1))
    assert await left() == 0


async def test_of_many_at_once_no_more_are_accepted_than_can_be_paid(lifecycle, clock, key_id, left):
    assert await accepted(*(lifecycle.submit(costing(clock, key_id, 3)) for _ in range(12))) == 3
    assert await left() == 1


async def test_processes_beside_each_other_share_one_limit(lifecycle, database, postgres_url, clock, key_id):
    if not isinstance(database, PostgresDatabase):
        pytest.skip("postgres: SQLite has one writer")
    others = [PostgresDatabase(postgres_url, pool_size=4, timeout_s=10) for _ in range(3)]
    lives = [lifecycle, *(Lifecycle(o, SilentDoorbell(), result_ttl_s=60, clock=clock) for o in others)]
    try:
        assert (
            await accepted(*(life.submit(costing(clock, key_id, 4)) for life in lives for _ in range(4))) == 2
        )
    finally:
        for other in others:
            await other.close()


async def test_pages_that_fail_and_jobs_that_are_cancelled_give_back_what_they_reserved(
    lifecycle, clock, key_id, left
):
    first, second = costing(clock, key_id, 4), costing(clock, key_id, 6)
    await lifecycle.submit(first)
    await lifecycle.submit(second)
    assert await left() == 0
    assert await lifecycle.cancel(second.job.id) == "cancelled"
    assert await left() == 6
    await run(lifecycle, Failed(errors.SiteFailed("no")), slots=1)
    assert await left() == 7
    await run(lifecycle, Completed(b"{}", credits=1))
    assert await left() == 7


async def test_a_page_that_cost_less_than_it_could_have_gives_the_rest_back(lifecycle, clock, key_id, left):
    await lifecycle.submit(costing(clock, key_id, 2, price=5))
    assert await left() == 0
    await run(lifecycle, Completed(b"{}", credits=1))
    assert await left() == 8


async def test_a_crawl_reserves_for_all_that_it_may_still_have(lifecycle, clock, key_id, left):
    crawl = costing(clock, key_id, 1, page_limit=8)
    await lifecycle.submit(crawl)
    assert await left() == 2
    assert await accepted(lifecycle.submit(costing(clock, key_id, 3))) == 0
    found = Found(tuple(NextTask(f"https://site.test/{n}", n) for n in range(5)))
    await run(lifecycle, Completed(b"{}", credits=1, found=found))
    assert await left() == 2
    await run(lifecycle, Completed(b"{}", credits=1))
    assert await left() == 4, "it ended with six pages"


async def test_what_is_appended_is_reserved_of_the_limit_of_the_jobs_own_key(lifecycle, clock, key_id, left):
    made = costing(clock, key_id, 4)
    await lifecycle.submit(made)
    more = Addition(made.job.id, b"{}", ["https://site.test/more"] * 6)
    assert await accepted(lifecycle.append(more)) == 1
    assert await accepted(lifecycle.append(more)) == 0
    assert await left() == 0


@pytest.mark.parametrize("count", [11, PART + 1])
async def test_what_was_refused_leaves_nothing_behind(lifecycle, clock, key_id, left, count):
    made = costing(clock, key_id, count)
    assert await accepted(lifecycle.submit(made)) == 0
    assert await lifecycle.claim(WORKER, ["pages"], 9) == []
    assert await left() == 10
    assert await lifecycle.cancel(made.job.id) is None


async def test_a_fee_is_charged_with_the_job_and_counts_towards_the_limit(lifecycle, clock, key_id, left):
    def search(fee):
        job = new_job(clock, key_id=key_id, page_price=1)
        return lifecycle.submit(Submission(job, b"{}", ["https://site.test/"] * 3, fee=fee))

    assert await accepted(search(8)) == 0
    assert await accepted(search(4)) == 1
    assert await left() == 3


async def test_nothing_is_reserved_where_nothing_limits(lifecycle, clock, database):
    await lifecycle.submit(costing(clock, ids.new_id(), 1_000))
    await lifecycle.submit(submission(clock, 1_000, key_id=TEAM))
    assert await database.read(lambda connection: budget.left(connection, TEAM, MONTH)) is None


async def test_jobs_of_great_limits_and_prices_are_reckoned_with(lifecycle, clock, database, key_id, left):
    def rich(connection):
        connection.exec_driver_sql("UPDATE api_keys SET credit_limit = 1000000000000")

    await database.write(rich)
    await lifecycle.submit(costing(clock, key_id, 1, price=6, page_limit=2_000_000_000))
    assert await left() == 1_000_000_000_000 - 12_000_000_000
