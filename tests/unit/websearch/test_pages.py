import pytest

from webkiln.websearch.pages import gather_pages, inner, maybe, number, plain, rows_of, text, url
from webkiln.websearch.query import Hit, ProviderFailed, Query


def pages(*given):
    asked = []

    async def ask(page):
        asked.append(page)
        found = given[page - 1]
        if isinstance(found, Exception):
            raise found
        return [Hit(f"https://a.test/{name}") for name in found]

    return asked, ask


async def test_pages_are_asked_for_until_there_is_enough():
    asked, ask = pages("abc", "def", "ghi")
    found = await gather_pages(Query("a", limit=5), ask, most=3)
    assert (asked, len(found.hits), found.notes) == ([1, 2], 6, ())


@pytest.mark.parametrize(
    ("given", "short", "asked"), [(["ab", "ab"], 0, 2), (["ab", ""], 0, 2), (["ab"], 3, 1)]
)
async def test_a_page_with_nothing_new_is_the_last(given, short, asked):
    seen, ask = pages(*given)
    found = await gather_pages(Query("a", limit=5), ask, most=9, short=short)
    assert (len(seen), len(found.hits)) == (asked, 2)


async def test_pages_end_at_the_most():
    asked, ask = pages("a", "b", "c")
    await gather_pages(Query("a", limit=5), ask, most=2)
    assert asked == [1, 2]


async def test_what_is_not_admitted_does_not_count():
    asked, ask = pages("abc", "def")

    async def elsewhere(page):
        return (
            [Hit(hit.url.replace("a.test", "b.test")) for hit in await ask(page)]
            if page == 1
            else await ask(page)
        )

    found = await gather_pages(Query("a", limit=3, include_domains=("a.test",)), elsewhere, most=2)
    assert asked == [1, 2]
    assert [hit.url[-1] for hit in found.hits] == ["d", "e", "f"]


async def test_a_first_page_that_fails_is_a_failure_and_a_later_one_a_note():
    _, ask = pages(ProviderFailed("HTTP 500"))
    with pytest.raises(ProviderFailed, match="HTTP 500"):
        await gather_pages(Query("a"), ask, most=2)
    _, ask = pages("abc", ProviderFailed("HTTP 429"))
    found = await gather_pages(Query("a"), ask, most=2, notes=["before"])
    assert len(found.hits) == 3
    assert found.notes == ("before", "page 2 of its results could not be had: HTTP 429")


def test_rows_are_objects_in_a_list():
    assert rows_of({"web": {"results": [{"a": 1}, None, 3]}}, "web", "results") == [{"a": 1}]
    assert rows_of({}, "web", "results") == []
    assert rows_of({"web": None}, "web", "results") == []
    for odd in ({"web": {"results": "x"}}, {"web": {"results": {"a": 1}}}, {"web": 3}):
        with pytest.raises(ProviderFailed, match="form"):
            rows_of(odd, "web", "results")


def test_values_of_the_wrong_type_are_none():
    assert (text(" a\n b "), text(None), text(3)) == ("a b", "", "")
    assert (maybe(""), maybe("x"), maybe([])) == (None, "x", None)
    assert (url(" https://a.test/ "), url(None), url("x" * 9_000)) == ("https://a.test/", "", "")
    given = [3, "12", "x", True, 1.5, "9" * 30]
    assert [number(value) for value in given] == [3, 12, None, None, None, None]
    assert (inner({"a": {"b": 1}}, "a"), inner({"a": 3}, "a"), inner({}, "a")) == ({"b": 1}, {}, {})


async def test_hits_on_sections_of_a_page_are_one_and_hash_routes_are_pages():
    site = "https://a.test/"
    addresses = ["r#one", "r", "x", "r#two", "app#/a", "app#/b", "app#!/c", "app", "r?q=1#z", "r?q=1"]
    asked, ask = pages(addresses, ["r#three"])
    found = await gather_pages(Query("a", limit=20), ask, most=5)
    kept = ["r#one", "x", "app#/a", "app#/b", "app#!/c", "app", "r?q=1#z"]
    assert (asked, [hit.url.removeprefix(site) for hit in found.hits]) == ([1, 2], kept)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("first <b>hit</b> &amp; more", "first hit & more"),
        ('<span class="x">marked</span><br/>next<p>line</p>', "marked next line"),
        ("<STRONG>Clay</STRONG> &#x27;s <em >use</em>", "Clay 's use"),
        ("a < b, c > d; vector<int>; <kiln>", "a < b, c > d; vector<int>; <kiln>"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
        ("<b" * 3_000, "<b" * 2_500),
        (None, ""),
        (["x"], ""),
    ],
)
def test_a_text_is_shown_as_a_reader_sees_it(given, shown):
    assert plain(given) == shown
