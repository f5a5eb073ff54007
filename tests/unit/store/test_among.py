import pytest
from sqlalchemy import bindparam, event, select, text, update

from engine.scenes import submission
from webkiln.store.among import among, among_chosen
from webkiln.store.schema import jobs

FOUND = select(jobs.c.id).where(among(jobs.c.id, "ids")).order_by(jobs.c.id)
OTHERS = select(jobs.c.id).where(jobs.c.open > 0, ~among(jobs.c.id, "ids"), ~among(jobs.c.kind, "kinds"))


@pytest.fixture
async def made(lifecycle, clock):
    submissions = [submission(clock, 1) for _ in range(5)]
    for one in submissions:
        await lifecycle.submit(one)
    return sorted(one.job.id for one in submissions)


def ask(statement, **given):
    return lambda connection: list(connection.execute(statement, given).scalars())


@pytest.mark.parametrize("count", [0, 1, 3, 5])
async def test_any_number_of_values_may_be_asked_for(made, database, count):
    assert await database.read(ask(FOUND, ids=made[:count])) == made[:count]


async def test_it_can_be_denied_and_stand_twice_in_a_statement(made, database):
    found = await database.read(ask(OTHERS, ids=made[:2], kinds=["others"]))
    assert sorted(found) == made[2:]
    assert await database.read(ask(OTHERS, ids=made[:2], kinds=["pages"])) == []
    assert sorted(await database.read(ask(OTHERS, ids=[], kinds=[]))) == made


async def test_two_conditions_of_one_shape_are_not_taken_for_each_other(made, database):
    """SQLAlchemy keeps compiled statements; what it tells them apart by must name column and values."""

    def found(column, name, *values):
        statement = select(jobs.c.id).where(among(column, name))
        return database.read(ask(statement, **{name: list(values)}))

    assert len(await found(jobs.c.kind, "these", "pages")) == 5
    assert await found(jobs.c.state, "these", "pages") == []
    assert await found(jobs.c.id, "these", made[0]) == made[:1]
    assert await found(jobs.c.id, "those", made[1]) == made[1:2]


async def test_postgresql_sees_one_statement_however_many_values(made, postgres):
    sent = set()

    def keep(_connection, _cursor, statement, *_):
        sent.add(statement)

    def work(connection):
        event.listen(connection, "before_cursor_execute", keep)
        for count in range(5):
            ask(FOUND, ids=made[:count])(connection)

    await postgres.read(work)
    assert len(sent) == 1


SOME = select(jobs.c.id).where(jobs.c.open > 0).order_by(jobs.c.id).limit(bindparam("most")).with_for_update()
TAKE = (
    update(jobs).where(among_chosen(jobs.c.id, SOME), jobs.c.state == "running").values(open=0)
).returning(jobs.c.id)


async def test_what_a_query_chooses_is_taken_and_no_more(made, database):
    taken = [sorted(await database.write(ask(TAKE, most=2))) for _ in range(4)]
    assert taken == [made[:2], made[2:4], made[4:], []]


@pytest.mark.parametrize("store", ["postgres"])
async def test_postgresql_asks_the_query_once_whatever_it_thinks_of_the_table(made, database):
    """With every other way forbidden it would ask a query behind IN again for each row it compares."""

    def work(connection):
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "indexscan", "bitmapscan"):
            connection.execute(text(f"SET LOCAL enable_{way} TO off"))
        return sorted(ask(TAKE, most=2)(connection))

    assert await database.write(work) == made[:2]
