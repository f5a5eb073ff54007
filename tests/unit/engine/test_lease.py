import asyncio
import contextlib

import pytest
from sqlalchemy import text

from engine.scenes import OTHER_WORKER, WORKER, job_row, submission, task_states
from engine.scripted import Flaky, until
from webkiln import errors
from webkiln.engine.lease import Lease
from webkiln.engine.lifecycle import Lifecycle
from webkiln.store import leases
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.step import WrongSchema

BRIEF_S = 0.1


@pytest.fixture
def take_place(lifecycle, tmp_path):
    def make(lifecycle=lifecycle, *, host="here", slot="one", lease_s=BRIEF_S):
        return Lease(lifecycle, host=host, slot=slot, lease_s=lease_s, suspects=tmp_path)

    return make


@contextlib.asynccontextmanager
async def kept(*held):
    """Keep leases while the block runs; gives the list of those that were lost."""
    lost = []

    def losing(lease):
        async def lose():
            lost.append(lease)

        return lose

    keeping = [asyncio.create_task(lease.keep(losing(lease))) for lease in held]
    yield lost
    for task in keeping:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def known(database):
    return {worker.id for worker in await database.read(leases.all_workers)}


async def test_who_takes_a_place_gives_back_what_its_holder_had(take_place, lifecycle, clock, database):
    first, second = take_place(), take_place()
    await first.sign_on()
    made = submission(clock, 3)
    await lifecycle.submit(made)
    assert len(await lifecycle.claim(first.id, ["pages"], 2)) == 2
    await second.sign_on()
    assert await task_states(database, made.job.id) == {"available": 3}
    assert first.id not in await known(database)
    assert second.id in await known(database)


async def test_who_takes_a_place_leaves_other_places_and_hosts_alone(take_place, database):
    others = [take_place(host="there"), take_place(slot="two")]
    for one in [*others, take_place()]:
        await one.sign_on()
    assert {one.id for one in others} < await known(database)


async def test_nobody_registers_with_a_database_of_another_step(take_place, database):
    await database.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )
    lease = take_place()
    with pytest.raises(WrongSchema, match="9999"):
        await lease.sign_on()
    assert lease.id not in await known(database)


async def test_a_lease_is_renewed_in_time(take_place, clock, database):
    lease = take_place(lease_s=0.2)
    await lease.sign_on()
    clock.advance(1_000)
    async with kept(lease) as lost:

        async def renewed():
            found = await database.read(leases.all_workers)
            return [until for worker, until in found.items() if worker.id == lease.id] == [clock() + 0.2]

        await until(renewed)
    assert lost == []


async def test_one_whose_lease_was_taken_is_told_and_has_a_new_id(take_place, lifecycle, tmp_path):
    lease = take_place()
    await lease.sign_on()
    first = lease.id
    await lifecycle.rescue(leases.Worker(first, "here", "one"), tmp_path)
    async with kept(lease) as lost:
        await until(lambda: lost == [lease])
        assert lease.id != first


async def test_a_silent_workers_tasks_are_given_back_and_it_is_forgotten(
    take_place, lifecycle, clock, database
):
    """By its own silence, not by the time its lease says: that one ends in 30 years here."""
    made = submission(clock, 3)
    await lifecycle.submit(made)
    assert len(await lifecycle.claim(WORKER, ["pages"], 2)) == 2
    lease = take_place()
    await lease.sign_on()
    async with kept(lease) as lost:

        async def only_one_left():
            return await known(database) == {lease.id}

        await until(only_one_left)
    assert lost == []
    assert await task_states(database, made.job.id) == {"available": 3}
    assert (await job_row(database, made.job.id)).running == 0


async def test_another_hosts_worker_is_rescued_without_our_marks(take_place, lifecycle, clock, tmp_path):
    """Its slot is called as one of ours is, whose living worker the mark is."""
    await lifecycle.submit(submission(clock, 1))
    (held,) = await lifecycle.claim(WORKER, ["pages"], 1)
    mark = tmp_path / WORKER[-4:]
    mark.write_text(held.id)
    lease = take_place()
    await lease.sign_on()

    async def again():
        return await lifecycle.claim(lease.id, ["pages"], 1)

    async with kept(lease):
        (task,) = await until(again)
    assert task.crashes == 0
    assert mark.read_text() == held.id


async def test_those_who_renew_their_leases_watch_each_other_in_peace(take_place, clock, database):
    held = [take_place(slot=str(number), lease_s=0.3) for number in range(3)]
    for one in held:
        await one.sign_on()
    before = {one.id for one in held}
    async with kept(*held) as lost:

        async def the_silent_are_gone():
            clock.advance(0.01)
            return await known(database) == before

        await until(the_silent_are_gone)
        assert lost == []


async def test_an_outage_costs_nobody_its_lease(blank, tmp_path, clock, take_place, logs):
    path = tmp_path / "flaky.db"
    path.write_bytes(blank.read_bytes())
    flaky = Flaky(path)
    lease = take_place(Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock))
    await lease.sign_on()
    silent = leases.Worker(OTHER_WORKER, "there", "one")
    flaky.away = errors.Unavailable("disk I/O error")
    async with kept(lease) as lost:
        await until(lambda: flaky.refused >= 10)  # twice the length of a lease
        flaky.away = None
        await flaky.write(
            lambda connection: leases.register(connection, silent, now=clock(), lease_until=clock())
        )
        clock.advance(5)

        async def only_one_left():
            clock.advance(0.01)
            return await known(flaky) == {lease.id}

        await until(only_one_left)
    assert lost == []
    assert "cannot renew the lease" in {entry["event"] for entry in logs}
    await flaky.close()
