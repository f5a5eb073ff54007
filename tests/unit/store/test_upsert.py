from sqlalchemy import select

from webkiln.store.schema import hosts
from webkiln.store.upsert import upsert


def rows(connection):
    return [
        tuple(row) for row in connection.execute(select(hosts.c.host, hosts.c.next_at).order_by(hosts.c.host))
    ]


async def test_a_row_that_is_there_can_be_left_alone_or_changed(database):
    def put(value, *, change):
        def work(connection):
            row = upsert(connection, hosts)
            row = (
                row.on_conflict_do_update(index_elements=["host"], set_={"next_at": row.excluded.next_at})
                if change
                else row.on_conflict_do_nothing()
            )
            connection.execute(
                row, [{"host": "a.test", "next_at": value}, {"host": f"{value}", "next_at": 0}]
            )

        return work

    await database.write(put(1.0, change=False))
    await database.write(put(2.0, change=False))
    assert await database.read(rows) == [("1.0", 0.0), ("2.0", 0.0), ("a.test", 1.0)]
    await database.write(put(3.0, change=True))
    assert (await database.read(rows))[-1] == ("a.test", 3.0)
