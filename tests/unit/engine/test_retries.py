import pytest

from webkiln.engine.retries import backoff_s


@pytest.mark.parametrize(
    ("tries", "chance", "seconds"),
    [(1, 0.0, 0.5), (2, 0.0, 1.0), (3, 0.0, 2.0), (7, 0.0, 30.0), (1, 0.999, 0.74975), (100_000, 0.0, 30.0)],
)
def test_every_wait_is_twice_the_one_before_up_to_half_a_minute(tries, chance, seconds):
    assert backoff_s(tries, chance=chance) == pytest.approx(seconds)


def test_what_the_other_side_asked_for_is_the_least():
    assert backoff_s(1, asked_s=12, chance=0.0) == 12
    assert backoff_s(6, asked_s=1, chance=0.0) == 16
    assert backoff_s(1, asked_s=0, chance=0.0) == 0.5


def test_the_dice_spread_the_waits():
    waits = {backoff_s(3) for _ in range(50)}
    assert len(waits) > 40
    assert all(2 <= wait < 3 for wait in waits)
