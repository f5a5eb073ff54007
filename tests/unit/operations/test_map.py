from __future__ import annotations

import asyncio

import pytest

from engine.scenes import WORKER
from engine.scripted import until
from webkiln import errors
from webkiln.contract.map import MapRequest
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Failed
from webkiln.engine.waiting import EndOfJobs
from webkiln.operations.kinds import MAP
from webkiln.operations.map import Map
from webkiln.operations.map_cache import MapCache
from webkiln.operations.map_spec import MapSpec
from webkiln.operations.map_task import MapHandler
from webkiln.operations.specs import Specs
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
