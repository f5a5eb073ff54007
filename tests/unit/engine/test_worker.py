import asyncio
import contextlib

import pytest
from sqlalchemy import select, text

from engine.scenes import TEAM, document_bodies, job_row, submission, task_states
from engine.scripted import Flaky, Gated, until
from webkiln import errors
from webkiln.engine.handlers import Lane
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Snoozed
from webkiln.engine.submitting import Addition
from webkiln.engine.worker import Worker
from webkiln.store import leases, tasks
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.schema import workers
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.step import WrongSchema


class Office:
    """One worker at work, until the test lets it go."""

    def __init__(self, lifecycle, folder, handler, **more):
        values = {"slots": 4, "drain_s": 5.0, "lease_s": 1000.0, **more}
        drain_s, lease_s = values.pop("drain_s"), values.pop("lease_s")
        self.lifecycle = lifecycle
        self.worker = Worker(
            lifecycle,
            [Lane("pages", handlers={"pages": handler}, **values)],
            host="here",
            slot="one",
            lease_s=lease_s,
            drain_s=drain_s,
            suspects=folder,
        )
        self.running = asyncio.create_task(self.worker.run())

    async def submit(self, made):
        await self.lifecycle.submit(made)
        self.worker.hear("work")
        return made.job.id

    async def idle(self):
        """Return when the worker holds nothing and has stored everything."""
        await until(lambda: not self.worker._running and self.worker._finisher._idle.is_set())

    async def leave(self):
        self.worker.stop()
        await self.running


@pytest.fixture
async def databases(blank, tmp_path):
    """Make databases of a kind, each on a file of its own."""
    opened = []

    def open_one(kind):
        path = tmp_path / f"other-{len(opened)}.db"
        path.write_bytes(blank.read_bytes())
        opened.append(kind(path))
        return opened[-1]

    yield open_one
    for one in opened:
        await one.close()


@pytest.fixture
def gated(databases):
    return databases(Gated)


@pytest.fixture
def flaky(databases):
    return databases(Flaky)


@pytest.fixture
async def office(lifecycle, tmp_path, databases):  # noqa: ARG001 (closed after the last worker has left)
    offices = []

    def hire(handler, lifecycle=lifecycle, **more):
        offices.append(Office(lifecycle, tmp_path, handler, **more))
        return offices[-1]

    yield hire
    for one in offices:
        one.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await one.running


async def signed_on(database):
    rows = await database.read(lambda connection: connection.execute(select(workers)).all())
    return [row.id for row in rows if row.host == "here"]


async def test_a_worker_signs_on_works_and_signs_off(office, handler, clock, database):
    desk = office(handler)
    job_id = await desk.submit(submission(clock, 10))
    await until(lambda: len(handler.begun) == 10)
    assert await signed_on(database) == [desk.worker.id]
    await desk.leave()
    job = await job_row(database, job_id)
    assert (job.state, job.completed, job.credits) == ("completed", 10, 10)
    assert await signed_on(database) == []


async def test_no_more_tasks_run_at_once_than_there_are_slots(office, handler, clock):
    handler.gate.clear()
    desk = office(handler, slots=3, ahead=5)
    await desk.submit(submission(clock, 20))
    await until(lambda: desk.worker._in_hand["pages"] == 8)
    await until(lambda: len(handler.begun) == 3)
    handler.gate.set()
    await until(lambda: len(handler.begun) == 20)


async def test_a_job_of_one_page_at_a_time_goes_on_without_waiting_for_a_poll(office, handler, clock):
    """Between pages the worker must hear of the free place; found by polling alone this takes 20 s."""
    desk = office(handler)
    doorbell = SilentDoorbell()
    doorbell.ring = desk.worker.hear
    desk.lifecycle.doorbell = doorbell
    await desk.submit(submission(clock, 20, max_concurrency=1))
    await until(lambda: len(handler.begun) == 20, within_s=15)


async def test_a_draining_worker_stores_what_finishes_and_gives_back_the_rest(
    office, clock, database, handler
):
    release = asyncio.Event()

    async def do(task):
        if task.payload.endswith("/0"):
            return Completed(b"in time")
        await release.wait()
        return Completed(b"too late")

    handler.do = do
    desk = office(handler, slots=2, ahead=4, drain_s=0.05)
    job_id = await desk.submit(submission(clock, 6))
    await until(lambda: len(handler.begun) == 3)
    await desk.leave()
    assert await task_states(database, job_id) == {"available": 5, "completed": 1}
    assert await document_bodies(database, job_id) == [b"in time"]
    job = await job_row(database, job_id)
    assert (job.running, job.open) == (0, 5)


