from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.frontier.patterns import MAX_LENGTH, MAX_PATTERNS, InvalidPattern, Patterns

# Pattern and subject: what makes backtracking engines or large automata run away.
RUNAWAY = [
    (r"(a+)+$", "a" * 60 + "!"),
    (r"(a|a)*$", "a" * 60 + "!"),
    (r"(a|aa)+$", "a" * 60 + "!"),
    (r"(.*a){20}", "a" * 60 + "!"),
    (r"(x+x+)+y", "x" * 60),
    (r"(\w*)*\d", "w" * 60),
    (r"([^/]+/?)+$", "/a" * 60 + "\0"),
    (r"(a*)*b", "a" * 60),
    (r"(?:a?){60}a{60}", "a" * 60),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    (r"^(\d+)*$", "1" * 60 + "x"),
    (r"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x$", "y" * 200),
    (r"(?i)İ", "i"),
    (r"\C", "a"),
    (r"(?:[ab]*a[ab]{200})c", "ab" * 1_000),
]
REFUSED = [
    "[",
    "*",
    "(",
    "a{1001}",
    "a{1000}{1000}",
    "(((((a{30}){30}){30}){30}){30})",
    r"\p{L}{500}",
    "(?(1)a|b)",
    "(?=a)",
    "(?!a)",
    "(?<=a)b",
    "(?<!a)b",
    r"(a)\1",
    r"(?P<n>a)(?P=n)",
    "(?>a)",
    "a++",
    "\ud800",
    "a" * (MAX_LENGTH + 1),
]


def matches(text: str, *patterns: str) -> bool:
    return Patterns(patterns).match(text)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("/blog/*", "/blog", True),  # as typed in the documentation: the last slash any number of times
        ("^/blog/.*$", "/blog/a", True),
        ("^/blog/.*$", "/a/blog/a", False),
        ("blog", "/a/blog/a", True),
        ("BLOG", "/a/blog/a", False),
        ("(?i)BLOG", "/a/blog/a", True),
        (r"\/blog\/\d+", "/blog/12", True),
        ("(?<year>[0-9]{4})", "/2026", True),
        ("ü", "/ü", True),
        ("", "/", True),
    ],
)
def test_a_pattern_is_searched_anywhere(pattern, text, found):
    assert matches(text, pattern) is found


def test_several_patterns_are_alternatives():
    assert matches("/b", "^/a", "^/b")
    assert not matches("/c", "^/a", "^/b")
    assert not matches("/c")


def test_no_patterns_are_false():
    assert not Patterns([])
    assert Patterns(["a"])


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_is_no_linear_expression_is_refused(pattern):
    with pytest.raises(InvalidPattern) as caught:
        Patterns(["^/fine", pattern])
    assert caught.value.pattern == pattern
    assert str(caught.value) == caught.value.message


def test_the_message_says_what_is_wrong():
    with pytest.raises(InvalidPattern, match=r"Invalid regular expression: missing \]: \["):
        Patterns(["["])


def test_the_number_of_patterns_and_their_size_together_have_bounds():
    Patterns(["^/a"] * MAX_PATTERNS)
    with pytest.raises(InvalidPattern, match="More than 256"):
        Patterns(["^/a"] * (MAX_PATTERNS + 1))
    with pytest.raises(InvalidPattern, match="too large together"):
        Patterns(["a{900}"] * 10)


@pytest.mark.parametrize(("pattern", "subject"), RUNAWAY)
def test_runaway_patterns_come_to_an_end(pattern, subject):
    patterns = Patterns([pattern])
    assert patterns.match(subject) in {True, False}
    assert patterns.match(subject * 100) in {True, False}


def test_the_largest_patterns_come_to_an_end():
    dice = random.Random(1)
    patterns = Patterns(["(?:a?b?){500}c$", "a[ab]{900}c", "(?:.*a){200}[bc]d"])
    assert not patterns.match("".join(dice.choice("ab") for _ in range(2_048)))


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_pattern_is_refused_or_answers(pattern, text):
    try:
        patterns = Patterns([pattern])
    except InvalidPattern:
        return
    assert patterns.match(text) in {True, False}
