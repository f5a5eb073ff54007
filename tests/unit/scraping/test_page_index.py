import asyncio
import contextlib

import pytest

from engine.conftest import each_store, postgres, postgres_url
from engine.scenes import TEAM
from engine.scripted import until
from webkiln.errors import Unavailable
from webkiln.fetching.page import Page
from webkiln.scraping.page_index import PageIndex
from webkiln.store import page_texts
from webkiln.store.schema import page_texts as table

URL = "https://www.site.test/page"

__all__ = ["each_store", "postgres", "postgres_url"]


@pytest.fixture
def index(database):
    return PageIndex(database, enabled=True)


def page(url=URL, status=200, at=1.0, headers=()):
    return Page(
        requested_url=url,
        url=url,
        status=status,
        headers=headers,
        content_encoding="",
        wire_body=b"",
        body=b"",
        fetched_at=at,
    )


def document(markdown="# Hello", **metadata):
    return {"metadata": metadata} | ({} if markdown is None else {"markdown": markdown})


@pytest.fixture
def stored(database):
    async def read():
        return await database.read(lambda connection: connection.execute(table.select()).all())

    return read


async def test_a_page_is_stored_as_it_says(index, stored):
    index.note(TEAM, page(), document(title="T", description="D\0"))
    assert await stored() == []
    await index.flush()
    (row,) = await stored()
    assert (row.team_id, row.url, row.host) == (TEAM, URL, "www.site.test")
    assert (row.title, row.description, row.text, row.words) == ("T", "D ", "# Hello", None)
    assert (row.fetched_at, row.size) == (1.0, len(URL) + 1 + 2 + 7)


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        (page(status=404), document()),
        (page(status=500), document()),
        (page(status=429), document()),
        (page(headers=(("cache-control", "no-store"),)), document()),
        (page("https://site.test/" + "x" * 2_000), document()),
        (page("nothing"), document()),
        (page(), document(None)),
        (page(), document("")),
        (page(), document(None, title=["a", "list"])),
    ],
)
async def test_what_is_not_searched_for_is_not_noted(index, stored, noted, said):
    index.note(TEAM, noted, said)
    await index.flush()
    assert await stored() == []


async def test_what_is_private_is_noted_for_the_team_that_scraped_it(index, stored):
    index.note(TEAM, page(headers=(("cache-control", "private"),)), document())
    await index.flush()
    assert len(await stored()) == 1


async def test_a_page_of_no_team_and_a_server_without_an_index_note_nothing(database, index, stored):
    index.note("", page(), document())
    await index.flush()
    without = PageIndex(database, enabled=False)
    without.note(TEAM, page(), document())
    await without.flush()
    assert await stored() == []


async def test_of_long_texts_the_beginning_is_kept(index, stored):
    index.note(TEAM, page(), document("m" * 30_000, title="t" * 3_000, description="d" * 3_000))
    await index.flush()
    (row,) = await stored()
    assert [len(text) for text in (row.text, row.title, row.description)] == [20_000, 500, 1_000]


async def test_spellings_of_one_url_are_one_page(index, stored):
    index.note(TEAM, page("http://site.test/page/", at=5.0), document("new"))
    index.note(TEAM, page(), document("old"))
    await index.flush()
    index.note(TEAM, page("https://site.test/page#there", at=4.0), document("older"))
    await index.flush()
    assert [row.text for row in await stored()] == ["new"]


async def test_without_the_database_notes_are_dropped():
    class Away:
        async def write(self, _work, **_more):
            raise Unavailable("database is locked")

    index = PageIndex(Away(), enabled=True)
    index.note(TEAM, page(), document())
    await index.flush()
    assert index._waiting == []


async def test_what_waits_to_be_written_is_bounded(index):
    for number in range(600):
        index.note(TEAM, page(f"https://site.test/{number}"), document())
    assert len(index._waiting) == 512


async def test_pages_are_written_in_the_background(index, database):
    writing = asyncio.create_task(index.run())
    for number in range(40):
        index.note(TEAM, page(f"https://site.test/{number}"), document())

    async def written():
        return await database.read(page_texts.total_size) > 40 * len("https://site.test/1")

    await until(written)
    writing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writing
