import pytest

from webkiln.contract.search import SearchRequest
from webkiln.errors import BadRequest
from webkiln.operations.search_queries import CATEGORIES, category_names, category_of, queries_of


def request(**keys):
    return SearchRequest.model_validate({"query": "clay", **keys})


def test_each_source_of_the_web_is_a_question():
    queries = queries_of(request(sources=["web", "local", "news", "images"], limit=7, safe=True))
    assert [(query.source, query.limit, query.safe) for query in queries] == [
        ("web", 7, True),
        ("news", 7, True),
        ("images", 7, True),
    ]


def test_what_the_web_source_says_wins_for_the_web():
    own = {"type": "web", "tbs": "qdr:d", "lang": "de", "country": "AT", "location": "Graz", "filter": "0"}
    web, news = queries_of(request(sources=[own, "news"], tbs="qdr:y", lang="en", country="us"))
    assert (web.freshness.span, web.lang, web.country, web.location, web.duplicates) == (
        "day", "de", "at", "Graz", "0",
    )  # fmt: skip
    assert (news.freshness.span, news.lang, news.country, news.location) == ("year", "en", "us", None)


def test_categories_are_sites_and_types_of_files():
    web, images = queries_of(request(categories=["github", "pdf", "github"], sources=["web", "images"]))
    assert (web.sites, web.file_type) == (("github.com",), "pdf")
    assert (images.sites, images.file_type) == (("github.com",), None)
    assert len(CATEGORIES["research"].sites) == 14


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"tbs": "qdr:z"}, ["tbs"]),
        ({"sources": ["news", {"type": "web", "tbs": "x"}]}, ["sources", 1, "tbs"]),
    ],
)
def test_a_time_that_nobody_knows_is_refused_where_it_stands(keys, path):
    with pytest.raises(BadRequest) as caught:
        queries_of(request(**keys))
    assert caught.value.details[0]["path"] == path


@pytest.mark.parametrize(
    ("url", "category"),
    [
        ("https://github.com/a/b", "github"),
        ("https://gist.github.com/a", "github"),
        ("https://arxiv.org/pdf/1234.pdf", "research"),
        ("https://a.test/paper.PDF?x=1#page=2", "pdf"),
        ("https://a.test/paper.html?as=x.pdf", None),
        ("https://notgithub.com/", None),
    ],
)
def test_a_hit_is_of_the_first_category_that_it_shows(url, category):
    names = category_names(request(categories=["github", "research", "pdf"]))
    assert category_of(url, names) == category


def test_without_categories_there_is_none():
    assert category_of("https://github.com/", []) is None
