from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.frontier.identity import visited_form, visited_key
from webkiln.urls import InvalidUrl

PATHS = st.lists(st.text("abcABC019-_~.%", min_size=1), max_size=4).map("/".join)
QUERIES = st.text("abc=&19%")


def form(url: str, *, ignore_query: bool = False) -> str:
    return visited_form(url, ignore_query=ignore_query)


def key(url: str, *, similar: bool = True) -> int:
    return visited_key(form(url), similar=similar)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("HTTPS://Example.COM:443/A", "https://example.com/A"),
        ("https://example.com", "https://example.com/"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://example.com/./a/../b", "https://example.com/b"),
        ("https://example.com/a?x=1&y=2", "https://example.com/a?x=1&y=2"),
        ("https://example.com/a?", "https://example.com/a"),
        ("https://example.com/a??", "https://example.com/a??"),
        ("https://example.com/a??#x", "https://example.com/a??"),
        ("https://example.com/a?#/route", "https://example.com/a#/route"),
        ("https://example.com/a#top", "https://example.com/a"),
        ("https://example.com/a?x=1#top", "https://example.com/a?x=1"),
        ("https://example.com/a#", "https://example.com/a"),
        ("https://example.com/#/", "https://example.com/"),
        ("https://example.com/#/route", "https://example.com/#/route"),
        ("https://example.com/#!/route", "https://example.com/#!/route"),
        ("https://example.com/#!route", "https://example.com/"),
        ("https://example.com/a#b/c", "https://example.com/a"),
        ("https://example.com/?#/route?x=1", "https://example.com/#/route?x=1"),
    ],
)
def test_the_url_to_fetch(url, wanted):
    assert form(url) == wanted
    assert form(wanted) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://example.com/a?x=1", "https://example.com/a"),
        ("https://example.com/a?x=1#top", "https://example.com/a"),
        ("https://example.com/a?x=1#/route?y=2", "https://example.com/a#/route?y=2"),
        ("https://example.com/a", "https://example.com/a"),
    ],
)
def test_the_query_goes_when_it_is_ignored(url, wanted):
    assert form(url, ignore_query=True) == wanted


@pytest.mark.parametrize(
    "url", ["mailto:a@example.com", "https://u:p@example.com/", "https://intranet/", "http://["]
)
def test_what_is_not_fetched_has_no_form(url):
    with pytest.raises(InvalidUrl):
        form(url)


def test_names_that_were_pinned_need_no_dot():
    assert (
        visited_form("http://intranet/a#b", ignore_query=False, allow_names={"intranet"})
        == "http://intranet/a"
    )


@given(PATHS, QUERIES)
def test_all_spellings_of_a_page_are_one(path, query):
    path = path.removesuffix("index.html").removesuffix("index.php").rstrip("/")
    path = f"/{path}" if path else ""
    query = f"?{query}" if query else ""
    spellings = product(("http", "https"), ("", "www."), ("/index.html", "/index.php", "/", ""))
    keys = {key(f"{scheme}://{www}example.com{path}{end}{query}") for scheme, www, end in spellings}
    assert len(keys) == 1


def test_unless_exactly_the_same_is_asked_for():
    spellings = product(("http", "https"), ("", "www."), ("/index.html", "/index.php", "/", ""))
    keys = [key(f"{scheme}://{www}example.com/a{end}", similar=False) for scheme, www, end in spellings]
    assert len(set(keys)) == len(keys)
    assert key("https://example.com/a#x", similar=False) == key("https://example.com/a", similar=False)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("/a?x=1", "/a?x=2"),
        ("/a?x=1", "/a"),
        ("/a?x=1&y=2", "/a?y=2&x=1"),
        ("/a", "/A"),
        ("/a#/b", "/a#/c"),
        ("/a#/b", "/a"),
        ("/a/", "/a//"),
        ("/index.htm", "/"),
        ("/a.html", "/a"),
        ("/a%2Fb", "/a/b"),
        ("/a?x=%61", "/a?x=a"),
        (":8080/a", "/a"),
        # numbers of talks and stories are no sessions
        ("/talk?session_id=12", "/talk?session_id=13"),
        ("/story?sid=1234567890123456789", "/story?sid=1234567890123456780"),
        ("/story?sid=26/11/26/123", "/story?sid=26/11/26/124"),
        ("/find?s=abcdefgh12345678", "/find?s=abcdefgh12345679"),
        ("/a;v=1", "/a;v=2"),
    ],
)
def test_different_pages_have_different_keys(a, b):
    assert key(f"https://example.com{a}") != key(f"https://example.com{b}")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("/a?", "/a"),
        ("/%61b%2dc", "/ab-c"),
        ("/%c3%a4", "/%C3%A4"),
        ("/ä", "/%C3%A4"),
        ("/./a", "/b/../a"),
        ("/a?PHPSESSID=7c1f0a", "/a"),
        ("/a?x=1&PHPSESSID=7c1f0a", "/a?x=1"),
        ("/a?phpsessid=7c1f0a&x=1", "/a?x=1"),
        ("/a?sid=0123456789abcdef0123456789abcdef", "/a?sid=f123456789abcdef0123456789abcdef"),
        ("/a;jsessionid=A1B2.node1?x=1", "/a?x=1"),
        ("/a;jsessionid=A1B2", "/a"),
        ("/(S(lit3py55t21z5v55vlm25s55))/a", "/a"),
    ],
)
def test_one_page_has_one_key(a, b):
    assert key(f"https://example.com{a}") == key(f"https://example.com{b}")


def test_a_session_stays_in_the_url_to_fetch_and_in_exact_keys():
    url = "https://example.com/a?PHPSESSID=7c1f0a"
    assert form(url) == url
    assert key(url, similar=False) != key("https://example.com/a", similar=False)


@given(st.text(st.characters(codec=None)), st.booleans())
def test_keys_are_signed_and_fit_64_bits(text, similar):
    assert -(2**63) <= visited_key(text, similar=similar) < 2**63


def test_keys_are_the_same_in_every_process():
    assert visited_key("https://example.com/", similar=True) == visited_key(
        "http://www.example.com/", similar=True
    )
    assert visited_key("https://example.com/", similar=True) == 1424565772579972710
