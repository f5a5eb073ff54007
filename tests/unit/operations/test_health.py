import pytest

from engine.scenes import WORKER, submission
from webkiln.errors import Unavailable
from webkiln.operations.health import Health
from webkiln.store import leases
from webkiln.telemetry.metrics import Metrics


@pytest.fixture
def health(lifecycle):
    return Health(lifecycle, Metrics(), browser=True)


async def test_all_is_well_while_a_worker_holds_its_lease(health, clock, database):
    assert await health.problem() is None
    clock.advance(2e9)
    assert await health.problem() == "No worker is alive."
    await database.write(lambda connection: leases.renew(connection, WORKER, clock() + 15))
    assert await health.problem() is None


async def test_a_database_that_is_away_is_a_problem_not_a_fault(health, lifecycle):
    class Away:
        async def read(self, _work):
            raise Unavailable("The database does not answer: disk I/O error")

    lifecycle.database = Away()
    assert await health.problem() == "The database does not answer: disk I/O error"
    with pytest.raises(Unavailable):
        await health.metrics()


async def test_the_counters_tell_how_much_waits(health, lifecycle, clock):
    await lifecycle.submit(submission(clock, 5))
    await lifecycle.claim(WORKER, ["pages"], 2)
    told = (await health.metrics()).decode()
    assert 'webkiln_tasks{state="running"} 2.0' in told
    assert 'webkiln_tasks{state="waiting"} 3.0' in told
    assert "webkiln_workers 2.0" in told
