import json

import pytest

from engine.scenes import WORKER, new_job
from engine.scripted import Web, maker
from webkiln import errors, ids
from webkiln.contract.scrape import ScrapeOptions
from webkiln.engine.executor import execute
from webkiln.engine.outcome import Completed, Failed, Snoozed
from webkiln.engine.submitting import Submission
from webkiln.fetching.politeness import Resting
from webkiln.operations.page_task import PageHandler
from webkiln.operations.specs import PageSpec, Specs
from webkiln.scraping.likenesses import Likenesses
from webkiln.scraping.page_cache import PageCache
from webkiln.scraping.page_index import PageIndex
from webkiln.scraping.profiles import Profiles
from webkiln.scraping.scraper import Scraped, Scraper
from webkiln.scraping.snapshots import Snapshots
from webkiln.store.blobs import LocalBlobs
from webkiln.store.hosts import HostNews

URL = "https://site.test/page"
BOX = ids.new_id()


@pytest.fixture
def web(clock):
    return Web(clock)


@pytest.fixture
def handler(web, lifecycle, clock, tmp_path):
    database = lifecycle.database
    scraper = Scraper(
        web,
        PageCache(database, lambda wire, _: wire),
        PageIndex(database, enabled=True),
        LocalBlobs(tmp_path),
        Profiles(database, clock),
        Snapshots(database),
        Likenesses(database),
        maker(),
        clock=clock,
    )
    return PageHandler(
        Specs(database),
        scraper,
        default_timeout_s=60,
        max_tries=3,
        allow_names=frozenset(),
        resting=Resting(),
        clock=clock,
    )


@pytest.fixture
def page(lifecycle, clock):
    """Submit one page and claim it."""

    async def make(url=URL, *, deadline=None, page_events=False, base_url="", **options):
        spec = PageSpec(
            ScrapeOptions.model_validate(options),
            outbox_id=BOX if page_events else None,
            page_events=page_events,
            deadline=deadline,
            base_url=base_url,
        )
        await lifecycle.submit(Submission(new_job(clock), spec.encode(), [url]))
        (task,) = await lifecycle.claim(WORKER, ["pages"], 1)
        return task

    return make


async def again(lifecycle, task, outcome, clock):
    """Store a snooze and claim the task when it is due."""
    await lifecycle.finish(WORKER, [(task, outcome)])
    clock.now = outcome.until
    (claimed,) = await lifecycle.claim(WORKER, ["pages"], 1)
    return claimed


async def test_a_page_is_completed_with_its_document_and_price(handler, page, web):
    outcome = await handler.run(await page())
    assert isinstance(outcome, Completed)
    assert json.loads(outcome.document)["markdown"].strip() == "# Hello"
    assert (outcome.credits, outcome.events) == (1, ())
    assert web.asked[0].timeout_s == 60


async def test_a_page_is_scraped_for_whoever_reached_the_server_there(page, lifecycle):
    seen = []

    class Noting:
        async def scrape(self, target):
            seen.append(target)
            return Scraped(b"{}", 1)

    handler = PageHandler(
        Specs(lifecycle.database),
        Noting(),
        default_timeout_s=60,
        max_tries=3,
        allow_names=frozenset(),
        resting=Resting(),
    )
    await handler.run(await page(base_url="https://kiln.test"))
    assert [target.base_url for target in seen] == ["https://kiln.test"]


async def test_a_failure_that_may_pass_is_tried_three_times_ever_later(handler, page, web, lifecycle, clock):
    web.failures = [errors.ConnectionFailed("refused")] * 3
    task, waits = await page(), []
    for _ in range(2):
        outcome = await handler.run(task)
        waits.append(outcome.until - clock())
        task = await again(lifecycle, task, outcome, clock)
    outcome = await execute(handler, task)
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "refused (tried 3 times)"
    assert 0.5 <= waits[0] <= 0.75
    assert 1 <= waits[1] <= 1.5
    assert len(web.asked) == 3


@pytest.mark.parametrize(
    "error",
    [
        errors.TlsFailed("no"),
        errors.BlockedAddress(),
        errors.NameNotResolved("?"),
        errors.ScrapeTimeout("slow"),
    ],
)
async def test_a_failure_that_will_not_pass_ends_at_once(handler, page, web, error):
    web.failures = [error]
    outcome = await execute(handler, await page())
    assert outcome == Failed(error)
    assert len(web.asked) == 1


