from __future__ import annotations

import pytest

from webkiln.cli.durations import milliseconds

SECONDS = {"0": 0, "90": 90, "90s": 90, "15m": 900, "1h30m": 5_400, "2d": 172_800, "1W": 604_800, " 5m ": 300}


@pytest.mark.parametrize(("typed", "seconds"), SECONDS.items())
def test_a_length_of_time_is_read_as_it_is_typed(typed, seconds):
    assert milliseconds(typed) == seconds * 1000


@pytest.mark.parametrize(
    "typed", ["", "soon", "-5m", "1.5h", "5 m", "m", "5y", "h5", "1h30", "\u0665m", "9" * 30, "5m" + "x" * 9]
)
def test_what_is_no_length_of_time_is_refused(typed):
    with pytest.raises(ValueError, match="is no length of time"):
        milliseconds(typed)
