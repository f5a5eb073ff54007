import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from engine.scenes import WORKER, job_row
from engine.scripted import Gated, until
from webkiln import errors
from webkiln.contract.scrape import ScrapeRequest
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Failed
from webkiln.engine.waiting import EndOfJobs
from webkiln.operations.caller import Caller
from webkiln.operations.kinds import SCRAPE
from webkiln.operations.scrape import Scrape
from webkiln.operations.specs import Specs
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.schema import jobs

URL = "https://site.test/page"


class Bell(SilentDoorbell):
    def __init__(self, hear):
        self.ring = hear


def scraping(lifecycle, targets, database=None):
    waiting = EndOfJobs()
    own = Lifecycle(
        database or lifecycle.database, Bell(waiting.hear), result_ttl_s=86_400, clock=lifecycle.now
    )
    return own, Scrape(own, waiting, targets, default_timeout_s=60, browser=True)


def request(**more):
    return ScrapeRequest.model_validate({"url": URL, **more})


async def taken(lifecycle):
    """Return the page's task as soon as there is one."""

    async def claim():
        return await lifecycle.claim(WORKER, [SCRAPE], 1)

    return (await until(claim))[0]


async def only_job(database):
    (row,) = await database.read(lambda connection: connection.execute(select(jobs)).all())
    return row


async def test_the_page_is_the_answer(lifecycle, targets, caller):
    own, scrape = scraping(lifecycle, targets)
    answer = asyncio.create_task(scrape.run(caller, request()))
    task = await taken(own)
    await own.finish(WORKER, [(task, Completed(b'{"markdown":"hi"}', credits=1))])
    assert await answer == b'{"markdown":"hi"}'
    assert await scrape.read(caller, task.id) == b'{"markdown":"hi"}'
    with pytest.raises(errors.NotFound, match="Job not found"):
        await scrape.read(Caller(task.id, None), task.id)


async def test_the_time_spent_in_the_queue_counts(lifecycle, targets, caller, clock):
    own, scrape = scraping(lifecycle, targets)
    answer = asyncio.create_task(scrape.run(caller, request(timeout=5_000)))
    task = await taken(own)
    spec = await Specs(own.database).page(task.spec_id)
    assert spec.deadline == clock() + 5
    await own.finish(WORKER, [(task, Failed(errors.ScrapeTimeout("too late")))])
    with pytest.raises(errors.ScrapeTimeout, match="too late"):
        await answer


async def test_a_page_nobody_works_on_is_given_up_at_its_deadline(
    lifecycle, targets, caller, clock, database
):
    _, scrape = scraping(lifecycle, targets)
    answer = asyncio.create_task(scrape.run(caller, request(timeout=5_000)))
    await until(lambda: scrape._one_task._waiting._waiters)
    clock.advance(5.3)
    with pytest.raises(errors.ScrapeTimeout, match="5 s"):
        await answer
    assert (await only_job(database)).state == "cancelled"


async def test_a_page_that_is_stored_at_the_last_moment_is_answered(lifecycle, targets, caller, clock):
    """It is paid for; the answer must agree with what is stored."""
    own, scrape = scraping(lifecycle, targets)
    own.doorbell.ring = lambda _: None  # the ring is lost
    answer = asyncio.create_task(scrape.run(caller, request(timeout=5_000)))
    task = await taken(own)
    await own.finish(WORKER, [(task, Completed(b"{}", credits=1))])
    clock.advance(6)
    assert await answer == b"{}"


async def test_a_page_that_is_stored_between_the_last_look_and_the_cancel_is_answered(
    lifecycle, targets, caller, clock
):
    own, scrape = scraping(lifecycle, targets)
    own.doorbell.ring = lambda _: None

    class Overtaken:
        """The page is stored just after the last look for it has been taken."""

        async def read(self, work):
            found = await lifecycle.database.read(work)
            if clock() > deadline:
                await lifecycle.finish(WORKER, [(task, Completed(b"{}", credits=1))])
            return found

        async def write(self, work, *, durable=True):
            return await lifecycle.database.write(work, durable=durable)

    deadline = clock() + 5
    answer = asyncio.create_task(scrape.run(caller, request(timeout=5_000)))
    task = await taken(own)
    own.database = Overtaken()
    clock.advance(6)
    assert await answer == b"{}"


async def test_a_client_that_goes_away_takes_its_page_along(lifecycle, targets, caller, database):
    own, scrape = scraping(lifecycle, targets)
    answer = asyncio.create_task(scrape.run(caller, request()))
    await taken(own)
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert (await only_job(database)).state == "cancelled"


async def test_a_client_that_goes_away_while_its_page_is_stored_takes_it_along(
    lifecycle, targets, caller, tmp_path, blank
):
    path = tmp_path / "gated.db"
    path.write_bytes(blank.read_bytes())
    gated = Gated(path)
    _, scrape = scraping(lifecycle, targets, gated)
    gated.gate.clear()
    answer = asyncio.create_task(scrape.run(caller, request()))
    await until(lambda: gated.writes == 1)
    answer.cancel()
    await asyncio.sleep(0)
    gated.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert (await only_job(gated)).state == "cancelled"
    await gated.close()


async def test_without_retention_nothing_of_the_page_is_kept_and_the_rest_not_long(
    lifecycle, targets, caller, database, clock
):
    own, scrape = scraping(lifecycle, targets)
    answer = asyncio.create_task(scrape.run(caller, request(zeroDataRetention=True)))
    task = await taken(own)
    assert task.zero_retention
    await own.finish(WORKER, [(task, Completed(b"{}", credits=2))])
    assert await answer == b"{}"
    with pytest.raises(errors.NotFound):
        await scrape.read(caller, task.id)
    job = await only_job(database)
    assert job.target is None
    assert job.expires_at == clock() + 600


@pytest.mark.parametrize("refused", ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest"])
async def test_an_address_that_shows_itself_is_refused_before_anything_is_stored(
    lifecycle, targets, caller, database, refused
):
    _, scrape = scraping(lifecycle, targets)
    with pytest.raises(errors.BlockedAddress):
        await scrape.run(caller, ScrapeRequest.model_validate({"url": refused}))
    assert await database.read(lambda connection: connection.execute(select(jobs)).all()) == []


async def test_a_page_knows_where_its_client_reached_the_server(lifecycle, targets, caller):
    own, scrape = scraping(lifecycle, targets)
    asked = replace(caller, base_url="https://kiln.test")
    answer = asyncio.create_task(scrape.run(asked, request()))
    task = await taken(own)
    await own.finish(WORKER, [(task, Completed(b"{}", credits=1))])
    await answer
    assert (await Specs(lifecycle.database).page(task.spec_id)).base_url == "https://kiln.test"


async def test_a_page_keeps_its_owner(lifecycle, targets, database):
    own, scrape = scraping(lifecycle, targets)
    key_id = "0198a000-0000-7000-8000-000000000009"
    answer = asyncio.create_task(scrape.run(Caller(WORKER, key_id), request()))
    task = await taken(own)
    await own.finish(WORKER, [(task, Completed(b"{}", credits=1))])
    await answer
    job = await job_row(database, task.job_id)
    assert (job.team_id, job.key_id, job.kind, job.target, job.priority) == (WORKER, key_id, SCRAPE, URL, 0)
