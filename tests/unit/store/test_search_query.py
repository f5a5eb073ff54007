import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.store.search_query import SearchQuery, folded, fts5_query, parse_query, tsquery


@pytest.mark.parametrize(
    ("typed", "wanted", "unwanted"),
    [
        ("one two one", [("one",), ("two",)], []),
        ('"one two" three', [("one", "two"), ("three",)], []),
        ('one "open to the end', [("one",), ("open", "to", "the", "end")], []),
        ('one -two -"three four"', [("one",)], [("two",), ("three", "four")]),
        ("state-of-the-art C++", [("state", "of", "the", "art"), ("C",)], []),
        ('say"cheese" x', [("say", "cheese"), ("x",)], []),
        ("--one -", [], [("one",)]),
        ("AND OR NOT NEAR(x)", [("AND",), ("OR",), ("NOT",), ("NEAR", "x")], []),
        ("snake_case", [("snake", "case")], []),
        ("cafe\u0301", [("caf\u00e9",)], []),
        ("\0 \ud800 🦊 ... \"\" ''", [], []),
    ],
)
def test_how_a_query_is_read(typed, wanted, unwanted):
    assert parse_query(typed) == SearchQuery(tuple(wanted), tuple(unwanted))


def test_a_query_has_a_most_of_words():
    many = parse_query(" ".join(map(str, range(100))))
    assert many.wanted == tuple((str(number),) for number in range(32))
    assert parse_query("a-" * 1_000).wanted == (("a",) * 32,)
    assert parse_query("x" * 10_000).wanted == (("x" * 2_000,),)


def test_each_database_has_its_spelling():
    query = parse_query('Fox "brown bear" -Café -"x y"')
    assert fts5_query(query, every=True) == '(("Fox" AND "brown bear") NOT ("Café" OR "x y"))'
    assert fts5_query(parse_query("a b"), every=False) == '("a" OR "b")'
    assert tsquery(query, every=True) == "(('fox') & ('brown' <-> 'bear')) & !('cafe') & !('x' <-> 'y')"
    assert tsquery(parse_query("a b"), every=False) == "(('a') | ('b'))"
    assert tsquery(SearchQuery(()), every=True) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crème  BRÛLÉE, at https://a.test/x_y!", "creme brulee at https a test x y"),
        ("Straße ½ \0 ﬁn", "strasse 1 2 fin"),
        ("Привет, МИР", "привет мир"),
        ("", ""),
    ],
)
def test_a_folded_text_is_its_words(text, words):
    assert folded(text) == words


@given(st.text())
def test_nothing_that_is_typed_is_syntax(typed):
    query = parse_query(typed)
    for words in (*query.wanted, *query.unwanted):
        assert words
        assert all(re.fullmatch(r"[^\W_]+", word) for word in words)
    assert re.fullmatch(r"(?:'[^\W_]+'|[()!&|]| |<->)*", tsquery(query, every=True))
