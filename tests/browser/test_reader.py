"""Who a page believes it is read by: a desktop or a phone, and somebody of a country."""

import json
import re

import pytest

WANTED = {
    "usual": {},
    "phone": {"mobile": True},
    "japan": {"location": {"country": "jp"}},
    "german": {"location": {"country": "us", "languages": ["de-AT", "fr"]}},
    "unheard": {"location": {"country": "jp", "languages": ["english", "x", "*"]}},
    "named": {"headers": {"User-Agent": "kiln-reader/1.0", "Accept-Language": "sv"}},
}


@pytest.fixture(scope="module")
def readers(site, together):
    """Give what each reader's page saw of it, with the headers that it was asked for with."""
    answers = together(
        **{
            name: {"url": site.url(f"/reader?{name}"), "formats": ["rawHtml"], "waitFor": 1, **options}
            for name, options in WANTED.items()
        }
    )
    seen = {}
    for name, answer in answers.items():
        assert answer.status == 200, answer.body
        found = re.search(r"<pre id=\"reader\">(.*?)</pre>", answer.body["data"]["rawHtml"])
        assert found is not None
        (asked,) = (one for one in site.log if one.path == f"/reader?{name}")
        seen[name] = json.loads(found[1]) | {"headers": asked.headers}
    return seen


def test_a_desktop_is_the_usual(readers):
    usual = readers["usual"]
    assert (usual["width"], usual["touch"], usual["automated"]) == (1280, 0, False)
    assert re.fullmatch(
        r"Mozilla/5\.0 \(X11; Linux x86_64\) .* Chrome/\d+\.0\.0\.0 Safari/537\.36", usual["agent"]
    )
    assert usual["headers"]["user-agent"] == usual["agent"]


def test_a_phone_is_one_in_every_respect(readers):
    phone = readers["phone"]
    assert phone["width"] == 412
    assert phone["touch"] > 0
    assert "Android" in phone["agent"]
    assert " Mobile " in phone["agent"]
    assert phone["headers"]["user-agent"] == phone["agent"]


def test_a_country_has_its_language_and_its_time(readers):
    japan = readers["japan"]
    assert (japan["language"], japan["zone"]) == ("ja-JP", "Asia/Tokyo")
    assert japan["headers"]["accept-language"].startswith("ja-JP,ja")


def test_languages_asked_for_win_over_the_countrys(readers):
    german = readers["german"]
    assert (german["language"], german["zone"]) == ("de-AT", "America/New_York")
    assert german["headers"]["accept-language"] == "de-AT,de;q=0.9,fr;q=0.8"


def test_languages_no_browser_can_be_set_to_are_only_asked_for(readers):
    unheard = readers["unheard"]
    assert unheard["zone"] == "Asia/Tokyo"
    assert unheard["headers"]["accept-language"] == "english,x;q=0.9,*;q=0.8"


def test_own_words_win_over_all(readers):
    named = readers["named"]
    assert (named["agent"], named["headers"]["user-agent"]) == ("kiln-reader/1.0", "kiln-reader/1.0")
    assert (named["language"], named["headers"]["accept-language"]) == ("sv", "sv")
