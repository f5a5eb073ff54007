"""The time of an installation, on a steady clock and a wall clock that only the test sets."""

import pytest
from sqlalchemy import text

from engine.scenes import OTHER_WORKER, WORKER
from webkiln.engine.clock import DUTY, SteadyClock, steady_time
from webkiln.store import clock as statements
from webkiln.store import leases
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.step import WrongSchema

START = 1_790_000_000.0
DAY = 86_400.0


class Host:
    """The clocks of one host: seconds since its start, and a wall clock that somebody may set."""

    def __init__(self):
        self.up_s = 500.0
        self.set_by = 0.0

    def steady(self):
        return self.up_s

    def wall(self):
        return START + self.up_s + self.set_by


class Dated(SqliteDatabase):
    """A real database on a host of the test's; each look at its clock takes `trip_s`."""

    def __init__(self, path, host):
        super().__init__(path)
        self.host = host
        self.trip_s = 0.0

    async def read(self, work):
        found = await super().read(work)
        self.host.up_s += self.trip_s / 2
        wall = self.host.wall()
        self.host.up_s += self.trip_s / 2
        match found:
            case (float(), float() as ahead_s):  # the time: that of the machine under the test
                return wall, ahead_s
        return found


@pytest.fixture
def host():
    return Host()


@pytest.fixture
async def dated(blank, tmp_path, host):
    path = tmp_path / "dated.db"
    path.write_bytes(blank.read_bytes())
    opened = Dated(path, host)
    yield opened
    await opened.close()


@pytest.fixture
async def clocks(dated, host):
    """The clocks of the leader's process and of another one."""
    made = [SteadyClock(dated, steady=host.steady) for _ in range(2)]
    for one in made:
        await one.look()
    await dated.write(
        lambda connection: leases.lead(connection, DUTY, WORKER, now=made[0](), lease_until=made[0]() + 1e9)
    )
    return made


async def ahead(database):
    return (await database.read(statements.read_clock))[1]


def passes(host, seconds):
    host.up_s += seconds


def test_the_steady_clock_goes_on():
    first = steady_time()
    assert 0 <= steady_time() - first < 60


async def test_a_database_of_another_step_tells_no_time(clocks, dated):
    await dated.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )
    with pytest.raises(WrongSchema, match="9999"):
        await clocks[0].look()


async def test_time_is_the_databases_and_goes_on_between_looks(clocks, host):
    assert clocks[0]() == clocks[1]() == host.wall()
    passes(host, 12.5)
    assert clocks[0]() == host.wall()


async def test_a_wall_clock_that_is_set_changes_nothing_between_looks(clocks, host):
    before = clocks[0]()
    host.set_by = 3600
    passes(host, 1)
    assert clocks[0]() == before + 1


@pytest.mark.parametrize("drift", [0.4, -0.4])
async def test_a_small_drift_is_followed(clocks, host, dated, drift):
    host.set_by = drift
    for one in clocks:
        await one.look(holder=WORKER)
        assert one() == host.wall()
    assert await ahead(dated) == 0


async def test_what_the_way_there_and_back_may_explain_is_no_drift(clocks, host, dated):
    """A slow answer says less about the time than the steady clock does."""
    dated.trip_s = 0.5
    host.set_by = 0.1
    await clocks[0].look()
    assert clocks[0]() == pytest.approx(host.wall() - 0.1, abs=1e-6)
    host.set_by = 0.4
    await clocks[0].look()
    assert clocks[0]() == pytest.approx(host.wall(), abs=1e-6)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 30 * DAY, -30 * DAY])
async def test_time_goes_on_evenly_when_the_databases_clock_is_set(clocks, host, dated, logs, jump):
    """The leader moves the installation's distance by as much; nobody else notices."""
    leader, other = clocks
    before = leader()
    host.set_by = jump
    passes(host, 2)
    await leader.look(holder=WORKER)
    await other.look(holder=OTHER_WORKER)
    assert leader() == other() == pytest.approx(before + 2)
    assert await ahead(dated) == pytest.approx(-jump)
    assert [entry["event"] for entry in logs] == ["the database's clock was set; time goes on as before"]
    late = SteadyClock(dated, steady=host.steady)
    await late.look()  # a process that begins afterwards
    assert late() == pytest.approx(before + 2)