async def test_a_failure_is_no_cause_of_itself(handler, page, web):
    """It would live on with all that led to it, the page's body too, until somebody looked for circles."""
    web.failures = [errors.SiteFailed("too large")]
    with pytest.raises(errors.SiteFailed) as caught:
        await handler.run(await page())
    assert caught.value.__cause__ is None


async def test_a_site_that_says_when_to_come_back_is_believed(handler, page, web, clock):
    web.status, web.headers = 429, (("retry-after", "30"),)
    outcome = await handler.run(await page())
    assert outcome == Snoozed(clock() + 30, news=HostNews("site.test", busy_s=30))


async def test_other_pages_of_a_host_that_rests_are_not_asked_for(handler, page, web, clock):
    web.status, web.headers = 429, ()
    await handler.run(await page())
    outcome = await handler.run(await page())
    assert outcome == Snoozed(clock() + 1, tries=0)
    assert len(web.asked) == 1
    clock.advance(1)
    web.status = 200
    assert isinstance(await handler.run(await page()), Completed)


async def test_a_server_in_trouble_that_asks_for_no_pause_is_not_slowed_down(handler, page, web):
    web.status = 503
    outcome = await handler.run(await page())
    assert outcome.news is None
    await handler.run(await page())
    assert len(web.asked) == 2


async def test_a_site_that_asks_for_too_much_patience_has_given_its_answer(handler, page, web):
    web.status, web.headers = 503, (("retry-after", "3600"),)
    outcome = await handler.run(await page())
    assert json.loads(outcome.document)["metadata"]["statusCode"] == 503
    assert outcome.credits == 1


async def test_the_last_answer_of_a_busy_site_is_the_document(handler, page, web, lifecycle, clock):
    web.status = 500
    task = await page()
    for _ in range(2):
        task = await again(lifecycle, task, await handler.run(task), clock)
    outcome = await handler.run(task)
    assert json.loads(outcome.document)["metadata"]["statusCode"] == 500


async def test_who_waits_is_not_kept_waiting_past_the_deadline(handler, page, web, clock):
    web.failures = [errors.ConnectionFailed("refused")]
    outcome = await execute(handler, await page(deadline=clock() + 0.4))
    assert outcome.error.message == "refused"
    web.status, web.headers = 503, (("retry-after", "10"),)
    outcome = await handler.run(await page(deadline=clock() + 5))
    assert isinstance(outcome, Completed)


async def test_the_time_in_the_queue_is_taken_off(handler, page, web, clock):
    task = await page(deadline=clock() + 10, timeout=10_000)
    clock.advance(4)
    await handler.run(task)
    assert web.asked[0].timeout_s == 6


async def test_a_page_whose_time_is_over_is_not_fetched(handler, page, web, clock):
    task = await page(deadline=clock() + 10, timeout=10_000)
    clock.advance(10)
    outcome = await execute(handler, task)
    assert isinstance(outcome.error, errors.ScrapeTimeout)
    assert web.asked == []


async def test_the_pages_of_a_batch_have_the_timeout_each(handler, page, web, clock):
    task = await page(timeout=10_000)
    clock.advance(1_000)
    await handler.run(task)
    assert web.asked[0].timeout_s == 10


async def test_what_is_no_url_by_now_is_an_error_of_the_page(handler, page, web):
    outcome = await execute(handler, await page("nonsense"))
    assert isinstance(outcome.error, errors.InvalidTarget)
    assert web.asked == []


async def test_a_page_whose_job_is_gone_is_cancelled(handler, page, lifecycle):
    task = await page()
    await lifecycle.database.write(lambda connection: connection.exec_driver_sql("DELETE FROM specs").close())
    outcome = await execute(handler, task)
    assert isinstance(outcome.error, errors.JobCancelled)
    assert outcome.events == ()


async def test_the_receiver_hears_of_good_pages_and_of_bad_ones(handler, page, web):
    good = await page(page_events=True)
    (event,) = (await handler.run(good)).events
    assert (event.outbox_id, json.loads(event.payload)) == (
        BOX,
        {"event": "page", "task": good.id, "url": URL},
    )
    web.failures = [errors.TlsFailed("no trust")]
    bad = await page(page_events=True, maxAge=0)
    (event,) = (await execute(handler, bad)).events
    assert json.loads(event.payload)["error"] == "no trust"


async def test_a_try_that_is_snoozed_is_not_announced(handler, page, web):
    web.failures = [errors.ConnectionFailed("refused")]
    assert isinstance(await handler.run(await page(page_events=True)), Snoozed)
