import asyncio
import threading
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import select

from engine.scenes import TEAM, WORKER, job_row, task_states
from webkiln import errors, ids
from webkiln.contract.batch_scrape import BatchScrapeRequest
from webkiln.engine.outcome import Completed
from webkiln.fetching.egress import EgressGuard
from webkiln.operations.batch_scrape import BatchScrape
from webkiln.operations.caller import Caller
from webkiln.operations.kinds import BATCH_SCRAPE
from webkiln.operations.receivers import Receivers
from webkiln.operations.targets import Targets
from webkiln.operations.webhooks import KIND as DELIVERY
from webkiln.settings import FetchSettings
from webkiln.store.jobs import read_spec
from webkiln.store.schema import jobs, specs, tasks

HOOK = "https://hook.test/in"


@pytest.fixture
def batch(lifecycle, targets):
    return BatchScrape(
        lifecycle, targets, Receivers(lifecycle, targets, None), start_grace_s=0.25, browser=True
    )


def request(count=2, **more):
    return BatchScrapeRequest.model_validate(
        {"urls": [f"https://site.test/{n}" for n in range(count)], **more}
    )


async def all_jobs(database, kind=BATCH_SCRAPE):
    query = select(jobs).where(jobs.c.kind == kind)
    return await database.read(lambda connection: connection.execute(query).all())


async def finish_all(lifecycle):
    while claimed := await lifecycle.claim(WORKER, [BATCH_SCRAPE], 64):
        await lifecycle.finish(WORKER, [(task, Completed(b"{}", credits=1)) for task in claimed])


async def test_a_batch_is_stored_and_begins_after_its_answer(batch, lifecycle, caller, clock, database):
    started = await batch.start(caller, request(3))
    assert started.invalid_urls == []
    assert await task_states(database, started.id) == {"available": 3}
    assert await lifecycle.claim(WORKER, [BATCH_SCRAPE], 9) == []
    await batch.answered(started)
    clock.advance(0.24)
    assert await lifecycle.claim(WORKER, [BATCH_SCRAPE], 9) == []
    clock.advance(0.02)
    assert len(await lifecycle.claim(WORKER, [BATCH_SCRAPE], 9)) == 3


async def test_urls_that_show_they_are_no_good_are_listed_as_sent(batch, caller, database):
    bad = ["http://127.0.0.1/", "no url at all", "ftp://site.test/", "", "http://a\x00b.test/"]
    started = await batch.start(
        caller, BatchScrapeRequest.model_validate({"urls": ["https://site.test/", *bad]})
    )
    assert started.invalid_urls == bad
    assert await task_states(database, started.id) == {"available": 1}


async def test_nothing_but_bad_urls_is_refused(batch, caller, database):
    with pytest.raises(errors.RequestError, match="No valid URLs provided"):
        await batch.start(caller, BatchScrapeRequest.model_validate({"urls": ["http://10.0.0.1/"]}))
    assert await all_jobs(database) == []


@pytest.mark.parametrize(
    ("url", "kind"), [("no url at all", errors.BadRequest), ("http://10.0.0.1/", errors.BlockedAddress)]
)
async def test_one_bad_url_refuses_all_where_asked_for(batch, caller, database, url, kind):
    asked = {"urls": ["https://site.test/", url], "ignoreInvalidURLs": False}
    with pytest.raises(kind):
        await batch.start(caller, BatchScrapeRequest.model_validate(asked))
    assert await all_jobs(database) == []


async def test_many_urls_are_judged_off_the_event_loop(lifecycle, caller):
    """100,000 of them take a third of a second, in which no cancel would be heard."""
    seen = set()

    class Noted(Targets):
        def acceptable(self, typed, refused=None):
            seen.add(threading.current_thread())
            return super().acceptable(typed, refused)

        def parse(self, typed, path):
            seen.add(threading.current_thread())
            return super().parse(typed, path)

    targets = Noted(EgressGuard(FetchSettings()), frozenset())
    batch = BatchScrape(
        lifecycle, targets, Receivers(lifecycle, targets, None), start_grace_s=0, browser=True
    )
    await batch.start(caller, request(2_000))
    await batch.start(caller, request(2_000, ignoreInvalidURLs=False))
    assert threading.main_thread() not in seen


