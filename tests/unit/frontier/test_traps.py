from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.frontier.traps import (
    CALENDAR,
    CIRCLE,
    MAX_LENGTH,
    TOO_DEEP,
    TOO_LONG,
    TOO_MANY_PARAMETERS,
    trap,
)

TODAY = date(2026, 11, 26)
SITE = "https://example.com"


def parameters(number: int) -> str:
    return "&".join(f"p{place}={place}" for place in range(number))


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ("/" + "a" * MAX_LENGTH, TOO_LONG),
        ("/" + "/".join(str(place) for place in range(31)), TOO_DEEP),
        ("/a/a/a/a/a", CIRCLE),
        ("/x/a/b/a/b/a/b/a/b/a/b/", CIRCLE),
        ("/a/b/c/a/b/c/a/b/c/a/b/c/a/b/c", CIRCLE),
        ("/a//////b", CIRCLE),
        ("/?a=1&a=1&a=1&a=1&a=1", CIRCLE),
        ("/?" + parameters(31), TOO_MANY_PARAMETERS),
    ],
)
def test_a_url_without_measure_is_a_trap(rest, sentence):
    assert trap(SITE + rest, today=TODAY) == sentence


@pytest.mark.parametrize(
    "rest",
    [
        "/",
        "/" + "a" * (MAX_LENGTH - len(SITE) - 1),
        "/" + "/".join(str(place) for place in range(30)),
        "/a/a/a/a",
        "/a/b/a/b/a/b/a/b",
        "/1/a/2/a/3/a/4/a/5/a/6/a",
        "/?" + parameters(30),
        "/?tag=a&tag=b&tag=c&tag=d&tag=e&tag=f",
        "/#/a/a/a/a/a/a",
    ],
)
def test_a_url_that_is_merely_long_is_none(rest):
    assert trap(SITE + rest, today=TODAY) is None


@pytest.mark.parametrize(
    "rest",
    [
        "/calendar?month=2031-07",
        "/calendar?month=203107",
        "/calendar.php?date=2031-07-15",
        "/?date=2031-07-15T00:00",
        "/?day=20310715",
        "/?year=2031&month=7",
        "/?y=2031&m=07&view=week",
        "/calendar/2031/07",
        "/events/2031/7/15/",
        "/events/month/2031-07/",
        "/events/2031-07/list/page/2",
        "/en/events-calendar/2031-07",
        "/cal/203107",
        "/calendar/20310715/index.html",
        "/2031/07/",
        "/2031/07/15/",
        "/2031/w07/",
        "/events/2031-W07",
        "/rooms/4/2031-07-15",
        "/events/?tribe-bar-date=2031-07",
        # behind us it takes the name of a calendar
        "/calendar/1962/07",
        "/events?month=1962-07",
        "/calendar?year=1962&month=7",
    ],
)
def test_a_calendar_far_from_today_is_a_trap(rest):
    assert trap(SITE + rest, today=TODAY) == CALENDAR


@pytest.mark.parametrize(
    "rest",
    [
        "/calendar?month=2026-12",
        "/calendar/2028/12",
        "/calendar/1996/01",
        "/events/2026-11-26/",
        # archives, and what somebody wrote
        "/1899/03/12/",
        "/1899/03/12/a-ship-is-lost",
        "/archive/1899-03-12",
        "/?date=1899-03-12",
        "/2031/07/15/what-we-expect",
        "/events/2031/07/15/annual-meeting",
        "/events/2031-07-15-annual-meeting",
        # plain numbers, whatever they look like
        "/item/203107",
        "/item/20310715",
        "/event/203107",
        "/events/199503",
        "/2031",
        "/topic/2104/10",
        "/t/calendar-plugin/2104/10",
        "/part/2104-10",
        "/parts?number=2104-10",
        "/list?start=203110",
        "/list?id=2031&month=x",
        "/std/9001-12",
        "/calendar/9001-12",
        "/calendar/2031-13",
        "/a/120310701",
    ],
)
def test_archives_numbers_and_calendars_of_these_years_are_none(rest):
    assert trap(SITE + rest, today=TODAY) is None


@pytest.mark.parametrize(
    "shape", ["/calendar/%Y/%m/", "/events?date=%Y-%m-%d", "/cal/%Y%m", "/calendar/%Y-%m/"]
)
@pytest.mark.parametrize("step", [31, -28])
def test_a_walk_through_a_calendar_ends(shape, step):
    day, pages = TODAY.replace(day=15), 0
    while trap(SITE + day.strftime(shape), today=TODAY) is None:
        day += timedelta(days=step)
        pages += 1
        assert pages < 500
    assert pages > 20


@given(st.text())
def test_any_text_is_judged(text):
    assert trap(f"{SITE}/{text}", today=TODAY) in {
        None,
        TOO_LONG,
        TOO_DEEP,
        CIRCLE,
        TOO_MANY_PARAMETERS,
        CALENDAR,
    }


@given(st.integers(min_value=0, max_value=10**9))
def test_no_number_of_an_item_is_a_trap(number):
    for url in (f"/item/{number}", f"/{number}", f"/p{number}.html", f"/?id={number}", f"/?page={number}"):
        assert trap(SITE + url, today=TODAY) is None
