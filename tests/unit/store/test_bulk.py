import traceback

import pytest
from sqlalchemy import exc, func, select

from webkiln import ids
from webkiln.store.bulk import insert_rows
from webkiln.store.schema import specs, tasks

COLUMNS = ("id", "job_id", "spec_id", "state", "priority", "run_at", "payload", "host")


def a_task(payload="x", **more):
    made = ids.new_id()
    values = {
        "id": made,
        "job_id": made,
        "spec_id": made,
        "state": "available",
        "priority": 0,
        "run_at": 1.5,
        "payload": payload,
        "host": None,
    }
    return tuple({**values, **more}[name] for name in COLUMNS)


def put(rows, columns=COLUMNS, table=tasks):
    return lambda connection: insert_rows(connection, table, columns, rows)


def told(caught):
    """Return all that a log with a trace would show."""
    return "".join(traceback.format_exception(caught.value))


def count(connection):
    return connection.execute(select(func.count()).select_from(tasks)).scalar_one()


@pytest.mark.parametrize("payload", ["plain", "ö ü 漢字 🎈", "tab\tline\n\\N \\. \"'%s ?:x", ""])
async def test_rows_arrive_as_they_were_given_and_the_rest_takes_its_defaults(database, payload):
    row = a_task(payload, host="a.test", priority=7)
    await database.write(put([row]))
    found = await database.read(lambda connection: connection.execute(select(tasks)).one())
    assert tuple(getattr(found, name) for name in COLUMNS) == row
    assert (found.attempt, found.tries, found.crashes, found.claimed_by) == (0, 0, 0, None)


@pytest.mark.parametrize("body", [b"", bytes(range(256))])
async def test_bytes_arrive_as_they_are(database, body):
    row = (ids.new_id(), ids.new_id(), body)
    await database.write(put([row], ("id", "job_id", "body"), specs))
    stored = select(specs.c.id, specs.c.job_id, specs.c.body)
    assert await database.read(lambda connection: tuple(connection.execute(stored).one())) == row


async def test_many_rows_arrive_in_one_transaction(database):
    rows = [a_task(str(number)) for number in range(3_000)]

    def work(connection):
        put(rows)(connection)
        assert count(connection) == 3_000
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(work)
    assert await database.read(count) == 0
    await database.write(put(rows))
    assert await database.read(count) == 3_000


async def test_no_rows_are_no_statement(database):
    await database.write(put([]))
    assert await database.read(count) == 0


async def test_a_row_that_is_there_already_is_refused_without_a_word_of_its_data(database):
    row = a_task("fc-secret-token")
    for refused in ([row, row], [a_task("fc-secret-token", run_at=None)]):
        with pytest.raises(exc.IntegrityError) as caught:
            await database.write(put(refused))
        assert "fc-secret-token" not in told(caught)
        assert row[0] not in told(caught)
    assert await database.read(count) == 0
    await database.write(put([row]))
