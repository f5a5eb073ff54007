"""Spider traps: links a site makes up without end, told by the shape of their URL alone.

What is judged is what no site of pages has: a path that goes in circles, a path or query without
measure, a calendar far from today. Plain numbers are never judged: a site may well have a hundred
thousand items, and a crawl has a limit of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

TOO_LONG: Final = "Links longer than 2,048 characters were not followed."
TOO_DEEP: Final = "Links with more than 30 folders in their path were not followed."
CIRCLE: Final = "Links that repeat the same part over and over were not followed."
TOO_MANY_PARAMETERS: Final = "Links with more than 30 query parameters were not followed."
CALENDAR: Final = "Links that look like an endless calendar were not followed."

MAX_LENGTH: Final = 2_048
"""Longest URL that is followed, in characters."""

_MAX_SEGMENTS: Final = 30
_MAX_PARAMETERS: Final = 30
_MAX_REPEATS: Final = 4
_LONGEST_CIRCLE: Final = 3  # segments
_YEARS_AHEAD: Final = 2
_YEARS_BACK: Final = 30

# Years beyond these are none: `9001-12` is the number of something. A calendar that is walked month
# by month or year by year cannot jump over the years between.
_YEAR: Final = r"(?:1[89]|2[01])[0-9]{2}"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_DATE: Final = re.compile(
    rf"({_YEAR})[-_.](?:{_MONTH}([-_.]{_DAY})?|w[0-9]{{1,2}})(?:[t ].*)?", re.IGNORECASE
)
_COMPACT: Final = re.compile(rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])?")
_YEAR_ALONE: Final = re.compile(_YEAR)
_MONTH_ALONE: Final = re.compile(rf"{_MONTH}|w[0-9]{{1,2}}", re.IGNORECASE)
_NUMBER: Final = re.compile(r"w?[0-9]+", re.IGNORECASE)
_CENTURIES: Final = frozenset({"18", "19", "20", "21"})
_YEAR_ANYWHERE: Final = re.compile(rf"(?<![0-9]){_YEAR}")

# A folder, a page or a parameter that makes the date beside it a calendar's. Events have numbers too,
# so that beside them `203107` is none.
_CALENDAR_WORDS: Final = "cal|calendars?|kalender|calendrier|calendario|ical|tribe-bar-date"
_EVENT_WORDS: Final = (
    "events?|agenda|termine|veranstaltungen|evenements|eventos|eventi|schedule|bookings?|availability"
)
_CALENDAR: Final = re.compile(rf"(?:[a-z]+[-_])?(?:{_CALENDAR_WORDS})(?:\.[a-z]+)?", re.IGNORECASE)
_EVENTS: Final = re.compile(rf"(?:[a-z]+[-_])?(?:{_EVENT_WORDS})(?:\.[a-z]+)?", re.IGNORECASE)
_DATE_WORDS: Final = (
    "date day month ym ymd cal caldate start_date end_date startdate enddate eventdate event_date tag monat "
    "datum"
)
_DATE_NAMES: Final = frozenset(_DATE_WORDS.split())
# `start=203110` is the place in a list, `start=2031-10` a month.
_PERIOD_NAMES: Final = _DATE_NAMES | frozenset(
    ("week", "year", "start", "end", "from", "to", "d", "m", "y", "when", "time", "woche", "jahr")
)
_YEAR_NAMES: Final = frozenset({"year", "y", "yr", "jahr", "annee", "cal_year", "calyear"})
_MONTH_NAMES: Final = frozenset({"month", "m", "mon", "monat", "mois", "week", "w", "cal_month", "calmonth"})
# What may follow a date in a path that shows a calendar, as against an article of that day.
_VIEW_WORDS: Final = "day week month year list agenda grid map photo today page index.html index.php"
_VIEWS: Final = frozenset(_VIEW_WORDS.split())


def trap(url: str, *, today: date) -> str | None:
    """Return the sentence that warns of a link not followed; None when there is nothing odd.

    `url` is in normal form.
    """
    if len(url) > MAX_LENGTH:
        return TOO_LONG
    rest = url.partition("#")[0].partition("://")[2]
    rest, _, query = rest.partition("?")
    segments = rest.split("/")[1:]
    return (
        (_path_trap(segments) if len(segments) > _MAX_REPEATS else None)
        or (_query_trap(query) if "&" in query else None)
        or (_calendar_trap(segments, query, today) if _YEAR_ANYWHERE.search(url) else None)
    )


def _path_trap(segments: Sequence[str]) -> str | None:
    """Judge a path by its folders."""
    if len(segments) > _MAX_SEGMENTS:
        return TOO_DEEP
    return CIRCLE if _goes_in_circles(segments) else None


def _query_trap(query: str) -> str | None:
    """Judge a query by its parameters."""
    parameters = query.split("&")
    if len(parameters) > _MAX_PARAMETERS:
        return TOO_MANY_PARAMETERS
    return CIRCLE if len(parameters) - len(set(parameters)) >= _MAX_REPEATS else None


def _goes_in_circles(segments: Sequence[str]) -> bool:
    """Return whether one, two or three segments follow themselves more than four times."""
    for size in range(1, _LONGEST_CIRCLE + 1):
        same = 0
        for before, here in zip(segments, segments[size:], strict=False):
            same = same + 1 if before == here else 0
            if same >= size * _MAX_REPEATS:
                return True
    return False


def _calendar_trap(segments: Sequence[str], query: str, today: date) -> str | None:
    """Judge a URL that shows a calendar outside the years that anybody has put something into.

    A date ahead is told by its shape. Of the past there are archives as well, so that it takes a
    calendar's name besides.
    """
    last, first = today.year + _YEARS_AHEAD, today.year - _YEARS_BACK
    for year, named in (*_years_in_path(segments), *_years_in_query(segments, query)):
        if year > last or (named and year < first):
            return CALENDAR
    return None


def _years_in_path(segments: Sequence[str]) -> Iterator[tuple[int, bool]]:
    """Yield the year of a date that ends a path, and whether a calendar is named before it.

    A whole date (`2031-07-15`) is one anywhere, `/2031/07` at the root; `topic/2104/10` is a page of
    a topic and `part/2104-10` a part, while `calendar/2031/07` and `calendar/203107` are dates. What
    is followed by a title is an article or an event, and somebody wrote it.
    """
    for place, segment in enumerate(segments):
        if segment[:2] not in _CENTURIES or not segment[:4].isdecimal():
            continue
        following = [text for text in segments[place + 1 :] if text]
        if any(_NUMBER.fullmatch(text) is None and text.lower() not in _VIEWS for text in following):
            continue
        name = _last_folder(segments[:place])
        named = _is_calendar(name)
        match = _DATE.fullmatch(segment)
        if (
            (match is not None and (named or match[2] is not None))
            or (_COMPACT.fullmatch(segment) and _CALENDAR.fullmatch(name))
            or (_is_year_and_month(segment, following) and (named or place == 0))
        ):
            yield int(segment[:4]), named


def _is_year_and_month(segment: str, following: Sequence[str]) -> bool:
    """Return whether two folders are a year and a month of it."""
    return (
        _YEAR_ALONE.fullmatch(segment) is not None
        and bool(following)
        and _MONTH_ALONE.fullmatch(following[0]) is not None
    )


def _last_folder(folders: Sequence[str]) -> str:
    """Return the last folder of a path so far, names of a calendar's views left out."""
    return next((name for name in reversed(folders) if name and name.lower() not in _VIEWS), "")


def _is_calendar(name: str) -> bool:
    """Return whether a folder or a parameter is named after a calendar or after events."""
    return _CALENDAR.fullmatch(name) is not None or _EVENTS.fullmatch(name) is not None


def _years_in_query(segments: Sequence[str], query: str) -> Iterator[tuple[int, bool]]:
    """Yield the years of `date=2031-07-15`, `month=203107`, `year=2031&month=7` and their like."""
    if not query:
        return
    values: dict[str, str] = {}
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        values[name.lower()] = value
    at_calendar = _is_calendar(_last_folder(segments))
    for name, value in values.items():
        named = at_calendar or _is_calendar(name)
        match = _DATE.fullmatch(value)
        if (
            (match is not None and (named or name in _PERIOD_NAMES or match[2] is not None))
            or (_COMPACT.fullmatch(value) and (name in _DATE_NAMES or _CALENDAR.fullmatch(name)))
            or (name in _YEAR_NAMES and _YEAR_ALONE.fullmatch(value) and values.keys() & _MONTH_NAMES)
        ):
            yield int(value[:4]), named
