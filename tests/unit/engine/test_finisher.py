import asyncio
import contextlib

import pytest

from engine.scenes import WORKER, document_bodies, job_row, outbox, submission, task_states
from engine.scripted import Flaky, until
from webkiln import errors
from webkiln.engine.finisher import Finisher
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Event, Failed
from webkiln.engine.submitting import Submission
from webkiln.store.doorbell import SilentDoorbell


class Desk:
    def __init__(self, lifecycle, **more):
        self.lifecycle = lifecycle
        self.worker_id = WORKER
        self.finisher = Finisher(lifecycle, lambda: self.worker_id, **more)
        self.running = asyncio.create_task(self.finisher.run())

    async def claim(self, clock, count):
        made = submission(clock, count)
        await self.lifecycle.submit(made)
        return made.job.id, await self.lifecycle.claim(WORKER, ["pages"], count)

    async def refused_event(self, clock):
        """Return an event that no database stores: half a character."""
        box = outbox(clock)
        made = submission(clock, 1, outbox_id=box.job.id)
        await self.lifecycle.submit(Submission(made.job, b"{}", made.payloads, box))
        await self.lifecycle.cancel(made.job.id)
        return Event(box.job.id, "\ud800")


@pytest.fixture
async def hire():
    desks = []

    def make(lifecycle, **more):
        desks.append(Desk(lifecycle, **more))
        return desks[-1]

    yield make
    for desk in desks:
        desk.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await desk.running


@pytest.fixture
async def desk(hire, lifecycle):
    return hire(lifecycle)


@pytest.fixture
async def flaky(lifecycle):
    opened = Flaky(lifecycle.database.path)
    yield opened
    await opened.close()


def done(task):
    return Completed(task.payload.encode(), credits=1)


async def test_outcomes_are_stored_together_and_in_order(desk, clock, database):
    job_id, held = await desk.claim(clock, 150)
    for task in held:
        desk.finisher.add(task, done(task), urgent=False)
    await desk.finisher.flush()
    assert await document_bodies(database, job_id) == [task.payload.encode() for task in held]


async def test_flush_returns_at_once_when_nothing_waits(desk):
    await asyncio.wait_for(desk.finisher.flush(), 5)


async def test_one_outcome_that_is_refused_costs_only_itself(desk, clock, database):
    job_id, held = await desk.claim(clock, 5)
    events = (await desk.refused_event(clock),)
    for number, task in enumerate(held):
        outcome = Completed(b"{}", events=events) if number == 2 else done(task)
        desk.finisher.add(task, outcome, urgent=False)
    await desk.finisher.flush()
    job = await job_row(database, job_id)
    assert (job.state, job.completed, job.failed, job.credits) == ("completed", 4, 1, 4)


async def test_an_error_that_is_refused_is_replaced_by_one_that_is_not(desk, clock, database):
    """Dropped instead, the task would stay running, and its job with it, for ever."""
    job_id, held = await desk.claim(clock, 2)
    events = (await desk.refused_event(clock),)
    desk.finisher.add(held[0], Failed(errors.TlsFailed("no trust"), events), urgent=False)
    desk.finisher.add(held[1], done(held[1]), urgent=True)
    await desk.finisher.flush()
    assert await task_states(database, job_id) == {"completed": 1, "failed": 1}
    assert (await job_row(database, job_id)).state == "completed"


async def test_an_error_text_with_half_a_character_is_stored(desk, clock, database):
    job_id, held = await desk.claim(clock, 1)
    desk.finisher.add(held[0], Failed(errors.SiteFailed("header \ud800 is odd")), urgent=True)
    await desk.finisher.flush()
    assert (await job_row(database, job_id)).failed == 1


async def test_an_outage_only_delays(hire, flaky, clock):
    desk = hire(Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock))
    job_id, held = await desk.claim(clock, 2)
    flaky.away = errors.Unavailable("database is locked")
    for task in held:
        desk.finisher.add(task, done(task), urgent=True)
    await until(lambda: flaky.refused)
    flaky.away = None
    await desk.finisher.flush()
    assert (await job_row(flaky, job_id)).completed == 2


