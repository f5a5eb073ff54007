from __future__ import annotations

import orjson
import pytest

from webkiln.contract.v1.scrape import V1ScrapeRequest, options_in_v1
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest

URL = "https://a.test/"
SCHEMA = {"type": "object", "properties": {"price": {"type": "number"}}}


def translated(**keys):
    """Return the request to v2, and the warnings."""
    sent, warnings = parse_body(V1ScrapeRequest, orjson.dumps({"url": URL, **keys}))
    return sent.to_v2(warnings), warnings


def refused(**keys):
    with pytest.raises(BadRequest) as caught:
        translated(**keys)
    return caught.value


def test_the_defaults_are_those_of_v1():
    request, warnings = translated()
    assert request.url == URL
    assert [wanted.type for wanted in request.formats] == ["markdown"]
    assert request.only_main_content
    assert request.timeout == 30_000
    assert request.max_age_ms == 0
    assert request.verify_tls
    assert request.proxy == "basic"
    assert request.block_ads
    assert request.remove_base64_images
    assert request.store_in_cache
    assert [parser.type for parser in request.parsers] == ["pdf"]
    assert warnings == []


def test_what_both_versions_have_goes_over_as_it_is():
    request, _ = translated(
        onlyMainContent=False,
        includeTags=["main"],
        excludeTags=["#ad"],
        headers={"X-A": "b"},
        waitFor=500,
        timeout=60_000,
        mobile=True,
        skipTlsVerification=True,
        location={"country": "DE", "languages": ["de"]},
        removeBase64Images=False,
        blockAds=False,
        proxy="auto",
        maxAge=3_600_000,
        storeInCache=False,
        zeroDataRetention=True,
        origin="python-sdk@4",
        integration="n8n",
        auditMetadata={"username": "eve"},
        actions=[{"type": "wait", "milliseconds": 5}, {"type": "screenshot", "fullPage": True}],
    )
    assert not request.only_main_content
    assert (request.include_tags, request.exclude_tags) == (("main",), ("#ad",))
    assert request.headers == {"X-A": "b"}
    assert (request.wait_for, request.timeout, request.max_age_ms) == (500, 60_000, 3_600_000)
    assert request.mobile
    assert not request.verify_tls
    assert request.location is not None
    assert (request.location.country, request.location.languages) == ("de", ("de",))
    assert not (request.remove_base64_images)
    assert not request.block_ads
    assert not request.store_in_cache
    assert (request.proxy, request.zero_data_retention) == ("auto", True)
    assert (request.origin, request.integration) == ("python-sdk@4", "n8n")
    assert request.audit_metadata is not None
    assert [action.type for action in request.actions] == ["wait", "screenshot"]


def test_formats_are_words():
    request, _ = translated(formats=["markdown", "html", "rawHtml", "links", "screenshot@fullPage"])
    assert [wanted.type for wanted in request.formats] == [
        "markdown",
        "html",
        "rawHtml",
        "links",
        "screenshot",
    ]
    shot = request.format("screenshot")
    assert shot is not None
    assert shot.to_wire() == {"type": "screenshot", "fullPage": True}


@pytest.mark.parametrize("wanted", ["images", "content", "", {"type": "markdown"}, 1, None])
def test_other_formats_are_none_of_v1(wanted):
    assert refused(formats=[wanted]).details[0]["path"] == ["formats", 0]


def test_both_kinds_of_screenshot_are_one_too_many():
    error = refused(formats=["screenshot", "screenshot@fullPage"])
    assert error.message == "You may only specify one screenshot format"


def test_options_of_a_format_stand_beside_it():
    request, warnings = translated(
        formats=["markdown", "json", "changeTracking"],
        jsonOptions={"schema": SCHEMA, "prompt": "prices", "systemPrompt": "be brief"},
        changeTrackingOptions={"modes": ["git-diff"], "tag": None},
    )
    wanted = {given.type: given.to_wire() for given in request.formats}
    assert wanted["json"] == {"type": "json", "schema": SCHEMA, "prompt": "prices"}
    assert wanted["changeTracking"] == {"type": "changeTracking", "modes": ["git-diff"]}
    assert warnings == ["jsonOptions.systemPrompt has no effect on this server"]


def test_options_without_their_format_are_refused_or_spoken_of():
    assert refused(jsonOptions={"prompt": "x"}).message == "'jsonOptions' needs the format 'json'"
    assert refused(extract={"prompt": "x"}).message == "'extract' needs the format 'extract'"
    _, warnings = translated(changeTrackingOptions={"modes": ["git-diff"]})
    assert warnings == ["changeTrackingOptions has no effect without the format 'changeTracking'"]


@pytest.mark.parametrize(
    ("keys", "path", "named"),
    [
        ({"formats": ["markdown", "extract"], "extract": {"prompt": "x"}}, ["formats", 1], "extract"),
        ({"agent": {"model": "FIRE-1", "prompt": "x"}}, ["agent"], "agent"),
        (
            {"formats": ["json"], "jsonOptions": {"agent": {"model": "FIRE-1"}}},
            ["jsonOptions", "agent"],
            "jsonOptions.agent",
        ),
    ],
)
def test_what_v2_has_no_word_for_is_refused_by_name(keys, path, named):
    error = refused(**keys)
    assert error.details[0]["path"] == path
    assert f"'{named}' is not available on this server." in error.message


def test_files_are_left_unread_on_request():
    request, _ = translated(parsePDF=False)
    assert request.parsers == ()


@pytest.mark.parametrize("keys", [{"timeout": 5}, {"maxAge": -1}, {"waitFor": 20_000}, {"proxy": "best"}])
def test_values_are_judged_as_strictly_as_by_v2(keys):
    assert refused(**keys).details


@pytest.mark.parametrize(
    ("wire", "shown"),
    [
        ({}, {}),
        (
            {"formats": ["markdown", {"type": "html"}], "maxAge": 0},
            {"formats": ["markdown", "html"], "maxAge": 0},
        ),
        (
            {"formats": [{"type": "screenshot", "fullPage": True}, {"type": "json", "prompt": "x"}]},
            {"formats": ["screenshot@fullPage", "json"]},
        ),
        ({"formats": [{"type": "screenshot"}]}, {"formats": ["screenshot"]}),
        ({"parsers": []}, {"parsePDF": False}),
        ({"parsers": ["pdf"]}, {"parsePDF": True}),
        ({"parsers": [{"type": "pdf", "mode": "ocr"}]}, {"parsePDF": True}),
    ],
)
def test_options_are_shown_in_words_of_v1(wire, shown):
    assert options_in_v1(wire) == shown
