from __future__ import annotations

import orjson
import pytest

from webkiln.contract.v1.search import V1SearchRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


def translated(**keys):
    return parse_body(V1SearchRequest, orjson.dumps({"query": "clay", **keys}))[0].to_v2([])


def test_the_defaults_are_those_of_v1():
    request = translated()
    assert (request.query, request.limit) == ("clay", 5)
    assert request.timeout == 60_000
    assert [source.type for source in request.asked] == ["web"]
    assert request.scrape_options.formats == ()


def test_what_clients_send_by_default_asks_for_nothing():
    request = translated(lang="en", country="us", scrapeOptions={"formats": [], "timeout": 30_000})
    assert (request.lang, request.country) == (None, None)
    assert "scrape_options" not in request.model_fields_set


def test_options_that_stand_alone_are_left_for_v2_to_speak_of():
    request = translated(scrapeOptions={"onlyMainContent": False})
    assert not request.scrape_options.only_main_content


def test_what_both_versions_have_goes_over_as_it_is():
    request = translated(
        limit=3,
        tbs="qdr:d",
        filter="0",
        lang="de",
        country="AT",
        location="Vienna",
        timeout=9_000,
        ignoreInvalidURLs=True,
        scrapeOptions={"formats": ["markdown", "links"], "onlyMainContent": False},
    )
    assert (request.limit, request.tbs, request.filter) == (3, "qdr:d", "0")
    assert (request.lang, request.country, request.location) == ("de", "at", "Vienna")
    assert (request.timeout, request.ignore_invalid_urls) == (9_000, True)
    options = request.scrape_options
    assert [wanted.type for wanted in options.formats] == ["markdown", "links"]
    assert (options.only_main_content, options.timeout, options.max_age_ms) == (False, 30_000, 0)


@pytest.mark.parametrize(
    "keys",
    [
        {"query": " "},
        {"limit": 0},
        {"sources": ["web"]},
        {"scrapeOptions": {"formats": ["changeTracking", "markdown"]}},
        {"scrapeOptions": {"formats": [{"type": "markdown"}]}},
    ],
)
def test_a_search_is_judged_as_strictly_as_by_v2(keys):
    with pytest.raises(BadRequest):
        translated(**keys)
