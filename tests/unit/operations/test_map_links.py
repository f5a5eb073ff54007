from __future__ import annotations

import pytest

from webkiln.operations.map_links import Entry, listed, shown_url, start_after


def links(*entries, search=None, ignore_query=True, limit=100):
    made = [Entry(one) if isinstance(one, str) else Entry(*one) for one in entries]
    return listed(made, search=search, ignore_query=ignore_query, limit=limit)


@pytest.mark.parametrize(
    ("url", "ignored", "kept"),
    [
        ("https://a.test/", "https://a.test", "https://a.test"),
        ("https://a.test/b/", "https://a.test/b", "https://a.test/b"),
        ("https://a.test/b//", "https://a.test/b/", "https://a.test/b/"),
        ("https://a.test/b?c=/", "https://a.test/b", "https://a.test/b?c=/"),
        ("https://a.test/?q#/d/", "https://a.test/#/d/", "https://a.test/?q#/d/"),
    ],
)
def test_how_addresses_are_shown(url, ignored, kept):
    assert shown_url(url, ignore_query=True) == ignored
    assert shown_url(url, ignore_query=False) == kept


@pytest.mark.parametrize(
    ("start", "final", "origin"),
    [
        ("http://a.test/", "https://www.a.test/en/home", "https://www.a.test/"),
        ("http://a.test/docs", "https://b.test/docs/intro", "https://b.test/docs"),
        ("http://a.test/docs/", "http://a.test/docs", "http://a.test/docs"),
        ("http://a.test/old", "http://a.test/new/page?x=1", "http://a.test/new/page"),
        ("http://a.test/old?x=1", "http://a.test:81/old?x=1", "http://a.test:81/old"),
    ],
)
def test_where_a_map_starts_after_a_redirect(start, final, origin):
    assert start_after(start, final) == origin


def test_each_page_is_listed_once_with_whatever_title_there_is():
    assert links(
        "https://a.test/b", ("http://www.a.test/b/", "B", None), ("https://a.test/b/index.html", "X", "d")
    ) == [{"url": "https://a.test/b", "title": "B", "description": "d"}]


def test_a_title_of_one_of_many_is_not_the_title_of_all():
    assert links(("https://a.test/b?page=2", "Page 2")) == [{"url": "https://a.test/b"}]
    assert links(("https://a.test/b?page=2", "Page 2"), ignore_query=False) == [
        {"url": "https://a.test/b?page=2", "title": "Page 2"}
    ]


def test_the_limit_comes_after_the_search():
    urls = [f"https://a.test/{name}" for name in ("one", "two", "kiln")]
    assert [link["url"] for link in links(*urls, limit=2)] == urls[:2]
    assert [link["url"] for link in links(*urls, search="kiln", limit=2)] == [urls[2], urls[0]]
