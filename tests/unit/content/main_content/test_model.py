from __future__ import annotations

import math

import pytest

from webkiln.content.main_content import features
from webkiln.content.main_content.model import Model, name_words, trained

ROW = [float(place) for place in range(len(features.NAMES))]


def test_trees_are_summed_and_become_a_likelihood():
    tree = [1, 1.0, [2, 1.5, 9.0, 0.5], 7.0]
    [likely] = Model({}, [tree, 0.25], 0.25).likelihoods([ROW])
    assert likely == pytest.approx(1 / (1 + math.exp(-1.0)))


def test_the_limit_itself_goes_left():
    assert Model({}, [[3, 3.0, 1.0, -1.0]], 0.0).likelihoods([ROW])[0] > 0.5
    assert Model({}, [[3, 2.9, 1.0, -1.0]], 0.0).likelihoods([ROW])[0] < 0.5


def test_no_sum_is_too_large_for_a_likelihood():
    assert Model({}, [5000.0], 0.0).likelihoods([ROW])[0] == pytest.approx(1.0)
    assert Model({}, [-5000.0], 0.0).likelihoods([ROW])[0] == pytest.approx(0.0)


def test_names_are_scored_by_their_words():
    model = Model({"post": 0.4, "body": 0.2, "sidebar": -0.4, "<nav>": -0.3}, [], 0.0)
    assert model.score(("div", "postBody wide", "", "")) == pytest.approx((0.3, 0.2))
    assert model.score(("nav", "", "left-sidebar", "")) == pytest.approx((-0.35, -0.4))
    assert model.score(("div", "xyz", "", "")) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("div", "siteNav x", "top-1", ""), {"site", "nav", "top"}),
        (("main", "", "", "Main"), {"<main>", "@main"}),
        (("div", "XMLView", "", ""), {"xml", "view"}),
    ],
)
def test_words_of_names(names, words):
    assert name_words(names) == words


def test_the_table_that_ships_fits_the_numbers_that_are_measured():
    model = trained()
    assert model.score(("div", "article-body", "", ""))[0] > 0
    assert model.score(("div", "related-posts sidebar", "", ""))[0] < 0
    assert 0 < model.likelihoods([ROW])[0] < 1
