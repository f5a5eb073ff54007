import asyncio
from dataclasses import dataclass, replace

import orjson
import pytest
from sqlalchemy import select

from engine.scenes import TEAM, WORKER
from engine.scripted import until
from webkiln import errors
from webkiln.contract.search import SearchRequest
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Failed
from webkiln.engine.waiting import EndOfJobs
from webkiln.operations.kinds import SEARCH, shown
from webkiln.operations.search import Search, most_credits
from webkiln.operations.specs import Specs
from webkiln.store import teams
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.schema import jobs
from webkiln.websearch.failover import Failover
from webkiln.websearch.query import Found, Hit, ProviderFailed

ONE, TWO = "https://site.test/1", "https://site.test/2"
MARKDOWN = {"scrapeOptions": {"formats": ["markdown"]}}


class Bell(SilentDoorbell):
    def __init__(self, hear):
        self.ring = hear


class Engine:
    """Answers each source with what the test says; keeps the questions."""

    name = "engine"

    def __init__(self, **answers):
        self.answers = {"web": [ONE, TWO], **answers}
        self.asked = []

    async def search(self, query):
        self.asked.append(query)
        answer = self.answers[query.source]
        if isinstance(answer, BaseException):
            raise answer
        if answer is None:
            await asyncio.Event().wait()
        return Found(tuple(Hit(url, url[-1], image_url=f"{url}.png") for url in answer))


@dataclass(frozen=True)
class Page:
    url: str
    title: str
    description: str


class Local:
    def __init__(self):
        self.asked = []

    async def find(self, caller, query, **more):
        self.asked.append((caller.team_id, query, more))
        return [Page("https://mine.test/", "Mine", "About me")]


def searching(lifecycle, targets, *engines, local=None, browser=True, **more):
    waiting = EndOfJobs()
    own = Lifecycle(lifecycle.database, Bell(waiting.hear), result_ttl_s=86_400, clock=lifecycle.now)
    search = Search(own, waiting, targets, Failover(engines), local=local or Local(), browser=browser, **more)
    return own, search


def request(**more):
    return SearchRequest.model_validate({"query": "clay", **more})


def hits(searched, source="web"):
    return [orjson.loads(hit) for hit in searched.data[source]]


async def claimed(lifecycle, count, kinds=(SEARCH,)):
    """Return the tasks of a search as soon as there are that many."""
    found = []

    async def claim():
        found.extend(await lifecycle.claim(WORKER, list(kinds), 16))
        return len(found) >= count

    await until(claim)
    return {task.payload: task for task in found}


async def only_job(database):
    (row,) = await database.read(lambda connection: connection.execute(select(jobs)).all())
    return row


async def used(database):
    rows = await database.read(lambda connection: teams.history(connection, TEAM, by_key=False))
    return sum(credits_used for _, _, credits_used in rows)


async def test_a_plain_search_is_a_job_without_pages(lifecycle, targets, caller, database):
    own, search = searching(lifecycle, targets, Engine())
    searched = await search.run(caller, request())
    job = await only_job(database)
    assert (job.id, job.kind, job.state, job.target, job.submitted) == (
        searched.id, SEARCH, "completed", "clay", 0,
    )  # fmt: skip
    assert [hit["position"] for hit in hits(searched)] == [1, 2]
    assert (searched.credits_used, await used(database)) == (2, 2)
    assert await own.claim(WORKER, [SEARCH], 1) == []


async def test_the_providers_are_asked_for_all_sources_at_once(lifecycle, targets, caller):
    engine = Engine(news=[TWO], images=[ONE])
    _, search = searching(lifecycle, targets, engine)
    searched = await search.run(caller, request(sources=["images", "web", "news"], limit=1))
    assert [query.source for query in engine.asked] == ["images", "web", "news"]
    assert set(searched.data) == {"images", "web", "news"}
    assert hits(searched, "images") == [{"title": "1", "imageUrl": f"{ONE}.png", "url": ONE, "position": 1}]
    assert searched.credits_used == 2


async def test_pages_are_put_with_their_hits(lifecycle, targets, caller, database):
    own, search = searching(lifecycle, targets, Engine(news=[ONE]))
    asking = asyncio.create_task(search.run(caller, request(sources=["web", "news"], **MARKDOWN)))
    tasks = await claimed(own, 2)
    assert set(tasks) == {ONE, TWO}
    await own.finish(WORKER, [(tasks[TWO], Completed(b'{"markdown":"two"}', credits=1))])
    await own.finish(WORKER, [(tasks[ONE], Failed(errors.SiteFailed("ERR_FAILED")))])
    searched = await asking
    first, second = hits(searched)
    assert (second["url"], second["markdown"]) == (TWO, "two")
    assert first["metadata"] == {
        "sourceURL": ONE, "statusCode": 500, "error": "ERR_FAILED", "code": "SCRAPE_SITE_ERROR",
    }  # fmt: skip
    assert hits(searched, "news")[0]["metadata"] == first["metadata"]
    assert (searched.credits_used, await used(database), searched.warnings) == (3, 3, [])


