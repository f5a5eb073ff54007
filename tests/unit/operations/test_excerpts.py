import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.operations.excerpts import beginning, excerpt
from webkiln.store.search_query import parse_query

LONG = " ".join(f"word{number}" for number in range(500))


def of(text, query):
    return excerpt(text, parse_query(query))


def test_a_short_text_is_its_own_excerpt():
    assert of("A fox, quick.", "fox") == "A fox, quick."


def test_the_part_with_the_most_of_the_words_is_shown():
    text = f"fox {LONG} quick {LONG} a fox that is quick {LONG}"
    shown = of(text, "quick fox")
    assert "a fox that is quick" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) <= 244


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kilns", True),
        ("KILN", True),
        ("potteries", True),
        ("firing", False),  # it begins otherwise
        ("fire", False),  # a short word is looked for as it is
        ("ki", False),
        ("iln", False),
        ("-kiln", False),
        ("?", False),
        ("kiln\0", True),
    ],
)
def test_words_are_compared_by_how_they_begin(query, shown):
    assert bool(of("The kiln of a pottery was fired.", query)) is shown


def test_the_beginning_ends_with_a_word():
    assert beginning("short") == "short"
    shown = beginning(LONG)
    assert shown.startswith("word0 word1 ")
    assert shown.endswith(" …")
    assert shown.removesuffix(" …") in LONG
    assert len(beginning("x" * 1_000)) <= 242


@given(st.text(), st.text())
def test_any_text_and_query_have_an_answer(text, query):
    assert len(of(text, query)) <= 244
