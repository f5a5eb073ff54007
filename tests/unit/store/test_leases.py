import pytest

from engine.scenes import OTHER_WORKER, WORKER
from webkiln.store import leases

ONE = leases.Worker(WORKER, "host", "slot-1")
TWO = leases.Worker(OTHER_WORKER, "host", "slot-2")


@pytest.fixture
def do(database):
    async def run(statement, *given, **more):
        return await database.write(lambda connection: statement(connection, *given, **more))

    return run


async def register(do, worker, clock, lease_s=15):
    await do(leases.register, worker, now=clock(), lease_until=clock() + lease_s)


async def test_a_worker_is_alive_as_long_as_it_renews_its_lease(do, clock):
    await register(do, ONE, clock)
    await register(do, TWO, clock)
    clock.advance(10)
    assert await do(leases.renew, ONE.id, clock() + 15)
    clock.advance(10)
    assert await do(leases.all_workers) == {ONE: clock() + 5, TWO: clock() - 5}
    assert await do(leases.count_alive, clock()) == 1


async def test_one_that_was_taken_for_dead_is_told_so(do, clock):
    await register(do, ONE, clock)
    assert await do(leases.holds, ONE.id)
    await do(leases.forget, ONE.id)
    assert not await do(leases.renew, ONE.id, clock() + 15)
    assert not await do(leases.holds, ONE.id)
    assert await do(leases.hold, ONE.id) is None


async def test_a_slot_is_one_place_of_one_host(do, clock):
    await register(do, ONE, clock)
    await register(do, TWO, clock)
    assert await do(leases.of_slot, "host", "slot-1") == [ONE]
    assert await do(leases.of_slot, "other", "slot-1") == []


async def test_a_duty_has_one_leader_until_its_lease_runs_out(do, clock):
    def lead(holder):
        return do(leases.lead, "sweep", holder, now=clock(), lease_until=clock() + 15)

    assert await do(leases.leader, "sweep", clock()) is None
    assert await lead(ONE.id)
    assert not await lead(TWO.id)
    clock.advance(10)
    assert await lead(ONE.id)  # it keeps what it has
    clock.advance(10)
    assert not await lead(TWO.id)
    assert await do(leases.leader, "sweep", clock()) == ONE.id
    clock.advance(10)
    assert await do(leases.leader, "sweep", clock()) is None
    assert await lead(TWO.id)
    assert not await lead(ONE.id)
    assert await do(leases.lead, "another", ONE.id, now=clock(), lease_until=clock() + 15)