async def test_a_claim_cut_short_by_the_drain_is_given_back(clock, gated, office, handler):
    desk = office(handler, lifecycle=Lifecycle(gated, SilentDoorbell(), result_ttl_s=60, clock=clock))
    await until(lambda: signed_on(gated))
    made = submission(clock, 3)
    await desk.lifecycle.submit(made)
    gated.gate.clear()
    before = gated.writes
    desk.worker.hear("work")
    await until(lambda: gated.writes > before)  # the claim is on disk; its answer is still on the way
    assert await task_states(gated, made.job.id) == {"running": 3}
    desk.worker.stop()
    await asyncio.sleep(0)
    gated.gate.set()
    await desk.running
    assert handler.begun == []
    assert await task_states(gated, made.job.id) == {"available": 3}


async def test_a_cancelled_job_is_aborted_and_others_are_not(office, handler, clock, database):
    handler.gate.clear()
    desk = office(handler)
    doomed = await desk.submit(submission(clock, 2))
    spared = await desk.submit(submission(clock, 2))
    await until(lambda: len(handler.begun) == 4)
    await desk.lifecycle.cancel(doomed)
    desk.worker.hear(f"cancelled {doomed}")
    await until(lambda: doomed not in desk.worker._running)
    handler.gate.set()
    await desk.idle()
    assert (await job_row(database, spared)).completed == 2
    assert (await job_row(database, doomed)).documents == 0


async def test_a_cancel_nobody_rang_for_is_found_by_looking(office, handler, clock):
    handler.gate.clear()
    desk = office(handler)
    doomed = await desk.submit(submission(clock, 2))
    await until(lambda: len(handler.begun) == 2)
    await desk.lifecycle.cancel(doomed)
    await until(lambda: not desk.worker._running)


async def test_a_cancel_heard_before_a_task_began_frees_its_slot(office, handler, clock):
    desk = office(handler, slots=1)
    made = submission(clock, 1)
    await desk.submit(made)
    await until(lambda: handler.begun)
    await desk.idle()
    task = handler.begun[0]
    desk.worker._start(desk.worker._lanes[0], task, desk.worker.id)
    desk.worker.hear(f"cancelled {task.job_id}")
    await desk.idle()
    assert desk.worker._in_hand == {"pages": 0}
    assert len(handler.begun) == 1
    await desk.submit(submission(clock, 1))
    await until(lambda: len(handler.begun) == 2)


async def test_a_cancel_heard_before_the_claim_came_back_starts_nothing(clock, gated, office, handler):
    """The claim won, the cancel came right behind it, and its ring overtook the claim's answer."""
    desk = office(handler, lifecycle=Lifecycle(gated, SilentDoorbell(), result_ttl_s=60, clock=clock))
    await until(lambda: signed_on(gated))
    doomed, spared = submission(clock, 2), submission(clock, 1)
    await desk.lifecycle.submit(doomed)
    await desk.lifecycle.submit(spared)
    gated.gate.clear()
    before = gated.writes
    desk.worker.hear("work")
    await until(lambda: gated.writes > before)
    cancelling = asyncio.create_task(desk.lifecycle.cancel(doomed.job.id))
    await until(lambda: gated.writes > before + 1)
    desk.worker.hear(f"cancelled {doomed.job.id}")
    gated.gate.set()
    await cancelling
    await until(lambda: handler.begun)
    await desk.idle()
    assert [task.job_id for task in handler.begun] == [spared.job.id]
    await desk.leave()


async def test_a_lost_lease_drops_everything_and_begins_again_under_a_new_id(
    office, handler, clock, database, lifecycle, tmp_path
):
    handler.gate.clear()
    desk = office(handler, lease_s=0.06)
    job_id = await desk.submit(submission(clock, 3))
    await until(lambda: len(handler.begun) == 3)
    first = desk.worker.id
    await lifecycle.rescue(leases.Worker(first, "here", "one"), tmp_path)
    await until(lambda: desk.worker.id != first)
    handler.gate.set()
    desk.worker.hear("work")
    await until(lambda: len(handler.begun) == 6)
    await desk.idle()
    job = await job_row(database, job_id)
    assert (job.state, job.completed, job.documents, job.running) == ("completed", 3, 3, 0)
    assert [task.attempt for task in handler.begun] == [1, 1, 1, 2, 2, 2]
    assert desk.worker._in_hand == {"pages": 0}


async def test_a_task_taken_anew_while_its_old_run_still_unwinds_is_stored_once(
    office, clock, database, lifecycle, tmp_path, handler
):
    unwinding, hold = asyncio.Event(), asyncio.Event()

    async def do(task):
        if task.attempt > 1:
            return Completed(b"anew")
        try:
            await asyncio.Event().wait()
        finally:
            unwinding.set()
            await hold.wait()

    handler.do = do
    desk = office(handler, lease_s=0.06)
    job_id = await desk.submit(submission(clock, 1))
    await until(lambda: handler.begun)
    await lifecycle.rescue(leases.Worker(desk.worker.id, "here", "one"), tmp_path)
    await unwinding.wait()

    async def taken_anew():
        desk.worker.hear("work")
        return len(handler.begun) == 2

    await until(taken_anew)
    hold.set()
    await desk.idle()
    job = await job_row(database, job_id)
    assert (job.state, job.completed) == ("completed", 1)
    assert await document_bodies(database, job_id) == [b"anew"]
    assert desk.worker._in_hand == {"pages": 0}


