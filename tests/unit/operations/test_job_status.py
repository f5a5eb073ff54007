import asyncio
import json

import pytest

from engine.scenes import TEAM, WORKER, submission
from engine.scripted import until
from webkiln import errors, ids
from webkiln.engine.outcome import Completed, Failed
from webkiln.operations.caller import Caller
from webkiln.operations.job_status import JobStatus, timestamp

KINDS = ["pages"]


@pytest.fixture
def status(lifecycle):
    return JobStatus(lifecycle)


async def running(lifecycle, clock, count):
    made = submission(clock, count)
    await lifecycle.submit(made)
    return made.job.id, await lifecycle.claim(WORKER, KINDS, count)


def done(*held):
    return [(task, Completed(b'"%s"' % task.id.encode(), credits=1)) for task in held]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_790_000_000.25, "2026-09-21T14:13:20.250Z"),
        (1_790_000_000.9999, "2026-09-21T14:13:20.999Z"),
    ],
)
def test_moments_are_shown_in_milliseconds_of_utc(moment, shown):
    assert timestamp(moment) == shown


async def test_how_a_running_job_stands(status, lifecycle, clock, caller):
    job_id, held = await running(lifecycle, clock, 4)
    await lifecycle.finish(WORKER, [*done(held[0]), (held[1], Failed(errors.SiteFailed("no")))])
    clock.advance(2.5)
    found = await status.read(caller, job_id, KINDS)
    assert found.head() == {
        "success": True,
        "status": "scraping",
        "completed": 1,
        "total": 3,  # what failed is not counted (contract §3.2)
        "creditsUsed": 1,
        "expiresAt": "2026-09-22T14:13:20.000Z",
        "createdAt": "2026-09-21T14:13:20.000Z",
        "duration": 2.5,
    }


async def test_more_may_come_behind_documents_of_a_running_job_only(status, lifecycle, clock, caller):
    job_id, held = await running(lifecycle, clock, 3)

    async def more(skip, limit=None):
        return (await status.read(caller, job_id, KINDS, skip=skip, limit=limit)).more

    assert not await more(0)
    await lifecycle.finish(WORKER, done(*held[:2]))
    assert [await more(0), await more(1), await more(2)] == [True, True, False]
    await lifecycle.finish(WORKER, done(held[2]))
    assert [await more(0), await more(0, 2), await more(3)] == [False, True, False]


async def test_how_an_ended_job_stands(status, lifecycle, clock, caller):
    job_id, held = await running(lifecycle, clock, 1)
    clock.advance(1.5)
    await lifecycle.finish(WORKER, done(*held))
    clock.advance(100)
    found = await status.read(caller, job_id, KINDS)
    head = found.head()
    assert (head["status"], head["completedAt"], head["duration"]) == (
        "completed",
        "2026-09-21T14:13:21.500Z",
        1.5,
    )
    assert not found.more


async def test_a_job_that_runs_past_its_day_does_not_look_expired(status, lifecycle, clock, caller):
    job_id, _ = await running(lifecycle, clock, 1)
    clock.advance(200_000)
    head = (await status.read(caller, job_id, KINDS)).head()
    assert head["expiresAt"] > timestamp(clock())


@pytest.mark.parametrize(
    ("team", "kinds"), [(TEAM, ["crawl"]), pytest.param(ids.new_id(), KINDS, id="a stranger")]
)
async def test_what_is_not_of_this_team_and_kind_is_unknown(status, lifecycle, clock, team, kinds):
    job_id, _ = await running(lifecycle, clock, 1)
    for ask in (status.read, status.failures):
        with pytest.raises(errors.NotFound, match="Job not found"):
            await ask(Caller(team, None), job_id, kinds)
    with pytest.raises(errors.NotFound):
        async for _ in status.watch(Caller(team, None), job_id, kinds):
            pass


async def test_failures_say_which_page_and_why(status, lifecycle, clock, caller):
    job_id, held = await running(lifecycle, clock, 3)
    clock.advance(1)
    await lifecycle.finish(
        WORKER,
        [
            (held[0], Failed(errors.TlsFailed("no trust"))),
            *done(held[1]),
            (held[2], Failed(errors.NotFound("x"))),
        ],
    )
    listed, forbidden = await status.failures(caller, job_id, KINDS)
    assert forbidden == []
    assert listed == [
        {
            "id": held[0].id,
            "url": "https://site.test/0",
            "error": "no trust",
            "code": "SCRAPE_SSL_ERROR",
            "timestamp": "2026-09-21T14:13:21.000Z",
        },
        {
            "id": held[2].id,
            "url": "https://site.test/2",
            "error": "x",
            "timestamp": "2026-09-21T14:13:21.000Z",
        },
    ]


async def test_every_failure_is_listed_however_many(status, lifecycle, clock, caller):
    job_id, held = await running(lifecycle, clock, 10_001)
    await lifecycle.finish(WORKER, [(task, Failed(errors.SiteFailed("no"))) for task in held])
    assert len((await status.failures(caller, job_id, KINDS))[0]) == 10_001


async def test_a_watch_shows_everything_once_and_ends_with_the_end(status, lifecycle, clock, caller):
    job_id, held = await running(lifecycle, clock, 130)
    await lifecycle.finish(WORKER, done(*held[:110]))
    seen, heads = [], []

    async def follow():
        async for found in status.watch(caller, job_id, KINDS):
            seen.extend(json.loads(body) for body in found.documents)
            heads.append(found.head()["status"])

    following = asyncio.create_task(follow())
    await until(lambda: len(seen) == 110)
    await lifecycle.finish(WORKER, done(*held[110:]))
    await following
    assert seen == [task.id for task in held]
    assert heads[-1] == "completed"
    assert set(heads[:-1]) == {"scraping"}


async def test_a_watch_of_a_job_that_is_pruned_ends_as_unknown(status, lifecycle, clock, caller):
    job_id, held = await running(lifecycle, clock, 2)
    watch = status.watch(caller, job_id, KINDS)
    assert (await anext(watch)).documents == []
    await lifecycle.finish(WORKER, done(*held))
    clock.advance(100_000)
    with pytest.raises(errors.NotFound):
        await anext(watch)