async def test_others_wait_for_the_leader_to_undo_a_jump(clocks, host, dated):
    leader, other = clocks
    before = other()
    host.set_by = 3600
    for _ in range(2):
        await other.look(holder=OTHER_WORKER)
    await leader.look(holder=WORKER)
    for _ in range(5):
        await other.look(holder=OTHER_WORKER)
    assert other() == pytest.approx(before)
    assert await ahead(dated) == pytest.approx(-3600)


@pytest.mark.parametrize("holder", [None, OTHER_WORKER])
async def test_a_jump_that_nobody_undoes_is_believed_at_the_third_look(clocks, host, dated, logs, holder):
    """It is this host that stood still; only the leader ever moves the distance."""
    other = clocks[1]
    before = other()
    host.set_by = 3600
    for _ in range(2):
        await other.look(holder=holder)
        assert other() == before
    await other.look(holder=holder)
    assert other() == before + 3600
    assert await ahead(dated) == 0
    assert [entry["event"] for entry in logs] == ["this host's clock stood still"]


async def test_looks_that_agree_in_between_begin_the_count_anew(clocks, host):
    other = clocks[1]
    before = other()
    for set_by in (3600, 3600, 0, 3600, 3600):
        host.set_by = set_by
        await other.look()
    assert other() == before


async def test_a_leader_whose_lead_ran_out_moves_nothing(clocks, host, dated):
    leader = clocks[0]
    await dated.write(
        lambda connection: leases.lead(connection, DUTY, WORKER, now=leader(), lease_until=leader() - 1)
    )
    host.set_by = 3600
    await leader.look(holder=WORKER)
    assert await ahead(dated) == 0


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
async def test_the_distance_is_worked_off_at_a_tenth_of_the_time(clocks, host, dated, jump):
    leader, other = clocks
    host.set_by = jump
    passes(host, 2)
    await leader.look(holder=WORKER)
    before, begun = other(), host.up_s
    for _ in range(50):
        passes(host, 2)
        await leader.look(holder=WORKER)
        await other.look(holder=OTHER_WORKER)
        assert abs(leader() - other()) < 0.5
    passed = host.up_s - begun
    faster = 1 if jump > 0 else -1
    assert await ahead(dated) == pytest.approx(-jump + faster * passed * 0.1)
    assert other() - before == pytest.approx(passed * (1 + faster * 0.1), abs=0.3)


async def test_the_distance_ends_at_nothing(clocks, host, dated):
    leader = clocks[0]
    host.set_by = 1.5
    await leader.look(holder=WORKER)
    for _ in range(12):
        passes(host, 2)
        await leader.look(holder=WORKER)
    assert await ahead(dated) == 0
    assert leader() == pytest.approx(host.wall())


async def test_others_do_not_work_the_distance_off(clocks, host, dated):
    leader, other = clocks
    host.set_by = 3600
    await leader.look(holder=WORKER)
    for holder in (None, OTHER_WORKER):
        passes(host, 2)
        await other.look(holder=holder)
    assert await ahead(dated) == pytest.approx(-3600)


async def test_after_a_long_outage_the_distance_is_not_worked_off_in_one_leap(clocks, host, dated, logs):
    """A step that others take for a jump would be undone, and be told as somebody's setting a clock."""
    leader, other = clocks
    host.set_by = 3600
    await leader.look(holder=WORKER)
    logs.clear()
    passes(host, 600)  # in which nobody could look
    for _ in range(5):
        await leader.look(holder=WORKER)
        await other.look(holder=OTHER_WORKER)
        passes(host, 2)
    assert logs == []
    assert -3600 < await ahead(dated) < -3595