async def test_blanks_around_a_line_do_not_count(batch, caller, lifecycle, clock):
    lines = [
        "https://a.test/1 ",
        "\thttps://a.test/2\r\n",
        "https://a.test/3\0",
        "not a url",
        "\r",
        "ftp://a.test ",
    ]
    started = await batch.start(caller, request(0, urls=lines))
    assert started.invalid_urls == ["not a url", "\r", "ftp://a.test "]
    clock.advance(10)
    held = await lifecycle.claim(WORKER, ["batch_scrape"], 9)
    assert [task.payload for task in held] == [f"https://a.test/{number}" for number in (1, 2, 3)]


async def test_a_repeat_is_answered_with_the_first_job(batch, caller, database):
    first = await batch.start(caller, request(), idempotency_key="k", body=b"body", warnings=["w"])
    again = await batch.start(caller, request(), idempotency_key="k", body=b"body", warnings=["w"])
    assert (again.id, again.invalid_urls, again.warnings) == (first.id, [], ["w"])
    assert (first.fresh, again.fresh) == (True, False)
    assert len(await all_jobs(database)) == 1


async def test_repeats_at_the_same_moment_make_one_job(batch, caller, database):
    started = await asyncio.gather(
        *(batch.start(caller, request(6_000), idempotency_key="k", body=b"body") for _ in range(4))
    )
    assert len({one.id for one in started}) == 1
    assert sorted(one.fresh for one in started) == [False, False, False, True]
    assert sum(job.state == "running" for job in await all_jobs(database)) == 1


async def test_a_key_with_another_body_is_refused(batch, caller, database):
    await batch.start(caller, request(), idempotency_key="k", body=b"body")
    with pytest.raises(errors.Conflict):
        await batch.start(caller, request(), idempotency_key="k", body=b"other body")
    assert len(await all_jobs(database)) == 1


@pytest.mark.parametrize("key", ["", "k" * 10_000, "ключ ", "'; DROP TABLE jobs; --"])
async def test_any_text_is_a_key(batch, caller, database, key):
    for _ in range(2):
        await batch.start(caller, request(), idempotency_key=key, body=b"body")
    await batch.start(caller, request(), idempotency_key=key + "x", body=b"body")
    assert len(await all_jobs(database)) == 2


async def test_the_same_key_of_another_team_is_another_key(batch, caller):
    other = Caller(ids.new_id(), None)
    first = await batch.start(caller, request(), idempotency_key="k", body=b"body")
    assert (await batch.start(other, request(), idempotency_key="k", body=b"body")).id != first.id


async def test_an_append_goes_to_the_job_and_counts_once_under_a_key(batch, caller, database):
    started = await batch.start(caller, request(2))
    for _ in range(2):
        appended = await batch.start(
            caller, request(3, appendToId=started.id), idempotency_key="k", body=b"append"
        )
        assert appended.id == started.id
        assert not appended.fresh
    assert await task_states(database, started.id) == {"available": 5}


async def test_appending_to_what_is_not_ones_own_is_unknown(batch, caller):
    started = await batch.start(caller, request())
    for who, job_id in ((Caller(ids.new_id(), None), started.id), (caller, ids.new_id())):
        with pytest.raises(errors.NotFound, match="Job not found"):
            await batch.start(who, request(appendToId=job_id))


async def test_appending_to_a_cancelled_batch_is_refused(batch, caller):
    started = await batch.start(caller, request())
    await batch.cancel(caller, started.id)
    with pytest.raises(errors.Conflict):
        await batch.start(caller, request(appendToId=started.id))


async def test_cancelling_twice_is_fine(batch, caller, database):
    started = await batch.start(caller, request())
    await batch.cancel(caller, started.id)
    await batch.cancel(caller, started.id)
    assert (await job_row(database, started.id)).state == "cancelled"


async def test_cancelling_a_completed_batch_is_refused_and_changes_nothing(
    batch, caller, lifecycle, clock, database
):
    started = await batch.start(caller, request())
    clock.advance(10)
    await finish_all(lifecycle)
    before = await job_row(database, started.id)
    with pytest.raises(errors.Conflict):
        await batch.cancel(caller, started.id)
    assert await job_row(database, started.id) == before


