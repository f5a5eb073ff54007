import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from engine.conftest import new_database
from engine.scenes import WORKER, document_bodies, job_row, submission, task_states
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed
from webkiln.errors import Unavailable
from webkiln.settings import load
from webkiln.store import leases, upgrade
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.postgres import PostgresDatabase
from webkiln.store.schema import STEP, metadata
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.step import WrongSchema, read_step
from webkiln.wiring.foundation import foundation


def laid_out(connection):
    """Return the statement behind every table and index, without its layout."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows if name != "alembic_version"}


def test_the_step_of_the_schema_is_the_newest():
    assert ScriptDirectory.from_config(upgrade._config()).get_current_head() == STEP


async def test_the_migrations_lead_to_the_schema(database):
    def compare(connection):
        def meant(thing, *_):
            only = getattr(thing, "_ddl_if", None)
            return only is None or only.dialect == connection.dialect.name

        opts = {"compare_type": True, "include_object": meant}
        return compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)

    assert await database.read(compare) == []


def sqlite_only(database):
    if not isinstance(database, SqliteDatabase):
        pytest.skip("sqlite: PostgreSQL keeps no statements to compare")


async def test_the_migrated_tables_and_indexes_are_spelled_as_in_the_schema(database):
    sqlite_only(database)
    """Comparing alone does not see WITHOUT ROWID, conditions of partial indexes, or server defaults."""
    blank = create_engine("sqlite://")
    with blank.connect() as connection:
        metadata.create_all(connection)
        expected = laid_out(connection)
    blank.dispose()
    found = await database.read(laid_out)
    assert found.keys() == expected.keys()
    for name, statement in expected.items():
        assert sorted(found[name].split(", ")) == sorted(statement.split(", ")), name
    assert "WITHOUT ROWID" in found["tasks"]
    assert sum(" WHERE " in statement for statement in found.values()) >= 8


async def test_upgrading_twice_changes_nothing(database):
    sqlite_only(database)
    before = await database.read(laid_out)
    await database.write(upgrade.upgrade)
    assert await database.read(laid_out) == before


@pytest.fixture
def settings(tmp_path):
    return load({}, data_dir=str(tmp_path / "data"))


async def at_step(settings, step):
    async with foundation(settings, migrate=True) as base:
        await base.database.write(
            lambda connection: connection.execute(
                text("UPDATE alembic_version SET version_num = :s"), {"s": step}
            )
        )


async def test_a_database_of_this_step_opens(settings):
    async with foundation(settings, migrate=True) as base:
        assert await base.database.read(read_step) == STEP
    async with foundation(settings) as base:
        assert await base.database.read(read_step) == STEP


async def test_a_database_that_is_not_there_is_not_made(settings):
    folder = settings.storage.data_dir
    with pytest.raises(Unavailable, match="no database in"):
        async with foundation(settings):
            pass
    assert not folder.exists()


async def test_an_empty_database_is_not_worked_on(settings):
    async with foundation(settings, migrate=True) as base:
        await base.database.write(lambda connection: connection.execute(text("DROP TABLE alembic_version")))
    with pytest.raises(WrongSchema, match="None"):
        async with foundation(settings):
            pass


@pytest.mark.parametrize("migrate", [False, True])
async def test_a_database_of_a_newer_program_is_not_touched(settings, migrate):
    await at_step(settings, "9999")
    with pytest.raises(WrongSchema, match="9999"):
        async with foundation(settings, migrate=migrate):
            pass


async def test_an_older_step_is_named_with_the_way_out(settings):
    await at_step(settings, "0000")
    with pytest.raises(WrongSchema, match=r"0000.*webkiln db upgrade"):
        async with foundation(settings):
            pass


@pytest.fixture
async def connect(postgres_url):
    """Open databases on PostgreSQL that are empty, several on each if asked, and close them afterwards."""
    opened = []

    async def make(count=1):
        url = await new_database(postgres_url)
        opened.extend(PostgresDatabase(url, pool_size=2, timeout_s=10) for _ in range(count))
        return opened[-count:]

    yield make
    for one in opened:
        await one.close()


def tables(connection):
    return set(inspect(connection).get_table_names())


async def test_of_several_programs_that_upgrade_an_empty_database_at_once_all_find_it_done(connect):
    programs = await connect(3)
    await asyncio.gather(*(program.migrate(upgrade.upgrade) for program in programs))
    for program in programs:
        assert await program.read(read_step) == STEP
    assert await programs[0].read(tables) == {*metadata.tables, "alembic_version"}


async def test_an_upgrade_that_fails_half_way_leaves_nothing(connect):
    (program,) = await connect()

    def work(connection):
        upgrade.upgrade(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await program.migrate(work)
    assert await program.read(tables) == set()
    assert await program.read(read_step) is None


def downgrade(connection):
    """Bring a database back to the first release's step, with all that is in it."""
    command.downgrade(upgrade._config(connection), "0001")


@pytest.fixture
async def used(store, connect, blank, tmp_path, clock):
    """A database of the first release: of three tasks a worker has done one and has one in hand."""
    if store == "postgres":
        (opened,) = await connect()
        await opened.migrate(upgrade.upgrade)
    else:
        path = tmp_path / "used.db"
        path.write_bytes(blank.read_bytes())
        opened = SqliteDatabase(path)
    worker = leases.Worker(WORKER, "host", "slot")
    await opened.write(
        lambda connection: leases.register(connection, worker, now=clock(), lease_until=clock() + 1e9)
    )
    lifecycle = Lifecycle(opened, SilentDoorbell(), result_ttl_s=60, clock=clock)
    made = submission(clock, 3)
    await lifecycle.submit(made)
    held = await lifecycle.claim(WORKER, ["pages"], 2)
    await lifecycle.finish(WORKER, [(held[0], Completed(b"done"))])
    await opened.migrate(downgrade)
    assert await opened.read(read_step) == "0001"
    yield lifecycle, made.job.id, held[1]
    await opened.close()


async def test_an_upgrade_takes_from_workers_what_they_have_in_hand_and_keeps_what_is_done(used):
    lifecycle, job_id, held = used
    database = lifecycle.database
    await database.migrate(upgrade.upgrade)
    assert await database.read(read_step) == STEP
    assert await database.read(leases.all_workers) == {}
    assert await task_states(database, job_id) == {"available": 2, "completed": 1}
    job = await job_row(database, job_id)
    assert (job.state, job.open, job.running, job.completed) == ("running", 2, 0, 1)
    assert await document_bodies(database, job_id) == [b"done"]
    # Who held it under the old schema finds out when it stores, and can claim nothing either.
    assert await lifecycle.finish(WORKER, [(held, Completed(b"late"))]) == 1
    assert await lifecycle.claim(WORKER, ["pages"], 5) == []


async def test_a_database_that_is_up_to_date_keeps_its_workers(lifecycle):
    database = lifecycle.database
    before = await database.read(leases.all_workers)
    assert len(before) == 2
    await database.migrate(upgrade.upgrade)
    assert await database.read(leases.all_workers) == before


@pytest.mark.parametrize("migrate", [False, True])
async def test_a_postgresql_of_a_newer_program_is_not_touched(connect, tmp_path, migrate):
    (program,) = await connect()
    await program.migrate(upgrade.upgrade)
    await program.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )
    settings = load({"WEBKILN_DATABASE_URL": program._url}, data_dir=str(tmp_path / "data"))
    with pytest.raises(WrongSchema, match=r"9999.*newer"):
        async with foundation(settings, migrate=migrate):
            pass
    assert await program.read(read_step) == "9999"
