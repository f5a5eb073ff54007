"""How old results may be: the `tbs` of contract §9.1, and the spans that providers know."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

Span = Literal["hour", "day", "week", "month", "year"]

_SPANS: dict[str, Span] = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
FORMS = "qdr:h|d|w|m|y, cdr:1,cd_min:MM/DD/YYYY,cd_max:MM/DD/YYYY and sbd:1"


class InvalidFreshness(ValueError):
    """The text is none of the published forms."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """A span that ends now, or days from `start` to `end`; `by_date` asks for the newest first.

    `tbs` is the text as it was sent.
    """

    tbs: str
    span: Span | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    by_date: bool = False

    @property
    def ranged(self) -> bool:
        """Whether there is a first or last day."""
        return self.start is not None or self.end is not None

    def days(self, today: dt.date) -> tuple[dt.date, dt.date]:
        """Return the first and last day, for providers that want both."""
        return self.start or dt.date(1970, 1, 1), self.end or today


def parse(tbs: str) -> Freshness:
    """Read a `tbs`; raises InvalidFreshness naming the part that is none of the published forms."""
    span: Span | None = None
    days: dict[str, dt.date] = {}
    custom = by_date = False
    for part in tbs.split(","):
        name, _, value = part.strip().partition(":")
        if name == "qdr" and value in _SPANS:
            span = _SPANS[value]
        elif name in ("cd_min", "cd_max"):
            days[name] = _day(value)
        elif (name, value) == ("cdr", "1"):
            custom = True
        elif name == "sbd" and value in ("0", "1"):
            by_date = value == "1"
        else:
            raise InvalidFreshness(f"'{part.strip()[:100]}' is not a known part of tbs; it takes {FORMS}")
    if custom != bool(days) or (custom and span is not None):
        raise InvalidFreshness(
            f"A range of dates takes cdr:1 and cd_min or cd_max, without qdr; tbs takes {FORMS}"
        )
    return Freshness(tbs, span, days.get("cd_min"), days.get("cd_max"), by_date)


def _day(text: str) -> dt.date:
    found = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", text)
    try:
        if found is not None:
            return dt.date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise InvalidFreshness(f"'{text[:100]}' is no date; dates in tbs are MM/DD/YYYY")
