import asyncio

from webkiln import ids
from webkiln.store import snapshots
from webkiln.store.snapshots import Snapshot

TEAM, OTHER_TEAM = ids.new_id(), ids.new_id()
PAGE, OTHER_PAGE = b"p" * 16, b"q" * 16


def taken(at, **more):
    values = {
        "team_id": TEAM,
        "key": PAGE,
        "status": 200,
        "fingerprint": b"f" * 16,
        "url": "https://a.test/",
        "markdown": b"packed",
    }
    return Snapshot(taken_at=float(at), **{**values, **more})


async def keep(database, *given):
    await database.write(lambda connection: snapshots.keep(connection, given))


async def read(database, key=PAGE, team=TEAM):
    return await database.read(lambda connection: snapshots.read(connection, team, key))


async def test_what_was_kept_comes_back_as_it_was(database):
    assert await read(database) is None
    whole = taken(5, crawl=b"c" * 16, markdown=b"\0\xff")
    bare = taken(6, key=OTHER_PAGE, markdown=None, status=404)
    await keep(database, whole, bare)
    assert await read(database) == whole
    assert await read(database, OTHER_PAGE) == bare


async def test_the_newest_stays_whichever_is_stored_first(database):
    await keep(database, taken(5, fingerprint=b"5" * 16))
    await keep(database, taken(4, fingerprint=b"4" * 16))
    assert (await read(database)).fingerprint == b"5" * 16
    await keep(database, taken(7, fingerprint=b"7" * 16), taken(6, fingerprint=b"6" * 16))
    assert (await read(database)).fingerprint == b"7" * 16
    await keep(database, taken(7, fingerprint=b"8" * 16, markdown=None))
    assert (await read(database)).markdown is None


async def test_teams_see_their_own(database):
    await keep(database, taken(1), taken(2, team_id=OTHER_TEAM, markdown=b"theirs"))
    assert (await read(database)).markdown == b"packed"
    assert (await read(database, team=OTHER_TEAM)).markdown == b"theirs"
    assert await read(database, team=ids.new_id()) is None


async def test_a_page_of_a_crawl_that_is_scraped_by_itself_stays_one_of_the_crawl(database):
    await keep(database, taken(1, crawl=b"c" * 16))
    await keep(database, taken(2))
    assert (await read(database)).crawl == b"c" * 16
    await keep(database, taken(3, crawl=b"d" * 16))
    assert (await read(database)).crawl == b"d" * 16


async def test_many_at_once_lose_nothing(database):
    """Two batches that scrape the same pages in different orders neither fail nor wait for each other."""
    keys = [bytes([n]) * 16 for n in range(20)]
    batches = [
        [taken(batch, key=key, markdown=bytes([batch])) for key in (keys if batch % 2 else keys[::-1])]
        for batch in range(12)
    ]
    await asyncio.gather(*(keep(database, *batch) for batch in batches))
    assert {(await read(database, key)).markdown for key in keys} == {bytes([11])}


async def test_what_is_old_goes(database):
    await keep(database, *(taken(n, key=bytes([n]) * 16) for n in range(10)))

    def needed(before):
        return lambda connection: snapshots.needs_prune(connection, before=before)

    def prune(limit):
        return lambda connection: snapshots.prune(connection, before=4.0, limit=limit)

    assert not await database.read(needed(0.0))
    assert await database.read(needed(4.0))
    assert await database.write(prune(3)) == 3
    assert await database.write(prune(3)) == 1
    assert not await database.read(needed(4.0))
    assert await read(database, bytes([4]) * 16) is not None


async def test_all_together_stay_below_a_size_and_the_oldest_go_first(database):
    assert await database.read(snapshots.total_bytes) == 0
    await keep(database, *(taken(9 - n, key=bytes([n]) * 16, url="", markdown=b"x" * 100) for n in range(10)))
    assert await database.read(snapshots.total_bytes) == 1_000

    def shrink(limit):
        return lambda connection: snapshots.shrink(connection, max_bytes=450, limit=limit)

    assert await database.write(shrink(4)) == 4
    assert await database.write(shrink(9)) == 2
    assert await database.write(shrink(9)) == 0
    assert await database.read(snapshots.total_bytes) == 400
    assert [n for n in range(10) if await read(database, bytes([n]) * 16) is not None] == [0, 1, 2, 3]


async def test_crawls_remember_what_they_met_and_was_there(database):
    crawl = b"c" * 16
    await keep(
        database,
        taken(1, url="old", crawl=crawl),
        taken(2, url="new", key=OTHER_PAGE, crawl=crawl),
        taken(3, url="gone", key=b"1" * 16, crawl=crawl, status=410),
        taken(3, url="alone", key=b"2" * 16),
        taken(3, url="elsewhere", key=b"3" * 16, crawl=b"d" * 16),
        taken(3, url="theirs", team_id=OTHER_TEAM, crawl=crawl),
    )

    def met(limit):
        return lambda connection: snapshots.urls_of_crawl(connection, TEAM, crawl, limit=limit)

    assert await database.read(met(9)) == ["new", "old"]
    assert await database.read(met(1)) == ["new"]
