"""Whatever reads bytes of others takes time that grows with them, and no faster.

Each reader is given the same thing at 24 and at 96 kB and may take six times as long for four times
the bytes. The processor's time of this thread is compared, the best of several; what takes next to
nothing is not.
"""

from __future__ import annotations

import itertools
import random
import time

import pytest

from corpus.reading import READERS, TOKENS, grown, mutated

SEED = 20261130
SMALL, LARGE = 24_000, 96_000
MOST_TIMES = 6
NOTHING_S = 0.02
TRIES = 6


def seconds(read, body):
    begun = time.thread_time()
    read(body)
    return time.thread_time() - begun


def growth(read, parts):
    """Return how many times as long four times the bytes take, 0 for what takes next to nothing."""
    large = seconds(read, grown(parts, LARGE))
    if large < NOTHING_S:
        return 0.0
    small = seconds(read, grown(parts, SMALL))
    for _ in range(TRIES):  # another process may have had the caches
        if large <= MOST_TIMES * small:
            break
        large = min(large, seconds(read, grown(parts, LARGE)))
        small = max(small, seconds(read, grown(parts, SMALL)))
    return large / small


def samples(name, *, tokens, pairs, triples, pages):
    """Return what to repeat: so many tokens, pairs, triples and stretches of pages, chosen by a seed."""
    dice = random.Random(f"{SEED} {name}")
    chosen = [(token,) for token in dice.sample(TOKENS, tokens)]
    chosen += dice.sample(list(itertools.product(TOKENS, TOKENS)), pairs)
    chosen += [tuple(dice.choices(TOKENS, k=3)) for _ in range(triples)]
    return chosen + [mutated(dice, dice.choice((60, 400, 3_000))) for _ in range(pages)]


def faults(name, chosen):
    read = READERS[name]
    return [(round(times, 1), parts) for parts in chosen if (times := growth(read, parts)) > MOST_TIMES]


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_no_longer_than_its_input_grows(name):
    assert faults(name, samples(name, tokens=20, pairs=12, triples=8, pages=3)) == []


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_no_longer_whatever_stands_beside_what(name):
    assert faults(name, samples(name, tokens=len(TOKENS), pairs=4_000, triples=600, pages=200)) == []


def test_what_is_quadratic_is_found():
    def read(body):
        for place in range(0, len(body), 20):
            body.count(b"never", place)

    assert growth(read, (b"x",)) > MOST_TIMES
