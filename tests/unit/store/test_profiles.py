import asyncio

import pytest

from webkiln import errors, ids
from webkiln.store import profiles, teams

TEAM, OTHER_TEAM = ids.new_id(), ids.new_id()
ONE, TWO = ids.new_id(), ids.new_id()


def hold(holder, now=0.0, until=100.0, team=TEAM, name="shop"):
    return lambda connection: profiles.hold(
        connection, team, name, holder=holder, now=now, until=until, most=3
    )


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


async def test_a_deleted_profile_is_new_again_and_nobody_elses(database):
    for team in (TEAM, OTHER_TEAM):
        await database.write(hold(ONE, team=team))
        await database.write(part(ONE, b"cookies", team))
    assert await database.write(lambda connection: profiles.forget(connection, TEAM, "shop"))
    assert not await database.write(lambda connection: profiles.forget(connection, TEAM, "shop"))
    assert await database.read(read()) is None
    assert await database.read(read(OTHER_TEAM)) == b"cookies"


async def test_what_is_deleted_under_a_page_that_holds_it_does_not_come_back(database):
    await database.write(hold(ONE))
    await database.write(lambda connection: profiles.forget(connection, TEAM, "shop"))
    assert not await database.write(part(ONE, b"cookies"))
    assert await database.read(read()) is None


async def test_a_team_has_no_more_than_its_number(database, clock):
    team = await database.write(lambda connection: teams.ensure_team(connection, "many", clock()))
    started = await asyncio.gather(
        *(database.write(hold(ONE, team=team, name=str(n))) for n in range(8)), return_exceptions=True
    )
    refused = [outcome for outcome in started if isinstance(outcome, errors.ProfileLimit)]
    assert len(refused) == 5
    there = next(str(n) for n, outcome in enumerate(started) if outcome == (True, None))
    assert await database.write(hold(ONE, team=team, name=there)) == (True, None)
    assert await database.write(hold(ONE, team=OTHER_TEAM)) == (True, None)
    await database.write(lambda connection: profiles.forget(connection, team, there))
    assert await database.write(hold(ONE, team=team, name="new")) == (True, None)
    with pytest.raises(errors.ProfileLimit):
        await database.write(hold(ONE, team=team, name=there))


async def test_what_nobody_used_for_long_expires_unless_it_is_held(database):
    await database.write(hold(ONE, name="old", until=10))
    await database.write(hold(ONE, name="held", until=5_000))
    await database.write(hold(ONE, name="read", until=10))
    await database.write(lambda connection: profiles.touch(connection, TEAM, "read", 4_000))

    def prune(limit):
        return lambda connection: profiles.prune(connection, now=4_500, before=3_000, limit=limit)

    assert await database.read(lambda connection: profiles.needs_prune(connection, now=4_500, before=3_000))
    assert await database.write(prune(9)) == 1
    assert not await database.read(
        lambda connection: profiles.needs_prune(connection, now=4_500, before=3_000)
    )
    gone = await database.write(lambda connection: profiles.forget(connection, TEAM, "old"))
    assert not gone
    assert await database.write(lambda connection: profiles.forget(connection, TEAM, "held"))
    assert await database.write(lambda connection: profiles.forget(connection, TEAM, "read"))


async def test_reading_is_noted_now_and_then(database):
    await database.write(hold(ONE, now=0, until=1))
    for now, before, old in ((3_000, 100, True), (3_700, 3_650, False)):
        await database.write(lambda connection, now=now: profiles.touch(connection, TEAM, "shop", now))
        assert old is await database.read(
            lambda connection, before=before: profiles.needs_prune(connection, now=9_000, before=before)
        )
