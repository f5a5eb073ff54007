"""Where a page believes its reader is: time zone and locale of a country."""

from __future__ import annotations

import re

from webkiln.fetching.browser.tables import table

_ZONES = {country: zone for country, zone, _ in table("countries")}
_LANGUAGES = {country: language for country, _, language in table("countries")}
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?")
_TAG = re.compile(r"[A-Za-z0-9*-]+")


def time_zone(country: str | None) -> str | None:
    """Return the IANA time zone of an ISO 3166 code in lower case; None for one without."""
    return None if country is None else _ZONES.get(country)


def locale(country: str | None, languages: tuple[str, ...]) -> str:
    """Return the first of the languages asked for, else the one of the country; `en-US` without both.

    A browser takes no other tags than those of a language, a script and a region.
    """
    for language in languages:
        tag = language.replace("_", "-")
        if _LOCALE.fullmatch(tag):
            return tag
    if country is None or country not in _ZONES:
        return "en-US"
    return f"{_LANGUAGES[country]}-{country.upper()}"


def accept_language(country: str | None, languages: tuple[str, ...]) -> str:
    """Return the header that says so, the most wanted first (RFC 9110 §12.5.4)."""
    wanted = [language.replace("_", "-") for language in languages] or [locale(country, ())]
    tags = list(dict.fromkeys(tag for one in wanted for tag in (one, one.partition("-")[0])))
    return ",".join(tag if not at else f"{tag};q={max(1 - at / 10, 0.1):.1f}" for at, tag in enumerate(tags))


def tags_of(header: str) -> list[str]:
    """Return the languages that an Accept-Language header names, in its order."""
    named = (part.partition(";")[0].strip() for part in header.split(","))
    return [tag for tag in named if _TAG.fullmatch(tag)]
