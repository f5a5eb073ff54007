import re
from zoneinfo import available_timezones

import pytest

from webkiln.fetching.browser.locations import accept_language, locale, tags_of, time_zone
from webkiln.fetching.browser.tables import table


@pytest.mark.parametrize(
    ("country", "zone"),
    [("de", "Europe/Berlin"), ("jp", "Asia/Tokyo"), (None, None), ("zz", None), ("us-generic", None)],
)
def test_a_country_has_its_time(country, zone):
    assert time_zone(country) == zone


@pytest.mark.parametrize(
    ("country", "languages", "found"),
    [
        (None, (), "en-US"),
        ("de", (), "de-DE"),
        ("zz", (), "en-US"),
        ("de", ("fr",), "fr"),
        (None, ("*", "de_AT", "fr"), "de-AT"),
        ("jp", ("*",), "ja-JP"),
        ("jp", ("english", "x", "12", "de-1", "i-klingon", "a-b"), "ja-JP"),
        (None, ("zh-Hant-TW",), "zh-Hant-TW"),
        (None, ("es-419",), "es-419"),
    ],
)
def test_a_browser_is_set_to_the_first_language_it_can_be_set_to(country, languages, found):
    assert locale(country, languages) == found


@pytest.mark.parametrize(
    ("country", "languages", "found"),
    [
        (None, (), "en-US,en;q=0.9"),
        ("jp", (), "ja-JP,ja;q=0.9"),
        ("us", ("de-AT", "fr"), "de-AT,de;q=0.9,fr;q=0.8"),
        ("us", ("de", "de-AT"), "de,de-AT;q=0.9"),
    ],
)
def test_languages_are_asked_for_in_their_order(country, languages, found):
    assert accept_language(country, languages) == found


def test_a_weight_never_falls_to_nothing():
    many = accept_language(None, tuple(f"x{number}" for number in range(20)))
    assert many.endswith("x19;q=0.1")
    assert "q=0.0" not in many


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("sv", ["sv"]),
        ("de-AT, de;q=0.9,*;q=0.1", ["de-AT", "de", "*"]),
        ("", []),
        (",;q=1, ,é", []),
    ],
)
def test_a_header_is_read_back(header, found):
    assert tags_of(header) == found


def test_every_entry_is_a_place_and_a_language():
    entries = table("countries")
    assert len({country for country, _, _ in entries}) == len(entries) > 200
    zones = available_timezones()
    assert [one for one in entries if one[1] not in zones] == []
    assert [one for one in entries if not re.fullmatch(r"[a-z]{2}", one[0] or "")] == []
    assert [one for one in entries if not re.fullmatch(r"[a-z]{2,3}", one[2])] == []
