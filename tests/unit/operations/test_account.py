import base64
import calendar
import time

import pytest

from engine.scenes import TEAM, WORKER, new_job
from webkiln import errors, ids
from webkiln.contract.account import ActivityQuery
from webkiln.engine.outcome import Completed
from webkiln.engine.submitting import Submission
from webkiln.operations.account import UNLIMITED, Account, month_bounds
from webkiln.operations.caller import Caller
from webkiln.operations.keys import Keys
from webkiln.store import teams


@pytest.fixture
def account(lifecycle):
    return Account(lifecycle, max_concurrency=0, worker_concurrency=32)


async def spend(lifecycle, caller, month, amount):
    used = {(caller.team_id, caller.key_id or caller.team_id): amount}
    await lifecycle.database.write(lambda connection: teams.add_usage(connection, used, month))


@pytest.mark.parametrize(
    ("month", "start", "end"),
    [
        ("2026-11", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"),
        ("2026-12", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
        ("2028-02", "2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"),
    ],
)
def test_a_month_reaches_to_the_next(month, start, end):
    assert month_bounds(month) == (start, end)


async def test_where_nothing_limits_there_is_plenty(account, caller, lifecycle):
    await spend(lifecycle, caller, "2026-09", 70)
    figures = await account.credits_left(caller)
    assert (figures["remainingCredits"], figures["planCredits"]) == (UNLIMITED, UNLIMITED)


async def test_a_limit_is_used_up_by_the_month_of_utc(account, lifecycle, clock):
    keys = Keys(lifecycle.database, clock=clock)
    caller = await keys.authenticate(await keys.create(credit_limit=100))
    clock.now = calendar.timegm((2026, 9, 30, 23, 59, 59))
    await spend(lifecycle, caller, "2026-09", 70)
    figures = await account.credits_left(caller)
    assert figures == {
        "remainingCredits": 30,
        "planCredits": 100,
        "billingPeriodStart": "2026-09-01T00:00:00.000Z",
        "billingPeriodEnd": "2026-10-01T00:00:00.000Z",
    }
    assert (await account.tokens_left(caller))["remainingTokens"] == 450
    await spend(lifecycle, caller, "2026-09", 70)
    assert (await account.credits_left(caller))["remainingCredits"] == 0
    clock.advance(1)
    assert (await account.credits_left(caller))["remainingCredits"] == 100


async def test_pages_are_counted_in_the_month_they_were_finished(account, lifecycle, clock, caller):
    clock.now = calendar.timegm((2026, 9, 30, 23, 59, 50))
    await lifecycle.submit(Submission(new_job(clock, key_id=TEAM), b"{}", ["a", "b"]))
    held = await lifecycle.claim(WORKER, ["pages"], 2)
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}", credits=3))])
    clock.advance(20)
    await lifecycle.finish(WORKER, [(held[1], Completed(b"{}", credits=5))])
    assert await account.history(caller, by_key=False) == [
        ("2026-10-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z", None, 5),
        ("2026-09-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z", None, 3),
    ]
    assert time.gmtime(clock())[1] == 10


async def test_the_queue_of_a_team_is_counted_in_pages(account, lifecycle, clock, caller):
    await lifecycle.submit(Submission(new_job(clock, kind="batch_scrape"), b"{}", ["a", "b", "c"]))
    await lifecycle.submit(Submission(new_job(clock, kind="webhook"), b"{}", ["event"]))
    await lifecycle.submit(Submission(new_job(clock, kind="scrape", team_id=ids.new_id()), b"{}", ["a"]))
    held = await lifecycle.claim(WORKER, ["batch_scrape"], 2)
    queue = await account.queue(caller)
    assert queue == {
        "jobsInQueue": 3,
        "activeJobsInQueue": 2,
        "waitingJobsInQueue": 1,
        "maxConcurrency": 64,  # two workers of the fixture, 32 slots each
        "mostRecentSuccess": None,
    }
    held += await lifecycle.claim(WORKER, ["batch_scrape"], 1)
    await lifecycle.finish(WORKER, [(task, Completed(b"{}")) for task in held])
    assert (await account.queue(caller))["mostRecentSuccess"] == "2026-09-21T14:13:20.000Z"
    limited = Account(lifecycle, max_concurrency=5, worker_concurrency=32)
    assert await limited.concurrency(caller) == {"concurrency": 0, "maxConcurrency": 5}


async def test_activities_are_paged_by_cursor(account, lifecycle, clock, caller):
    made = []
    for number in range(5):
        kind = "scrape" if number % 2 else "batch_scrape"
        job = new_job(clock, kind=kind, target=f"https://site.test/{number}")
        await lifecycle.submit(Submission(job, b"{}", ["a"]))
        made.append(job.id)
        clock.advance(0.25)
    seen, cursor = [], None
    while True:
        query = {"limit": "2"} if cursor is None else {"limit": "2", "cursor": cursor}
        page = await account.activity(caller, ActivityQuery.model_validate(query))
        seen += [one["id"] for one in page["data"]]
        cursor = page["cursor"]
        assert page["has_more"] is (cursor is not None)
        if cursor is None:
            break
    assert seen == made[::-1]
    one = (await account.activity(caller, ActivityQuery.model_validate({"endpoint": "scrape"})))["data"][0]
    assert one == {
        "id": made[3],
        "endpoint": "scrape",
        "api_version": "v2",
        "created_at": "2026-09-21T14:13:20.750Z",
        "target": "https://site.test/3",
    }


async def test_activities_of_yesterday_and_of_others_are_not_shown(account, lifecycle, clock, caller):
    await lifecycle.submit(Submission(new_job(clock, kind="scrape"), b"{}", ["a"]))
    everything = ActivityQuery.model_validate({})
    assert len((await account.activity(caller, everything))["data"]) == 1
    assert (await account.activity(Caller(ids.new_id(), None), everything))["data"] == []
    clock.advance(86_401)
    assert (await account.activity(caller, everything))["data"] == []


BAD = ["nonsense", "é", "=", base64.b64encode(b"1.0").decode(), base64.b64encode(b"x y").decode(),
       base64.b64encode(b"1.0 not-an-id").decode(), base64.b64encode(b"1 2 3").decode(),
       base64.b64encode(b"\xff \xff").decode()]  # fmt: skip


@pytest.mark.parametrize("cursor", BAD)
async def test_a_cursor_nobody_gave_is_refused(account, caller, cursor):
    with pytest.raises(errors.BadRequest, match="cursor"):
        await account.activity(caller, ActivityQuery.model_validate({"cursor": cursor}))


@pytest.mark.parametrize("moment", ["nan", "inf", "-inf", "1e400", "0"])
async def test_a_cursor_of_an_odd_moment_does_no_harm(account, caller, moment):
    cursor = base64.b64encode(f"{moment} {TEAM}".encode()).decode()
    page = await account.activity(caller, ActivityQuery.model_validate({"cursor": cursor}))
    assert page["data"] == []
