import datetime as dt

import pytest

from webkiln.websearch.freshness import Freshness, InvalidFreshness, parse


@pytest.mark.parametrize(
    ("letter", "span"), [("h", "hour"), ("d", "day"), ("w", "week"), ("m", "month"), ("y", "year")]
)
def test_a_span_ends_now(letter, span):
    assert parse(f"qdr:{letter}") == Freshness(f"qdr:{letter}", span=span)


def test_a_range_has_a_first_and_a_last_day():
    found = parse("cdr:1,cd_min:12/01/2024,cd_max:1/31/2025")
    assert (found.start, found.end, found.ranged) == (dt.date(2024, 12, 1), dt.date(2025, 1, 31), True)
    assert found.days(dt.date(2026, 1, 1)) == (dt.date(2024, 12, 1), dt.date(2025, 1, 31))
    assert parse("cdr:1,cd_min:12/01/2024").days(dt.date(2026, 1, 1))[1] == dt.date(2026, 1, 1)


def test_parts_go_together():
    found = parse("sbd:1, qdr:w")
    assert (found.by_date, found.span) == (True, "week")
    assert not parse("sbd:0").by_date


@pytest.mark.parametrize(
    "tbs",
    ["", "qdr:x", "li:1", "cdr:1", "cd_min:1/1/2024", "cdr:1,cd_min:13/45/2024", "cdr:1,cd_max:2024-01-01",
     "qdr:w,cdr:1,cd_min:1/1/2024", "sbd:2"],
)  # fmt: skip
def test_anything_else_is_refused(tbs):
    with pytest.raises(InvalidFreshness):
        parse(tbs)
