from __future__ import annotations

import asyncio

import orjson
import pytest

from engine.scenes import WORKER
from engine.scripted import maker, until
from webkiln import errors
from webkiln.contract.map import MapRequest
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Failed
from webkiln.engine.waiting import EndOfJobs
from webkiln.fetching.page import Page
from webkiln.fetching.robots import Robots
from webkiln.fetching.sitemaps import Sitemaps
from webkiln.operations.kinds import MAP
from webkiln.operations.map import Map
from webkiln.operations.map_cache import MapCache
from webkiln.operations.map_spec import MapSpec
from webkiln.operations.map_survey import Tools
from webkiln.operations.map_task import MapHandler
from webkiln.operations.specs import Specs
from webkiln.scraping.likenesses import Likenesses
from webkiln.scraping.page_cache import PageCache
from webkiln.scraping.page_index import PageIndex
from webkiln.scraping.profiles import Profiles
from webkiln.scraping.scraper import Scraper
from webkiln.scraping.snapshots import Snapshots
from webkiln.store.blobs import LocalBlobs
from webkiln.store.doorbell import SilentDoorbell


class Bell(SilentDoorbell):
    def __init__(self, hear):
        self.ring = hear


@pytest.fixture
def mapping(lifecycle, targets):
    waiting = EndOfJobs()
    own = Lifecycle(lifecycle.database, Bell(waiting.hear), result_ttl_s=86_400, clock=lifecycle.now)
    return own, Map(own, waiting, targets)


def request(**more):
    return MapRequest.model_validate({"url": "a.test", **more})


async def taken(lifecycle):
    return (await until(lambda: lifecycle.claim(WORKER, [MAP], 1)))[0]


async def test_the_links_are_the_answer(mapping, caller, clock):
    own, maps = mapping
    answer = asyncio.create_task(maps.run(caller, request(timeout=5_000, useIndex=True), ["w"]))
    task = await taken(own)
    spec = MapSpec.decode(await Specs(own.database).raw(task.spec_id))
    assert (task.payload, spec.url, spec.deadline) == ("a.test", "http://a.test/", clock() + 5)
    assert spec.warnings == ("w", "useIndex has no effect: this server has no index of the web")
    await own.finish(WORKER, [(task, Completed(b'{"links":[]}', credits=1))])
    assert await answer == (task.job_id, b'{"links":[]}')


async def test_an_error_of_the_site_is_the_answer(mapping, caller):
    own, maps = mapping
    answer = asyncio.create_task(maps.run(caller, request()))
    await own.finish(WORKER, [(await taken(own), Failed(errors.MapFailed("nothing there")))])
    with pytest.raises(errors.MapFailed, match="nothing there"):
        await answer


async def test_a_map_nobody_works_on_times_out(mapping, caller, clock):
    own, maps = mapping
    answer = asyncio.create_task(maps.run(caller, request(timeout=5_000)))
    await taken(own)
    clock.advance(6)
    with pytest.raises(errors.MapTimeout):
        await answer


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"url": "http://127.0.0.1/"}, errors.BlockedAddress),
        ({"url": "ftp://a.test"}, errors.BadRequest),
        ({"excludePaths": ["(a"]}, errors.RequestError),
        ({"threatProtection": {"mode": "off"}}, errors.Forbidden),
    ],
)
async def test_what_cannot_be_is_refused(mapping, caller, asked, error):
    with pytest.raises(error):
        await mapping[1].run(caller, request(**asked))


class Site:
    """A site at the seam to the web: a sitemap of one page, and a start page with `status`."""

    def __init__(self, status):
        self.status = status

    async def fetch(self, request):
        status, body = 404, b""
        if request.url == "http://a.test/":
            status, body = self.status, b"<p>start</p>"
        elif request.url == "http://a.test/listed":
            status = 200
        elif request.url == "http://a.test/sitemap.xml":
            status, body = 200, b"<urlset><url><loc>http://a.test/listed</loc></url></urlset>"
        return Page(request.url, request.url, status, (), "", body, body, 0.0)


@pytest.mark.parametrize(("status", "kept"), [(503, False), (429, False), (522, False), (404, True)])
async def test_a_map_made_in_a_moment_of_trouble_is_not_kept(mapping, caller, tmp_path, clock, status, kept):
    own, maps = mapping
    site = Site(status)
    tools = Tools(
        Scraper(
            site,
            PageCache(own.database, lambda wire, _: wire),
            PageIndex(own.database, enabled=False),
            LocalBlobs(tmp_path),
            Profiles(own.database, clock),
            Snapshots(own.database),
            Likenesses(own.database),
            maker(),
        ),
        Robots(site),
        Sitemaps(site),
    )
    cache = MapCache(own.database)
    handler = MapHandler(Specs(own.database), tools, cache, default_timeout_s=20, most_pages=9, clock=clock)

    async def mapped():
        answer = asyncio.create_task(maps.run(caller, request()))
        task = await taken(own)
        await own.finish(WORKER, [(task, await handler.run(task))])
        return orjson.loads((await answer)[1])

    first = await mapped()
    assert (first["links"], str(status) in first["warning"]) == ([{"url": "http://a.test/listed"}], True)
    site.status = 200
    assert (await mapped() == first) is kept


async def test_a_map_that_waited_too_long_for_its_worker_says_so(mapping, caller, clock):
    own, maps = mapping
    answer = asyncio.create_task(maps.run(caller, request(timeout=5_000)))
    task = await taken(own)
    clock.advance(4.5)
    handler = MapHandler(
        Specs(own.database), (), MapCache(own.database), default_timeout_s=20, most_pages=9, clock=clock
    )
    with pytest.raises(errors.MapTimeout, match="before a worker"):
        await handler.run(task)
    assert isinstance(await handler.abandon(task, errors.MapFailed("x")), Failed)
    await own.finish(WORKER, [(task, Failed(errors.MapTimeout("x")))])
    with pytest.raises(errors.MapTimeout):
        await answer
