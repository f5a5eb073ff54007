from __future__ import annotations

import asyncio

import pytest

from engine.scenes import WORKER, job_row, new_job
from engine.scripted import until
from webkiln import errors
from webkiln.engine.late_cancels import LateCancels
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, encode_error
from webkiln.engine.submitting import Submission
from webkiln.engine.waiting import EndOfJobs
from webkiln.operations.one_task import OneTask, kept_error
from webkiln.store.doorbell import SilentDoorbell


def every(kind):
    return [one for child in kind.__subclasses__() for one in (child, *every(child))]


OURS = [kind for kind in every(errors.ScrapeError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_an_error_comes_back_from_its_task_as_it_went_in(kind):
    kept = kept_error(encode_error(kind("what was tried")))
    assert (kept.status, kept.code, kept.message) == (kind.status, kind.code, "what was tried")


def test_an_error_of_a_code_nobody_knows_is_unexpected():
    kept = kept_error(b'{"status":500,"code":"OF_A_LATER_RELEASE","error":"x"}')
    assert isinstance(kept, errors.UnexpectedFailure)


class Away:
    """The database, which can be away; `loses_answers` carries out what it is told and does not say so."""

    def __init__(self, database):
        self._database = database
        self.away = False
        self.loses_answers = False

    async def read(self, work):
        if self.away:
            raise errors.Unavailable("The database does not answer")
        return await self._database.read(work)

    async def write(self, work, *, durable=True):
        if self.away:
            raise errors.Unavailable("The database does not answer")
        done = await self._database.write(work, durable=durable)
        if self.loses_answers:
            raise errors.Unavailable("The database does not answer")
        return done


class Scene:
    def __init__(self, database, clock):
        self.database = database
        self.away = Away(database)
        self.clock = clock
        self.waiting = EndOfJobs()
        self.lifecycle = Lifecycle(self.away, SilentDoorbell(), result_ttl_s=3600, clock=clock)
        self.one_task = OneTask(self.lifecycle, self.waiting)
        self.job = new_job(clock)

    def begin(self, deadline_s=1000.0):
        submission = Submission(self.job, b"{}", ["https://site.test/"])
        return asyncio.create_task(self.one_task.document(submission, deadline=self.clock() + deadline_s))

    async def state(self):
        return (await job_row(self.database, self.job.id)).state

    async def is_stored(self):
        try:
            return await self.state() == "running"
        except Exception:  # noqa: BLE001 (there is no such row yet)
            return False

    def look(self):
        self.waiting.hear(f"ended {self.job.id}")


@pytest.fixture
async def scene(lifecycle, database, clock):
    del lifecycle  # its workers
    return Scene(database, clock)


async def finish(scene):
    lifecycle = Lifecycle(scene.database, SilentDoorbell(), result_ttl_s=3600, clock=scene.clock)
    [task] = await lifecycle.claim(WORKER, ["pages"], 1)
    await lifecycle.finish(WORKER, [(task, Completed(b'{"page": 1}', credits=1))])


async def test_the_answer_comes_when_the_database_is_back(scene):
    answer = scene.begin()
    await until(scene.is_stored)
    scene.away.away = True
    for _ in range(3):
        scene.look()
        await asyncio.sleep(0.01)
    await finish(scene)
    assert not answer.done()
    scene.away.away = False
    scene.look()
    assert await answer == b'{"page": 1}'


async def test_an_outage_to_the_end_is_said_and_the_job_is_cancelled_afterwards(scene):
    answer = scene.begin(deadline_s=0.3)
    await until(scene.is_stored)
    scene.away.away = True
    scene.look()
    await asyncio.sleep(0.01)
    scene.clock.advance(1)
    scene.look()
    with pytest.raises(errors.Unavailable):
        await answer
    assert await scene.state() == "running"
    scene.away.away = False
    await until(lambda: is_cancelled(scene))


async def is_cancelled(scene):
    return await scene.state() == "cancelled"


async def test_a_start_whose_answer_was_lost_is_taken_back(scene):
    """The client heard 503 and will come again; nobody would read what the first start came to."""
    scene.away.loses_answers = True
    with pytest.raises(errors.Unavailable):
        await scene.begin()
    scene.away.loses_answers = False
    await until(lambda: is_cancelled(scene))


async def test_a_client_that_leaves_during_an_outage_takes_its_job_along_later(scene):
    answer = scene.begin()
    await until(scene.is_stored)
    scene.away.away = True
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert await scene.state() == "running"
    scene.away.away = False
    await until(lambda: is_cancelled(scene))


async def test_a_job_whose_time_is_long_over_is_let_be(scene):
    cancels = LateCancels(scene.lifecycle, pause_s=0.01)
    answer = scene.begin()
    await until(scene.is_stored)
    scene.away.away = True
    cancels.add(scene.job.id, scene.clock())
    scene.clock.advance(100)
    await asyncio.wait_for(cancels._working, 10)
    assert await scene.state() == "running"
    answer.cancel()
