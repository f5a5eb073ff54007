from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.frontier.relevance import Candidate, by_relevance


def ranked(query, *candidates):
    made = [one if isinstance(one, Candidate) else Candidate(one) for one in candidates]
    return [made[place].url for place in by_relevance(query, made)]


def test_what_has_the_word_comes_first_and_the_rest_keeps_its_order():
    urls = ["https://a.test/z", "https://a.test/about", "https://a.test/blog/one", "https://a.test/x"]
    assert ranked("blog", *urls) == [urls[2], urls[0], urls[1], urls[3]]


def test_a_rare_word_weighs_more_than_one_that_all_have():
    urls = [f"https://a.test/docs/page-{number}" for number in range(9)] + ["https://a.test/kiln"]
    assert ranked("docs kiln", *urls)[0] == "https://a.test/kiln"


def test_more_of_the_words_is_better():
    assert ranked("fire kiln", "https://a.test/fire", "https://a.test/kiln/fire", "https://a.test/kiln")[
        0
    ] == ("https://a.test/kiln/fire")


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("Glaze", "https://a.test/GLAZES"),
        ("glazes", "https://a.test/glaze"),
        ("über uns", "https://a.test/%C3%BCber-uns"),
        ("陶器", "https://a.test/%E9%99%B6%E5%99%A8%E3%81%AE%E6%AD%B4%E5%8F%B2"),
        ("42", "https://a.test/page?id=42"),
    ],
)
def test_words_meet_in_other_spellings(query, url):
    assert ranked(query, "https://a.test/other", url)[0] == url


def test_titles_and_descriptions_count():
    titled = Candidate("https://a.test/1", "How to fire a kiln")
    described = Candidate(
        "https://a.test/2", None, "All about the kiln and how it is fired, and more besides"
    )
    assert ranked("kiln", "https://a.test/0", described, titled) == [
        titled.url,
        described.url,
        "https://a.test/0",
    ]


def test_a_word_inside_another_is_better_than_none_and_worse_than_itself():
    urls = ["https://a.test/other", "https://a.test/weblogging", "https://a.test/blog"]
    assert ranked("blog", *urls) == [urls[2], urls[1], urls[0]]


def test_the_host_is_not_searched():
    assert ranked("docs", "https://docs.test/a", "https://docs.test/docs")[0] == "https://docs.test/docs"


def test_among_equals_the_shorter_address_is_first():
    assert ranked("a", "https://x.test/a/bcd", "https://x.test/a/b")[0] == "https://x.test/a/b"


@pytest.mark.parametrize("query", ["", "  ", "!?", "\ud800"])
def test_no_words_change_nothing(query):
    assert by_relevance(query, [Candidate("https://a.test/b"), Candidate("https://a.test/a")]) == [0, 1]


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=12))
def test_every_candidate_has_a_place(query, texts):
    made = [Candidate(f"https://a.test/{text}", text, text) for text in texts]
    assert sorted(by_relevance(query, made)) == list(range(len(made)))
