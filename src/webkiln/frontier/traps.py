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

_MAX_LENGTH: Final = 2_048  # characters
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
    rf"({_YEAR})[-_.](?:{_MONTH}(?:[-_.]{_DAY})?|w[0-9]{{1,2}})(?:[t ].*)?", re.IGNORECASE
)
_COMPACT: Final = re.compile(r"((?:1[89]|2[01])[0-9]{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])?")
_YEAR_ALONE: Final = re.compile(_YEAR)
_MONTH_ALONE: Final = re.compile(rf"{_MONTH}|w[0-9]{{1,2}}", re.IGNORECASE)
_DAY_ALONE: Final = re.compile(_DAY)
_YEAR_ANYWHERE: Final = re.compile(rf"(?<![0-9]){_YEAR}")

# A word that makes what stands beside it a calendar.
_CALENDAR_WORD: Final = re.compile(
    r"(?<![a-z])(?:cal|calendars?|events?|agenda|kalender|termine|veranstaltungen|calendrier|evenements"
    r"|calendario|eventos|eventi|ical|schedule|bookings?|availability|tribe-bar-date|mini-?cal)(?![a-z])",
    re.IGNORECASE,
)
_DATE_WORDS: Final = (
    "date day month week year start end from to d m y ym ymd yr mon when time cal caldate start_date "
    "end_date startdate enddate eventdate event_date tribe-bar-date jahr monat tag woche datum"
)
_DATE_NAMES: Final = frozenset(_DATE_WORDS.split())
_YEAR_NAMES: Final = frozenset({"year", "y", "yr", "jahr", "annee", "cal_year", "calyear"})
_MONTH_NAMES: Final = frozenset({"month", "m", "mon", "monat", "mois", "week", "w", "cal_month", "calmonth"})
# What may follow a date in a path that shows a calendar, as against an article of that day.
_VIEW_WORDS: Final = "day week month year list agenda grid map photo today page index.html index.php"
_VIEWS: Final = frozenset(_VIEW_WORDS.split())


def trap(url: str, *, today: date) -> str | None:
    """Return the sentence that warns of a link not followed; None when there is nothing odd.

    `url` is in normal form.
    """
    if len(url) > _MAX_LENGTH:
        return TOO_LONG
    rest = url.partition("#")[0].partition("://")[2]
    rest, _, query = rest.partition("?")
    segments = rest.split("/")[1:]
    return (
        (_path_trap(segments) if len(segments) > _MAX_REPEATS else None)
        or (_query_trap(query) if "&" in query else None)
        or (_calendar_trap(url, segments, query, today) if _YEAR_ANYWHERE.search(url) else None)
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
    """Say whether one, two or three segments follow themselves more than four times."""
    for size in range(1, _LONGEST_CIRCLE + 1):
        same = 0
        for before, here in zip(segments, segments[size:], strict=False):
            same = same + 1 if before == here else 0
            if same >= size * _MAX_REPEATS:
                return True
    return False


def _calendar_trap(url: str, segments: Sequence[str], query: str, today: date) -> str | None:
    """Judge a URL that shows a calendar outside the years that anybody has put something into.

    A date ahead is told by its shape. Of the past there are archives as well, so that it takes a
    word for a calendar besides.
    """
    named = _CALENDAR_WORD.search(url.partition("://")[2].partition("/")[2]) is not None
    years = [*_years_in_path(segments, named=named), *_years_in_query(query, named=named)]
    if any(year > today.year + _YEARS_AHEAD for year in years):
        return CALENDAR
    return CALENDAR if named and any(year < today.year - _YEARS_BACK for year in years) else None


def _years_in_path(segments: Sequence[str], *, named: bool) -> Iterator[int]:
    """Yield the year of a date that ends a path: `2031-07`, `2031/07/15`, `calendar/203107`.

    What is followed by a title is an article or an event, and somebody wrote it.
    """
    for place, segment in enumerate(segments):
        following = [text for text in segments[place + 1 :] if text]
        match = _DATE.fullmatch(segment) or (_COMPACT.fullmatch(segment) if named else None)
        if match is not None:
            tail = following
        elif _YEAR_ALONE.fullmatch(segment) and following and _MONTH_ALONE.fullmatch(following[0]):
            tail = following[1:]
            if tail and _DAY_ALONE.fullmatch(tail[0]):
                tail = tail[1:]
        else:
            continue
        if all(text.lower() in _VIEWS or text.isdecimal() for text in tail):
            yield int(segment[:4])


def _years_in_query(query: str, *, named: bool) -> Iterator[int]:
    """Yield the years of `date=2031-07-15`, `month=203107`, `year=2031&month=7`."""
    values: dict[str, str] = {}
    for parameter in query.split("&") if query else ():
        name, _, value = parameter.partition("=")
        values[name.lower()] = value
    for name, value in values.items():
        match = _DATE.fullmatch(value)
        if match is None and name in _DATE_NAMES:
            match = _COMPACT.fullmatch(value)
        if match is not None:
            yield int(match[1])
        elif name in _YEAR_NAMES and _YEAR_ALONE.fullmatch(value) and (named or values.keys() & _MONTH_NAMES):
            yield int(value)