async def test_whatever_is_no_batch_of_the_team_is_unknown_to_cancel(batch, caller, lifecycle, clock):
    started = await batch.start(caller, request())
    gone = await batch.start(caller, request(1))
    await batch.cancel(caller, gone.id)
    clock.advance(100_000)
    crawl = await batch.start(caller, request(1))
    await lifecycle.database.write(
        lambda connection: connection.execute(jobs.update().where(jobs.c.id == crawl.id).values(kind="crawl"))
    )
    cases = [(Caller(ids.new_id(), None), started.id), (caller, gone.id), (caller, crawl.id)]
    for who, job_id in [*cases, (caller, ids.new_id())]:
        with pytest.raises(errors.NotFound) as caught:
            await batch.cancel(who, job_id)
        assert caught.value.message == "Batch scrape job not found."


async def test_without_retention_no_url_is_shown_as_the_target(batch, caller, database):
    started = await batch.start(caller, request(zeroDataRetention=True, webhook=HOOK))
    job = await job_row(database, started.id)
    assert (job.target, job.zero_retention) == (None, True)
    (box,) = await all_jobs(database, DELIVERY)
    assert box.zero_retention


async def test_small_batches_go_before_large_ones(batch, caller, database):
    small, large = await batch.start(caller, request(1_000)), await batch.start(caller, request(1_001))
    assert (await job_row(database, small.id)).priority < (await job_row(database, large.id)).priority


async def spec_of(database, job_id):
    def work(connection):
        spec_id = connection.execute(
            select(tasks.c.spec_id).where(tasks.c.job_id == job_id).limit(1)
        ).scalar()
        return orjson.loads(read_spec(connection, spec_id))

    return await database.read(work)


async def test_a_receiver_hears_of_the_start_and_is_told_the_job(batch, caller, database):
    started = await batch.start(
        caller, request(webhook={"url": HOOK + "?id={{JOB_ID}}", "metadata": {"a": 1}})
    )
    job = await job_row(database, started.id)
    (box,) = await all_jobs(database, DELIVERY)
    assert (box.id, box.parent_id, job.announce_end) == (job.outbox_id, started.id, True)
    spec = await spec_of(database, box.id)
    assert (spec["url"], spec["metadata"]) == (f"{HOOK}?id={started.id}", {"a": 1})
    assert (await spec_of(database, started.id))["page_events"] is True


async def test_pages_know_where_the_client_of_each_request_reached_the_server(batch, caller, database):
    started = await batch.start(replace(caller, base_url="https://kiln.test"), request(1))
    appending = replace(caller, base_url="http://127.0.0.1:3002")
    await batch.start(appending, request(1, appendToId=started.id))
    query = select(specs.c.body).where(specs.c.job_id == started.id)
    kept = await database.read(lambda connection: connection.execute(query).scalars().all())
    assert {orjson.loads(body)["base_url"] for body in kept} == {"https://kiln.test", "http://127.0.0.1:3002"}


async def test_only_the_events_asked_for_are_announced(batch, caller, database):
    started = await batch.start(caller, request(webhook={"url": HOOK, "events": ["page"]}))
    job = await job_row(database, started.id)
    (box,) = await all_jobs(database, DELIVERY)
    assert (box.submitted, box.state, job.announce_end) == (0, "completed", False)


async def test_the_operators_receiver_serves_jobs_that_name_none(lifecycle, targets, caller, database):
    batch = BatchScrape(
        lifecycle,
        targets,
        Receivers(lifecycle, targets, "http://10.0.0.9/{{JOB_ID}}"),
        start_grace_s=0,
        browser=True,
    )
    started = await batch.start(caller, request())
    (box,) = await all_jobs(database, DELIVERY)
    assert (await spec_of(database, box.id))["url"] == f"http://10.0.0.9/{started.id}"


async def test_a_receiver_inside_is_refused(batch, caller, database):
    with pytest.raises(errors.BlockedAddress):
        await batch.start(caller, request(webhook="http://127.0.0.1:8080/"))
    assert await all_jobs(database) == []


async def test_a_batch_is_its_teams(batch, database):
    started = await batch.start(Caller(TEAM, WORKER), request(maxConcurrency=7))
    job = await job_row(database, started.id)
    assert (job.team_id, job.key_id, job.max_concurrency) == (TEAM, WORKER, 7)
