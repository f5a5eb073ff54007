import random

import pytest

from webkiln.content.quality.likeness import MOST_APART, apart, bands, likeness

WORDS = [f"word{n}" for n in range(5_000)]


def text(seed, length=400):
    return random.Random(seed).choices(WORDS, k=length)


def edited(words, count):
    dice = random.Random(count)
    changed = list(words)
    for _ in range(count):
        changed[dice.randrange(len(changed))] = f"other{dice.randrange(1_000)}"
    return changed


def test_the_same_words_have_the_same_likeness_from_one_release_to_the_next():
    assert likeness(text(1)) == likeness(text(1)) == 4792254935575595592


@pytest.mark.parametrize("seed", range(8))
def test_a_page_with_another_word_is_nearly_the_same_and_another_page_is_not(seed):
    words = text(seed, 1_500)
    assert apart(likeness(words), likeness(edited(words, 1))) <= MOST_APART
    assert apart(likeness(words), likeness(edited(words, 700))) > MOST_APART
    assert apart(likeness(words), likeness(text(seed + 100, 1_500))) > 4 * MOST_APART


@pytest.mark.parametrize("words", [[], ["a"], ["a", "b"], ["same"] * 5_000, text(1, 21)])
def test_of_a_few_words_it_cannot_be_told(words):
    assert likeness(words) is None


def test_two_that_are_nearly_the_same_share_a_band():
    dice = random.Random(3)
    for _ in range(200):
        one = dice.getrandbits(64)
        other = one
        for bit in dice.sample(range(64), MOST_APART):
            other ^= 1 << bit
        assert set(bands(one)) & set(bands(other))
    assert len(set(bands(0))) == len(bands(2**64 - 1)) == MOST_APART + 1
    assert max(bands(2**64 - 1)) < 2**31


def test_every_bit_counts_for_one_band():
    for bit in range(64):
        assert len(set(bands(0)) ^ set(bands(1 << bit))) == 2
