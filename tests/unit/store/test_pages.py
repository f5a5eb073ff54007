import pytest

from webkiln.store import pages
from webkiln.store.pages import StoredPage, digest

KEY = digest("https://site.test/")


@pytest.fixture
def do(database):
    async def run(statement, *given, **more):
        return await database.write(lambda connection: statement(connection, *given, **more))

    return run


def page(fetched_at, key=KEY, size=10, status=200):
    return StoredPage(key, float(fetched_at), status, b"{}", b"x" * size)


async def test_entries_are_found_the_newest_first(do):
    other = digest("https://other.test/")
    await do(pages.insert_pages, [page(1), page(3, status=404), page(2), page(9, other)])
    found = await do(pages.find_entries, [KEY, other, digest("nowhere")])
    assert [(entry.fetched_at, entry.status) for entry in found[KEY]] == [(3, 404), (2, 200), (1, 200)]
    assert len(found[other]) == 1
    assert set(found) == {KEY, other}
    stored = await do(pages.read_page, found[KEY][0].id)
    assert stored == page(3, status=404)


async def test_of_one_page_only_the_newest_five_are_kept(do):
    for moment in range(8):
        await do(pages.insert_pages, [page(moment)])
    found = (await do(pages.find_entries, [KEY]))[KEY]
    assert [entry.fetched_at for entry in found] == [7, 6, 5, 4, 3]
    assert await do(pages.read_page, found[0].id - 7) is None


async def test_the_oldest_go_until_the_rest_fits(do):
    for number in range(10):
        await do(pages.insert_pages, [page(number, digest(str(number)), size=98)])
    assert await do(pages.total_bytes) == 1_000
    assert await do(pages.shrink, max_bytes=650, limit=2) == 2
    assert await do(pages.shrink, max_bytes=650, limit=100) == 2
    assert await do(pages.total_bytes) == 600
    assert await do(pages.shrink, max_bytes=650, limit=100) == 0
    assert await do(pages.find_entries, [digest("3")]) == {}
    assert list(await do(pages.find_entries, [digest("4")])) == [digest("4")]


async def test_a_limit_of_nothing_keeps_nothing(do):
    await do(pages.insert_pages, [page(1)])
    assert await do(pages.shrink, max_bytes=0, limit=100) == 1
    assert await do(pages.total_bytes) == 0


def test_a_digest_is_the_same_for_the_same_text_only():
    assert digest("a") == digest("a") != digest("b")
    assert len(digest("half a character: \ud800")) == 16
