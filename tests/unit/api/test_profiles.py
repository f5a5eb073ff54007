import pytest

from engine.one_store import sqlite_store
from webkiln import ids
from webkiln.store import profiles

__all__ = ["sqlite_store"]


@pytest.fixture
def remembered(lifecycle):
    async def remember(team_id, name):
        await lifecycle.database.write(
            lambda connection: profiles.hold(
                connection, team_id, name, holder=ids.new_id(), now=0, until=1, most=9
            )
        )

    return remember


@pytest.mark.parametrize(
    ("name", "path"), [("shop", "shop"), ("a/b c?", "a%2Fb%20c%3F"), ("größe", "gr%C3%B6%C3%9Fe")]
)
async def test_a_profile_is_deleted_by_its_name(client, parts, remembered, name, path):
    (key,) = await parts.auth._keys.list_all()
    await remembered(key.team_id, name)
    answer = await client.delete(f"/v2/profiles/{path}")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    again = await client.delete(f"/v2/profiles/{path}")
    assert (again.status_code, again.json()) == (404, {"success": False, "error": "Profile not found."})


async def test_another_teams_profile_is_like_none(client, remembered):
    await remembered(ids.new_id(), "shop")
    for name in ("shop", "unknown", "%00", "x" * 500):
        answer = await client.delete(f"/v2/profiles/{name}")
        assert (answer.status_code, answer.json()["error"]) == (404, "Profile not found.")


async def test_without_a_key_nothing_is_deleted(client, remembered):
    await remembered(ids.new_id(), "shop")
    answer = await client.delete("/v2/profiles/shop", headers={"Authorization": "Bearer fc-" + "0" * 32})
    assert answer.status_code == 401
