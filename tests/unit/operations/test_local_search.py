import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.conftest import each_store, postgres, postgres_url
from engine.scenes import TEAM
from webkiln import ids
from webkiln.errors import BadRequest, Unavailable
from webkiln.operations.caller import Caller
from webkiln.operations.local_search import LocalHit, LocalSearch
from webkiln.store import page_texts
from webkiln.store.page_texts import PageText
from webkiln.store.pages import digest
from webkiln.urls import host_of

__all__ = ["each_store", "postgres", "postgres_url"]


@pytest.fixture
def search(database, clock):
    return LocalSearch(database, enabled=True, clock=clock)


@pytest.fixture
def store_pages(database):
    async def store(*said, team=TEAM, description="", **pages):
        texts = [
            PageText(team, digest(url), 1.0, host_of(url), url, f"Title {number}", description, words)
            for number, (url, words) in enumerate([*said, *pages.items()])
        ]
        await database.write(lambda connection: page_texts.insert_texts(connection, texts))

    return store


def urls(hits):
    return sorted(hit.url for hit in hits)


async def test_a_page_is_found_with_the_words_around(search, store_pages, caller):
    text = "# Kilns\n\nA [kiln](https://elsewhere.test/) is a **furnace** for firing pottery."
    await store_pages(("https://site.test/a", text), ("https://site.test/b", "Something else."))
    assert await search.find(caller, "furnace", limit=10) == [
        LocalHit("https://site.test/a", "Title 0", "Kilns A kiln is a furnace for firing pottery.")
    ]
    assert await search.find(caller, "elsewhere", limit=10) == []  # where links lead is not what is said


async def test_without_a_place_in_the_text_the_pages_own_description_is_shown(search, store_pages, caller):
    await store_pages(("https://site.test/a", "Words."), description="About it.")
    assert (await search.find(caller, "title", limit=10))[0].description == "About it."
    await store_pages(("https://other.test/b", "More words."))
    assert {hit.description for hit in await search.find(caller, "title", limit=10)} == {
        "About it.",
        "More words.",
    }


async def test_a_page_of_which_only_the_head_was_read_is_found_by_it(search, store_pages, caller):
    await store_pages(("https://site.test/a", None), description="About it.")
    assert await search.find(caller, "title", limit=10) == [
        LocalHit("https://site.test/a", "Title 0", "About it.")
    ]


async def test_a_team_finds_its_own_pages_only(search, store_pages, caller):
    other = Caller(ids.new_id(), None)
    await store_pages(("https://site.test/a", "fox"))
    await store_pages(("https://site.test/a", "fox"), ("https://site.test/b", "fox"), team=other.team_id)
    assert urls(await search.find(caller, "fox", limit=10)) == ["https://site.test/a"]
    assert len(await search.find(other, "fox", limit=10)) == 2
    assert await search.find(Caller(ids.new_id(), None), "fox", limit=10) == []


HOSTS = ["site.test", "docs.site.test", "mysite.test", "xn--mnchen-3ya.test"]


@pytest.mark.parametrize(
    ("chosen", "hosts"),
    [
        ({}, HOSTS),
        ({"include_domains": ("site.test",)}, HOSTS[:2]),
        ({"include_domains": ("SITE.test.", "mysite.test")}, HOSTS[:3]),
        ({"include_domains": ("docs.site.test",)}, HOSTS[1:2]),
        ({"include_domains": ("münchen.test",)}, HOSTS[3:]),
        ({"include_domains": ("test",)}, HOSTS),
        ({"exclude_domains": ("site.test",)}, HOSTS[2:]),
        ({"include_domains": ("site.test",), "exclude_domains": ("docs.site.test",)}, HOSTS[:1]),
        ({"include_domains": ("", "a/b", "\0", "%", "\ud800")}, []),
        ({"exclude_domains": ("", "a b", "\0", "%", "\ud800")}, HOSTS),
        ({"include_domains": tuple(f"{number}.test" for number in range(5_000))}, []),
    ],
)
async def test_domains_stand_for_their_subdomains(search, store_pages, caller, chosen, hosts):
    await store_pages(*((f"https://{host}/", "fox") for host in HOSTS))
    found = await search.find(caller, "fox", limit=10, **chosen)
    assert urls(found) == sorted(f"https://{host}/" for host in hosts)


async def test_no_more_than_asked_for(search, store_pages, caller):
    await store_pages(*((f"https://site.test/{number}", "fox") for number in range(70)))
    assert len(await search.find(caller, "fox", limit=100)) == 70
    assert len(await search.find(caller, "fox", limit=3)) == 3
    assert await search.find(caller, "fox", limit=0) == []


async def test_searches_of_one_moment_see_the_same(search, store_pages, caller):
    await store_pages(*((f"https://site.test/{number}", "fox") for number in range(70)))
    found = await asyncio.gather(*(search.find(caller, "fox", limit=100) for _ in range(5)))
    assert [len(hits) for hits in found] == [70] * 5


async def test_an_index_that_is_far_behind_is_not_waited_for(database, store_pages, caller, clock):
    await store_pages(*((f"https://site.test/{number}", "fox") for number in range(70)))

    def passing():
        clock.advance(6)
        return clock()

    search = LocalSearch(database, enabled=True, clock=passing)
    assert len(await search.find(caller, "fox", limit=100)) == 32
    assert len(await search.find(caller, "fox", limit=100)) == 64
    assert len(await search.find(caller, "fox", limit=100)) == 70


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(), domain=st.text())
async def test_any_text_has_an_answer(search, store_pages, caller, query, domain):
    await store_pages(("https://site.test/", "a b c"))
    assert await search.find(caller, query, limit=5, include_domains=(domain,), exclude_domains=()) == []
    assert len(await search.find(caller, query, limit=5, exclude_domains=(domain,))) <= 1


async def test_a_server_without_an_index_says_which_setting_it_is(database, caller, clock):
    search = LocalSearch(database, enabled=False, clock=clock)
    with pytest.raises(BadRequest, match="WEBKILN_SEARCH_INDEX"):
        await search.find(caller, "fox", limit=5)


async def test_a_database_that_cannot_search_says_why(caller, clock):
    class Without:
        async def read(self, _work):
            return "no FTS5"

    with pytest.raises(BadRequest, match="no FTS5"):
        await LocalSearch(Without(), enabled=True, clock=clock).find(caller, "fox", limit=5)


async def test_a_database_that_is_away_is_said_to_be(caller, clock):
    class Away:
        async def read(self, _work):
            raise Unavailable("away")

    with pytest.raises(Unavailable):
        await LocalSearch(Away(), enabled=True, clock=clock).find(caller, "fox", limit=5)
