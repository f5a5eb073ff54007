"""Every option is looked at: it makes a variant, or a page that is nobody else's, or it changes no fetch."""

from itertools import combinations

import pytest

from webkiln.contract.scrape import ScrapeOptions
from webkiln.scraping.variant import is_single, variant_of

# Each is fetched in another way than all others, and than a request without options.
VARIANTS = [
    {},
    {"fastMode": True},
    {"waitFor": 5},
    {"waitFor": 6},
    {"mobile": True},
    {"blockAds": False},
    {"mobile": True, "blockAds": False},
    {"skipTlsVerification": False},
    {"skipTlsVerification": False, "fastMode": True},
    {"skipTlsVerification": False, "mobile": True},
    {"location": {"country": "DE"}},
    {"location": {"country": "AT"}},
    {"location": {"languages": ["de"]}},
    {"location": {"languages": ["de", "en"]}},
    {"location": {"languages": ["en", "de"]}},
    {"location": {"country": "DE", "languages": ["de"]}},
    {"fastMode": True, "location": {"languages": ["de"]}},
]
SINGLE = [
    {"headers": {"Cookie": "session=9a1"}},
    {"headers": {"authorization": "Basic cDpw"}},
    {"headers": {"X-Anything": "1"}},
    {"actions": [{"type": "wait", "milliseconds": 1}]},
    {"profile": {"name": "mine"}},
    {"profile": {"name": "mine", "saveChanges": False}},
    {"formats": ["screenshot"]},
    {"formats": ["markdown", "branding"]},
]
ALIKE = [
    {"formats": ["rawHtml", "links"]},
    {"onlyMainContent": False},
    {"onlyCleanContent": True},
    {"includeTags": ["main"]},
    {"excludeTags": ["nav"]},
    {"timeout": 5_000},
    {"parsers": []},
    {"removeBase64Images": False},
    {"useMock": "x"},
    {"proxy": "stealth"},
    {"maxAge": 5},
    {"minAge": 5},
    {"storeInCache": False},
    {"lockdown": True},
    {"redactPII": True},
    {"threatProtection": {}},
    {"auditMetadata": {"username": "p"}},
    {"skipTlsVerification": True},
    {"location": {}},
]


def options(asked):
    return ScrapeOptions.model_validate(asked)


def test_no_two_ways_of_fetching_share_a_page():
    for one, other in combinations(VARIANTS, 2):
        assert variant_of(options(one)) != variant_of(options(other)), (one, other)


def test_where_no_browser_can_come_in_it_blocks_nothing():
    assert variant_of(options({"fastMode": True, "blockAds": False})) == variant_of(
        options({"fastMode": True})
    )


@pytest.mark.parametrize("asked", SINGLE)
def test_what_is_of_one_request_alone_is_no_variant_of_anything(asked):
    assert is_single(options(asked))


@pytest.mark.parametrize("asked", ALIKE)
def test_what_changes_no_fetch_makes_no_variant(asked):
    assert not is_single(options(asked))
    assert variant_of(options(asked)) == variant_of(options({}))


def test_the_case_of_a_country_makes_none():
    assert variant_of(options({"location": {"country": "de"}})) == variant_of(
        options({"location": {"country": "DE"}})
    )


def test_no_option_is_left_unconsidered():
    considered = {name for asked in (*VARIANTS, *SINGLE, *ALIKE) for name in options(asked).model_fields_set}
    assert considered == set(ScrapeOptions.model_fields)
