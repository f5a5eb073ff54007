"""Profiles over HTTP: a team deletes its own, and sees no other's."""

import asyncio
import time

import pytest

from webkiln import ids
from webkiln.store import profiles, teams
from webkiln.store.sqlite import SqliteDatabase


@pytest.fixture
def remembered(api):
    """Remember something for the server's own team, as a page in a browser does."""

    async def remember(name):
        database = SqliteDatabase(api.data_dir / "webkiln.db")
        now = time.time()

        def work(connection):
            team = teams.ensure_team(connection, "default", now)
            profiles.hold(connection, team, name, holder=ids.new_id(), now=now, until=now + 9, most=9)

        await database.write(work)
        await database.close()

    if not (api.data_dir / "webkiln.db").exists():
        pytest.skip("sqlite: the test writes into the server's file")
    return lambda name: asyncio.run(remember(name))


def test_a_profile_is_deleted_once_and_by_its_own_team(api, remembered):
    remembered("shop/two")
    assert api.another_team().delete("/v2/profiles/shop/two").status == 404
    assert api.delete("/v2/profiles/shop/two").status == 200
    again = api.delete("/v2/profiles/shop/two")
    assert (again.status, again.body) == (404, {"success": False, "error": "Profile not found."})