async def test_what_is_not_stored_when_the_lease_is_lost_is_dropped(hire, flaky, clock):
    desk = hire(Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock))
    job_id, held = await desk.claim(clock, 100)
    flaky.away = errors.Unavailable("database is locked")
    for task in held:
        desk.finisher.add(task, done(task), urgent=True)
    await until(lambda: flaky.refused)
    desk.worker_id = "0198a000-0000-7000-8000-00000000cccc"
    desk.finisher.forget()
    flaky.away = None
    await desk.finisher.flush()
    assert (await job_row(flaky, job_id)).completed == 0


async def test_it_is_crowded_while_it_cannot_store(hire, flaky, clock):
    desk = hire(Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock))
    _, held = await desk.claim(clock, 400)
    flaky.away = errors.Unavailable("database is locked")
    for task in held:
        desk.finisher.add(task, done(task), urgent=True)
    assert desk.finisher.crowded
    flaky.away = None
    await desk.finisher.flush()
    assert not desk.finisher.crowded


async def test_who_has_nothing_more_in_hand_need_not_wait_for_company(hire, lifecycle, clock, database):
    desk = hire(lifecycle, linger_s=3_600)
    job_id, (task, _) = await desk.claim(clock, 2)
    desk.finisher.hurry()  # with nothing to store it means nothing
    desk.finisher.add(task, Completed(b"{}"), urgent=False)
    desk.finisher.hurry()
    await until(lambda: not desk.finisher.waiting)
    assert (await job_row(database, job_id)).completed == 1


class Naps:
    """Sleeps until the test says so; keeps for how long it was asked to."""

    def __init__(self):
        self.asked = []
        self.over = asyncio.Event()

    async def __call__(self, seconds):
        self.asked.append(seconds)
        await self.over.wait()
        await asyncio.sleep(0)  # a sleep always lets others go on


class Refusing(Lifecycle):
    """A lifecycle with a fault of ours: it cannot store a task's end, whatever that is."""

    async def finish(self, *_):
        raise ValueError("a fault")


async def test_a_task_whose_end_is_refused_twice_is_given_back_and_charged(hire, lifecycle, database, clock):
    """In hand for ever, it would keep its job from ending, and nobody would try again."""
    naps = Naps()
    desk = hire(Refusing(lifecycle.database, SilentDoorbell(), result_ttl_s=60, clock=clock), nap=naps)
    job_id, (task,) = await desk.claim(clock, 1)
    desk.finisher.add(task, Completed(b"{}"), urgent=True)
    await desk.finisher.flush()
    await until(lambda: naps.asked)
    assert naps.asked == [2.0]
    assert desk.finisher.waiting == {task.id}  # it is not one that was lost on its way
    naps.over.set()
    await until(lambda: not desk.finisher.waiting)
    assert await task_states(database, job_id) == {"available": 1}
    (again,) = await desk.lifecycle.claim(desk.worker_id, ["pages"], 1)
    assert (again.id, again.attempt, again.crashes) == (task.id, 2, 1)
    job = await job_row(database, job_id)
    assert (job.state, job.running, job.open) == ("running", 1, 1)


async def test_what_cannot_even_be_given_back_is_tried_again(hire, flaky, clock):
    naps = Naps()
    desk = hire(Refusing(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock), nap=naps)
    job_id, (task,) = await desk.claim(clock, 1)
    desk.finisher.add(task, Completed(b"{}"), urgent=True)
    await desk.finisher.flush()
    flaky.away = errors.Unavailable("database is locked")
    naps.over.set()
    await until(lambda: flaky.refused)
    flaky.away = None
    await until(lambda: not desk.finisher.waiting)
    assert await task_states(flaky, job_id) == {"available": 1}
