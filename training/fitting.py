"""Learns the two tables of `webkiln.content.main_content.model`: scores of words, and trees.

Whoever learns from a page must not be judged by it. Folds are of whole domains. The scores of words
are learned from labels, too, so the trees are trained on scores that other domains gave.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import lightgbm
import numpy as np

from webkiln.content.main_content import features
from webkiln.content.main_content.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from training.corpus import Marked

TREES: Final = 40
_PARAMETERS: Final = {
    "objective": "cross_entropy",
    "learning_rate": 0.12,
    "num_leaves": 31,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "verbose": -1,
    "num_threads": 1,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
}
_INNER_FOLDS: Final = 5
# A word counts when this many domains use it; until many do, its score is drawn towards nothing.
_FEWEST_DOMAINS: Final = 4
_DRAWN: Final = 4.0
_TELLING: Final = 0.02
# No page counts much more than another, however long it is.
_PAGE_WEIGHT: Final = 30.0


def folds(domains: Iterable[str], count: int, seed: int = 1) -> dict[str, int]:
    """Return which fold each domain is in."""
    shuffled = sorted(set(domains))
    random.Random(seed).shuffle(shuffled)  # noqa: S311 (folds are no secret)
    return {domain: place % count for place, domain in enumerate(shuffled)}


def word_scores(pages: Sequence[Marked]) -> dict[str, float]:
    """Return for words of names how much they speak for content, from -0.5 to 0.5, one vote a domain."""
    votes: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for page in pages:
        for word, share in page.by_word.items():
            votes[word][page.domain].append(share)
    scores = {}
    for word, by_domain in votes.items():
        if len(by_domain) >= _FEWEST_DOMAINS:
            shares = sum(sum(found) / len(found) for found in by_domain.values())
            score = (shares + _DRAWN * 0.5) / (len(by_domain) + _DRAWN) - 0.5
            if abs(score) >= _TELLING:
                scores[word] = round(score, 3)
    return scores


def learn(pages: Sequence[Marked], trees: int = TREES) -> dict[str, Any]:
    """Return the table of a model that is trained on these pages."""
    inner = folds((page.domain for page in pages), _INNER_FOLDS, seed=3)
    rows: list[list[float]] = []
    shares: list[float] = []
    weights: list[float] = []
    for fold in range(_INNER_FOLDS):
        scores = word_scores([page for page in pages if inner[page.domain] != fold])
        scorer = Model(scores, (), 0.0).score
        for page in pages:
            if inner[page.domain] == fold:
                rows += features.measure(page.units, page.containers, scorer)
                shares += page.shares
                weights += _weights(page)
    data = lightgbm.Dataset(np.array(rows), np.array(shares), weight=np.array(weights))
    trained = lightgbm.train(_PARAMETERS, data, trees)
    return {
        "features": list(features.NAMES),
        "words": dict(sorted(word_scores(pages).items())),
        "start": 0.0,
        "trees": [_as_row(tree["tree_structure"]) for tree in trained.dump_model()["tree_info"]],
    }


def model_of(table: Mapping[str, Any]) -> Model:
    """Return the model that a table describes."""
    return Model(table["words"], table["trees"], table["start"])


def _weights(page: Marked) -> list[float]:
    roots = [math.sqrt(words) for words in page.words]
    return [root * _PAGE_WEIGHT / (sum(roots) + _PAGE_WEIGHT) for root in roots]


def _as_row(node: Mapping[str, Any]) -> Any:
    """Write a tree as `[number, limit, left, right]`; a leaf is its value."""
    if "leaf_value" in node:
        return round(node["leaf_value"], 4)
    limit = float(f"{node['threshold']:.5g}")
    return [node["split_feature"], limit, _as_row(node["left_child"]), _as_row(node["right_child"])]