async def test_pages_know_until_when_the_client_waits(lifecycle, targets, caller, clock):
    own, search = searching(lifecycle, targets, Engine(web=[ONE]))
    asking = asyncio.create_task(
        search.run(replace(caller, base_url="http://b.test"), request(timeout=5_000, **MARKDOWN))
    )
    task = (await claimed(own, 1))[ONE]
    spec = await Specs(own.database).page(task.spec_id)
    assert (spec.deadline, spec.base_url) == (clock() + 5, "http://b.test")
    assert [wanted.type for wanted in spec.options.formats] == ["markdown"]
    await own.finish(WORKER, [(task, Completed(b"{}"))])
    await asking


async def test_pages_that_need_a_browser_are_of_its_kind(lifecycle, targets, caller, database):
    own, search = searching(lifecycle, targets, Engine(web=[ONE]))
    asking = asyncio.create_task(search.run(caller, request(scrapeOptions={"formats": ["screenshot"]})))
    task = (await claimed(own, 1, [shown(SEARCH)]))[ONE]
    await own.finish(WORKER, [(task, Completed(b"{}"))])
    await asking
    assert (await only_job(database)).kind == "search.browser"


async def test_the_time_runs_out_with_what_is_done(lifecycle, targets, caller, clock, database):
    own, search = searching(lifecycle, targets, Engine())
    asking = asyncio.create_task(search.run(caller, request(timeout=5_000, **MARKDOWN)))
    tasks = await claimed(own, 2)
    await own.finish(WORKER, [(tasks[ONE], Completed(b'{"markdown":"one"}', credits=1))])
    clock.now += 6
    searched = await asking
    first, second = hits(searched)
    assert first["markdown"] == "one"
    assert (second["metadata"]["statusCode"], second["metadata"]["code"]) == (408, "SCRAPE_TIMEOUT")
    assert searched.warnings == ["The time ran out: 1 of 2 pages were not scraped"]
    assert searched.credits_used == 3
    assert (await only_job(database)).state == "cancelled"


async def test_documents_that_are_too_large_together_are_read_by_their_ids(lifecycle, targets, caller):
    own, search = searching(lifecycle, targets, Engine(), most_bytes=30)
    asking = asyncio.create_task(search.run(caller, request(**MARKDOWN)))
    tasks = await claimed(own, 2)
    for url in (TWO, ONE):
        await own.finish(WORKER, [(tasks[url], Completed(b'{"markdown":"a page"}', credits=1))])
    first, second = hits(await asking)
    assert second["markdown"] == "a page"
    assert (first["metadata"]["statusCode"], first["metadata"]["scrapeId"]) == (413, tasks[ONE].id)


async def test_a_caller_that_goes_away_takes_the_pages_along(lifecycle, targets, caller, database):
    own, search = searching(lifecycle, targets, Engine())
    asking = asyncio.create_task(search.run(caller, request(**MARKDOWN)))
    await claimed(own, 2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await only_job(database)).state == "cancelled"


async def test_urls_we_do_not_fetch_are_told_without_a_task(lifecycle, targets, caller, database):
    inside = "http://169.254.169.254/latest"
    _, search = searching(lifecycle, targets, Engine(web=[inside]))
    (hit,) = hits(await search.run(caller, request(**MARKDOWN)))
    assert (hit["metadata"]["statusCode"], hit["metadata"]["code"]) == (403, "unsafe_domain_blocked")
    assert (await only_job(database)).submitted == 0
    searched = await search.run(caller, request(ignoreInvalidURLs=True))
    assert (searched.data, searched.credits_used) == ({"web": []}, 0)


async def test_pictures_without_an_address_are_none(lifecycle, targets, caller):
    class Bare(Engine):
        async def search(self, _query):
            return Found((Hit(ONE), Hit(TWO, image_url="https://a.test/a.png")))

    _, search = searching(lifecycle, targets, Bare())
    searched = await search.run(caller, request(sources=["images"]))
    assert [(hit["url"], hit["position"]) for hit in hits(searched, "images")] == [(TWO, 1)]


