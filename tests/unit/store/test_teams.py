import pytest

from webkiln import ids
from webkiln.store import teams


@pytest.fixture
def do(database):
    async def run(statement, *given, **more):
        return await database.write(lambda connection: statement(connection, *given, **more))

    return run


@pytest.fixture
async def team(do):
    return await do(teams.ensure_team, "ours", 1.0)


async def key_of(do, team, digest=b"d" * 32, limit=None, name="key"):
    return await do(
        teams.insert_key, team_id=team, name=name, digest=digest, shown_as="fc-…", credit_limit=limit, now=2.0
    )


async def test_a_team_is_made_once(do, team):
    assert await do(teams.ensure_team, "ours", 5.0) == team
    assert await do(teams.ensure_team, "theirs", 5.0) != team


async def test_a_key_is_found_by_its_digest_while_it_is_valid(do, team):
    key_id = await key_of(do, team, limit=7)
    found = await do(teams.find_key, b"d" * 32)
    assert (found.id, found.team_id, found.team, found.credit_limit) == (key_id, team, "ours", 7)
    assert await do(teams.find_key, b"e" * 32) is None
    assert await do(teams.revoke_key, key_id, 9.0)
    assert not await do(teams.revoke_key, key_id, 9.0)
    assert await do(teams.find_key, b"d" * 32) is None
    assert [key.revoked_at for key in await do(teams.list_keys)] == [9.0]
    assert await do(teams.restore_key, b"d" * 32)
    assert (await do(teams.find_key, b"d" * 32)).id == key_id
    assert not await do(teams.restore_key, b"e" * 32)


async def test_usage_adds_up_by_key_and_month(do, team):
    first, second = await key_of(do, team, name="a"), await key_of(do, team, b"e" * 32, name="b")
    await do(teams.add_usage, {(team, first): 3, (team, second): 4, (team, team): 0}, "2026-10")
    await do(teams.add_usage, {(team, first): 5}, "2026-11")
    await do(teams.add_usage, {(team, first): 1}, "2026-11")
    assert await do(teams.used, team, "2026-11") == 6
    assert await do(teams.used_by_key, first, "2026-10") == 3
    assert await do(teams.used, ids.new_id(), "2026-11") == 0
    assert await do(teams.history, team, by_key=False) == [("2026-11", None, 6), ("2026-10", None, 7)]
    by_key = await do(teams.history, team, by_key=True)
    assert sorted(by_key) == [("2026-10", "a", 3), ("2026-10", "b", 4), ("2026-11", "a", 6)]


async def test_a_teams_limit_is_the_sum_of_its_keys_unless_one_has_none(do, team):
    assert await do(teams.credit_limit, team) is None
    await key_of(do, team, limit=10)
    second = await key_of(do, team, b"e" * 32, limit=5)
    assert await do(teams.credit_limit, team) == 15
    await do(teams.revoke_key, second, 9.0)
    assert await do(teams.credit_limit, team) == 10
    await key_of(do, team, b"f" * 32)
    assert await do(teams.credit_limit, team) is None
