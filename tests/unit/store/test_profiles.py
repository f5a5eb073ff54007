from webkiln import ids
from webkiln.store import profiles

TEAM, OTHER_TEAM = ids.new_id(), ids.new_id()
ONE, TWO = ids.new_id(), ids.new_id()


def hold(holder, now=0.0, until=100.0, team=TEAM):
    return lambda connection: profiles.hold(connection, team, "shop", holder=holder, now=now, until=until)


def part(holder, state, team=TEAM):
    return lambda connection: profiles.part_with(
        connection, team, "shop", holder=holder, now=1.0, state=state
    )


def read(team=TEAM):
    return lambda connection: profiles.read(connection, team, "shop")


async def test_what_one_page_leaves_the_next_one_finds(database):
    assert await database.read(read()) is None
    assert await database.write(hold(ONE)) == (True, None)
    assert await database.write(part(ONE, b"cookies"))
    assert await database.write(hold(TWO)) == (True, b"cookies")
    assert await database.read(read()) == b"cookies"


async def test_one_writes_at_a_time_until_it_is_taken_for_dead(database):
    await database.write(hold(ONE))
    assert await database.write(hold(TWO, now=99.0)) == (False, None)
    assert await database.write(hold(ONE, now=99.0, until=120.0)) == (True, None)
    assert await database.write(hold(TWO, now=120.0, until=300.0)) == (True, None)
    assert not await database.write(part(ONE, b"late"))
    assert await database.write(part(TWO, b"own"))
    assert await database.read(read()) == b"own"


async def test_a_page_that_failed_leaves_what_was(database):
    await database.write(hold(ONE))
    await database.write(part(ONE, b"first"))
    await database.write(hold(TWO))
    assert await database.write(part(TWO, None))
    assert await database.write(hold(ONE)) == (True, b"first")


async def test_teams_know_nothing_of_each_other(database):
    await database.write(hold(ONE))
    await database.write(part(ONE, b"ours"))
    await database.write(hold(ONE))
    assert await database.read(read(OTHER_TEAM)) is None
    assert await database.write(hold(TWO, team=OTHER_TEAM)) == (True, None)