async def test_a_source_that_fails_is_a_warning_while_another_answers(lifecycle, targets, caller):
    _, search = searching(lifecycle, targets, Engine(news=ProviderFailed("HTTP 500")))
    searched = await search.run(caller, request(sources=["web", "news"]))
    assert set(searched.data) == {"web"}
    assert searched.warnings == ["The search for news failed: engine failed (HTTP 500)"]


async def test_a_degraded_search_says_who_failed_and_who_answered(lifecycle, targets, caller):
    first = Engine(web=ProviderFailed("HTTP 500"))
    first.name = "first"
    _, search = searching(lifecycle, targets, first, Engine())
    searched = await search.run(caller, request())
    assert searched.warnings == ["Degraded search: first failed (HTTP 500); engine answered instead"]


async def test_when_every_provider_fails_it_is_an_error(lifecycle, targets, caller, database):
    _, search = searching(lifecycle, targets, Engine(web=ProviderFailed("HTTP 500")))
    with pytest.raises(errors.SearchFailed, match=r"The search for web failed: engine failed \(HTTP 500\)\."):
        await search.run(caller, request())
    assert await used(database) == 0


async def test_when_no_provider_answers_in_time_it_is_a_timeout(lifecycle, targets, caller, clock):
    class Late(Engine):
        async def search(self, _query):
            clock.now += 60
            raise ProviderFailed("no answer")

    _, search = searching(lifecycle, targets, Late())
    with pytest.raises(errors.ScrapeTimeout, match="within 60 s"):
        await search.run(caller, request())


async def test_without_a_provider_only_our_own_pages_are_searched(lifecycle, targets, caller):
    local = Local()
    _, search = searching(lifecycle, targets, local=local)
    with pytest.raises(errors.SearchNotConfigured):
        await search.run(caller, request(sources=["web", "local"]))
    searched = await search.run(caller, request(sources=["local"], includeDomains=["mine.test"], limit=3))
    assert hits(searched, "local") == [
        {"url": "https://mine.test/", "title": "Mine", "description": "About me", "position": 1}
    ]
    assert searched.credits_used == 0
    assert local.asked == [
        (TEAM, "clay", {"limit": 3, "include_domains": ("mine.test",), "exclude_domains": ()})
    ]


async def test_our_own_pages_are_an_answer_when_the_web_has_none(lifecycle, targets, caller):
    _, search = searching(lifecycle, targets, Engine(web=ProviderFailed("HTTP 500")))
    searched = await search.run(caller, request(sources=["local", "web"]))
    assert (len(searched.data["local"]), searched.data["web"]) == (1, [])
    assert searched.warnings


@pytest.mark.parametrize("kind", ["threat", "anon", "zdr"])
async def test_what_takes_a_permission_is_forbidden(lifecycle, targets, caller, kind):
    engine = Engine()
    _, search = searching(lifecycle, targets, engine)
    asked = {"threatProtection": {"mode": "off"}} if kind == "threat" else {"enterprise": [kind]}
    with pytest.raises(errors.Forbidden):
        await search.run(caller, request(**asked))
    assert engine.asked == []


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"asyncScraping": True}, ["asyncScraping"]),
        ({"scrapeOptions": {"formats": ["markdown", "summary"]}}, ["scrapeOptions", "formats", 1]),
        ({"scrapeOptions": {"formats": ["markdown"], "mobile": True}}, ["scrapeOptions", "mobile"]),
    ],
)
async def test_what_cannot_be_is_refused_where_it_stands(lifecycle, targets, caller, asked, path):
    _, search = searching(lifecycle, targets, Engine(), browser=False)
    with pytest.raises(errors.BadRequest) as caught:
        await search.run(caller, request(**asked))
    assert caught.value.details[0]["path"] == path


async def test_what_has_no_effect_is_said(lifecycle, targets, caller):
    _, search = searching(lifecycle, targets, Engine())
    asked = request(
        highlights=True, enterprise=["default"], categories=["gov"], scrapeOptions={"mobile": True}
    )
    searched = await search.run(caller, asked, ["before"])
    assert searched.warnings == [
        "before",
        "highlights has no effect: descriptions are those of the search provider",
        "The category 'gov' is a choice of sites on this server, not an index of its own",
        "scrapeOptions has no effect without formats",
    ]


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ({}, 2),
        ({"limit": 11}, 4),
        ({"sources": ["web", "news", "images"], "limit": 5}, 4),
        ({"sources": ["local"]}, 0),
        ({"limit": 5, **MARKDOWN}, 7),
        ({"limit": 5, "sources": ["web", "news", "images", "local"], **MARKDOWN}, 14),
    ],
)
def test_what_a_search_can_cost_at_most(asked, most):
    assert most_credits(request(**asked)) == most