async def test_a_job_reopened_while_its_state_was_read_keeps_its_tasks(clock, office, gated, handler):
    """What was read of the tasks of a moment ago must not abort those that began since."""
    life = Lifecycle(gated, SilentDoorbell(), result_ttl_s=60, clock=clock)
    desk = office(handler, lifecycle=life)
    first = await desk.submit(submission(clock, 1))
    await until(lambda: handler.begun)
    await desk.idle()
    task = handler.begun[0]
    asked, answer = asyncio.Event(), asyncio.Event()

    class Slow:
        async def read(self, work):
            found = await gated.read(work)
            if found == [first]:
                asked.set()
                await answer.wait()
            return found

        async def write(self, work, *, durable=True):
            return await gated.write(work, durable=durable)

    handler.gate.clear()
    desk.worker._start(
        desk.worker._lanes[0], task, desk.worker.id
    )  # a run that ends as the job's state is read
    life.database = Slow()
    await asked.wait()
    handler.gate.set()
    await until(lambda: not desk.worker._running)
    handler.gate.clear()
    await life.append(Addition(first, b"{}", ["https://site.test/more"]))
    desk.worker.hear("work")
    await until(lambda: handler.begun[-1].payload.endswith("/more"))
    answer.set()
    await asyncio.sleep(0.02)
    handler.gate.set()
    await desk.idle()
    assert (await job_row(gated, first)).completed == 2
    await desk.leave()


async def test_a_worker_survives_an_outage_and_stores_what_it_has(clock, flaky, office, handler):
    desk = office(handler, lifecycle=Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock))
    handler.gate.clear()
    job_id = await desk.submit(submission(clock, 2))
    await until(lambda: len(handler.begun) == 2)
    flaky.away = errors.Unavailable("disk I/O error")
    handler.gate.set()
    await until(lambda: flaky.refused > 0)
    flaky.away = None
    await desk.idle()
    assert (await job_row(flaky, job_id)).completed == 2
    await desk.leave()


async def test_a_worker_can_be_stopped_before_it_ever_reached_the_database(clock, flaky, office, handler):
    flaky.away = errors.Unavailable("unable to open database file")
    desk = office(handler, lifecycle=Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock))
    await until(lambda: flaky.refused > 0)
    await asyncio.wait_for(desk.leave(), 10)


async def test_a_drain_ends_although_the_database_is_away(clock, flaky, office, handler):
    desk = office(handler, lifecycle=Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock))
    job_id = await desk.submit(submission(clock, 2))
    handler.gate.clear()
    await until(lambda: len(handler.begun) == 2)
    flaky.away = errors.Unavailable("disk I/O error")
    handler.gate.set()
    await asyncio.wait_for(desk.leave(), 15)
    flaky.away = None
    assert await task_states(flaky, job_id) == {"running": 2}  # for a successor to rescue
    assert await signed_on(flaky) == [desk.worker.id]


async def test_a_successor_in_the_same_slot_takes_over(office, handler, clock, database, lifecycle):
    dead = leases.Worker("0198a000-0000-7000-8000-00000000dddd", "here", "one")
    await database.write(
        lambda connection: leases.register(connection, dead, now=clock(), lease_until=clock() + 1e6)
    )
    made = submission(clock, 2)
    await lifecycle.submit(made)
    await lifecycle.claim(dead.id, ["pages"], 2)
    desk = office(handler)
    await until(lambda: len(handler.begun) == 2)
    await desk.idle()
    assert await signed_on(database) == [desk.worker.id]
    assert (await job_row(database, made.job.id)).state == "completed"


async def test_tasks_due_later_are_taken_when_they_are_due(office, clock, database, handler):
    async def do(task):
        return Completed(b"{}") if task.tries else Snoozed(clock() + 30)

    handler.do = do
    desk = office(handler)
    job_id = await desk.submit(submission(clock, 1))
    await until(lambda: handler.begun)
    await desk.idle()
    desk.worker.hear("work")
    await asyncio.sleep(0.05)
    assert len(handler.begun) == 1
    clock.advance(31)
    desk.worker.hear("work")
    await until(lambda: len(handler.begun) == 2)
    await desk.idle()
    assert (await job_row(database, job_id)).state == "completed"


