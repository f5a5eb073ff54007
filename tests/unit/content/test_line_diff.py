import random

import pytest

from webkiln.content.line_diff import Run, same_lines


def longest(old, new):
    """Return how many lines the two have in common at most, by the table that takes their square."""
    row = [0] * (len(new) + 1)
    for one in old:
        above = row[:]
        for place, other in enumerate(new):
            row[place + 1] = above[place] + 1 if one == other else max(above[place + 1], row[place])
    return row[-1]


def kept(runs):
    return sum(run.length for run in runs)


def check(old, new, runs):
    """See that the runs are the same lines in both, in their order, none twice."""
    at = (0, 0)
    for run in runs:
        assert (run.old >= at[0], run.new >= at[1], run.length > 0) == (True, True, True)
        assert old[run.old : run.old + run.length] == new[run.new : run.new + run.length]
        at = (run.old + run.length, run.new + run.length)


@pytest.mark.parametrize(
    ("old", "new", "runs"),
    [
        ("", "", []),
        ("abc", "abc", [Run(0, 0, 3)]),
        ("abc", "", []),
        ("", "abc", []),
        ("abc", "xyz", []),
        ("abcd", "abXcd", [Run(0, 0, 2), Run(2, 3, 2)]),
        ("abcd", "ad", [Run(0, 0, 1), Run(3, 1, 1)]),
        ("aaaa", "aa", [Run(0, 0, 2)]),
    ],
)
def test_runs_of_lines_that_stay(old, new, runs):
    assert same_lines(list(old), list(new)) == runs


@pytest.mark.parametrize("letters", ["ab", "abcd", "abcdefghijklmnopqrstuvwxyz"])
def test_whatever_the_texts_the_runs_are_true_and_nearly_the_longest(letters):
    dice = random.Random(f"20261201 {letters}")
    found, possible = 0, 0
    for _ in range(300):
        old = dice.choices(letters, k=dice.randrange(20))
        new = dice.choices(letters, k=dice.randrange(20))
        runs = same_lines(old, new)
        check(old, new, runs)
        found += kept(runs)
        possible += longest(old, new)
    assert found >= 0.9 * possible


def test_a_few_edits_in_a_long_text_are_found_exactly():
    dice = random.Random(7)
    old = [f"line {dice.randrange(300)}" for _ in range(5_000)]
    new = [line for line in old if line != "line 17"]
    new[100:100] = ["added"]
    runs = same_lines(old, new)
    check(old, new, runs)
    assert kept(runs) == len(new) - 1


def test_what_takes_too_much_work_counts_as_changed_and_its_surroundings_do_not():
    dice = random.Random(9)
    old, new = (["first", *dice.choices("ab", k=3_000), "last"] for _ in range(2))
    runs = same_lines(old, new, most_steps=200)
    check(old, new, runs)
    assert (runs[0].old, runs[-1].old + runs[-1].length) == (0, len(old))
    assert kept(runs) < 200
    assert kept(same_lines(old, new, most_steps=10**7)) > 2_000
