import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from webkiln.settings import load
from webkiln.store import upgrade
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
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, metadata)

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


async def test_an_empty_database_is_not_worked_on(settings):
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