async def test_an_idle_worker_takes_no_lock_and_asks_seldom(clock, gated, office, handler):
    """A lane must not spin on work it cannot get: here the team's limit is reached."""
    life = Lifecycle(gated, SilentDoorbell(), result_ttl_s=60, team_limit=1, clock=clock)
    handler.gate.clear()
    desk = office(handler, lifecycle=life)
    await desk.submit(submission(clock, 5, team_id=TEAM))
    await until(lambda: handler.begun)
    before = gated.writes
    await asyncio.sleep(0.5)
    assert gated.writes - before <= 5
    assert len(handler.begun) == 1
    handler.gate.set()
    await desk.leave()


class Lossy(SqliteDatabase):
    """A real database on whose way back claims get lost while `loses` is set, after they took effect."""

    def __init__(self, path):
        super().__init__(path)
        self.loses = False
        self.lost = []

    async def write(self, work, *, durable=True):
        result = await super().write(work, durable=durable)
        if self.loses and isinstance(result, list) and result:
            self.lost.append([task.id for task in result])
            raise errors.Unavailable("the connection was lost")
        return result


@pytest.fixture
def lossy(databases):
    return databases(Lossy)


async def test_what_a_lost_claim_took_is_given_back_and_done(clock, lossy, office, handler, logs):
    """Its answer never came; nobody else would ever give these tasks back while this worker lives."""
    desk = office(handler, lifecycle=Lifecycle(lossy, SilentDoorbell(), result_ttl_s=60, clock=clock))
    await until(lambda: signed_on(lossy))
    lossy.loses = True
    job_id = await desk.submit(submission(clock, 3))
    await until(lambda: lossy.lost)
    lossy.loses = False
    assert handler.begun == []
    await until(lambda: len(handler.begun) == 3)
    await desk.idle()
    job = await job_row(lossy, job_id)
    assert (job.state, job.completed, job.documents, job.running) == ("completed", 3, 3, 0)
    assert [entry["tasks"] for entry in logs if "gave back" in entry["event"]] == [3]
    await desk.leave()


async def test_what_is_in_hand_is_not_given_back_with_what_a_lost_claim_took(clock, lossy, office, handler):
    """Of two tasks in flight nobody may think that they were lost, nor of one that waits to be stored."""
    handler.gate.clear()
    desk = office(handler, lifecycle=Lifecycle(lossy, SilentDoorbell(), result_ttl_s=60, clock=clock))
    first = await desk.submit(submission(clock, 2))
    await until(lambda: len(handler.begun) == 2)
    lossy.loses = True
    second = await desk.submit(submission(clock, 2))
    await until(lambda: lossy.lost)
    lossy.loses = False
    await until(lambda: len(handler.begun) == 4)
    assert (await job_row(lossy, first)).running == 2
    handler.gate.set()
    await desk.idle()
    for job_id in (first, second):
        assert (await job_row(lossy, job_id)).completed == 2
    assert len({task.id for task in handler.begun}) == len(handler.begun) == 4
    await desk.leave()


async def test_after_several_lost_claims_all_is_given_back(clock, lossy, office, handler):
    desk = office(handler, lifecycle=Lifecycle(lossy, SilentDoorbell(), result_ttl_s=60, clock=clock))
    await until(lambda: signed_on(lossy))
    lossy.loses = True
    job_id = await desk.submit(submission(clock, 10))
    await until(lambda: len(lossy.lost) >= 2)
    assert set(lossy.lost[0]) == set(lossy.lost[1])  # what was given back was taken, and lost, again
    lossy.loses = False
    await until(lambda: len(handler.begun) == 10)
    await desk.idle()
    assert (await job_row(lossy, job_id)).completed == 10
    await desk.leave()


def upgraded_by_a_newer_program(connection):
    """Do as `upgrade` of a later release does."""
    tasks.rescue_all(connection)
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


async def test_a_worker_stops_when_a_newer_program_has_changed_the_database(office, handler, clock, database):
    handler.gate.clear()
    desk = office(handler, lease_s=0.06)
    job_id = await desk.submit(submission(clock, 6))
    await until(lambda: len(handler.begun) == 4)
    await database.migrate(upgraded_by_a_newer_program)
    with pytest.raises(WrongSchema, match="9999"):
        await asyncio.wait_for(desk.running, 10)
    assert await task_states(database, job_id) == {"available": 6}
    job = await job_row(database, job_id)
    assert (job.open, job.running, job.documents) == (6, 0, 0)
    assert await signed_on(database) == []
    desk.running = asyncio.create_task(asyncio.sleep(0))


async def test_a_worker_does_not_begin_on_a_database_of_a_newer_program(office, handler, database):
    await database.migrate(upgraded_by_a_newer_program)
    desk = office(handler)
    with pytest.raises(WrongSchema, match="9999"):
        await asyncio.wait_for(desk.running, 10)
    desk.running = asyncio.create_task(asyncio.sleep(0))
