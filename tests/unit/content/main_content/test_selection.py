from __future__ import annotations

import pytest

from webkiln.content.main_content.selection import choose


@pytest.mark.parametrize(
    ("likelihoods", "weights", "kept"),
    [
        ([0.9, 0.1], [10, 10], [True, False]),
        ([0.9, 0.9, 0.1], [10, 10, 10], [True, True, False]),
        ([0.3, 0.35, 0.3], [5, 5, 5], [True, True, True]),
        ([0.95, 0.61, 0.05], [500, 5, 50], [True, True, False]),
        ([0.95, 0.4, 0.05], [500, 5, 50], [True, False, False]),
        ([0.5, 0.3, 0.3], [20, 20, 20], [True, True, True]),
        ([], [], []),
    ],
)
def test_a_page_gets_the_limit_that_suits_it(likelihoods, weights, kept):
    assert choose(likelihoods, weights).kept == kept


def test_the_expected_f1_says_how_sure_the_choice_is():
    sure = choose([0.99, 0.01], [100, 100]).expected
    unsure = choose([0.5, 0.4], [100, 100]).expected
    assert sure == pytest.approx(0.985, abs=0.01)
    assert unsure < 0.7
