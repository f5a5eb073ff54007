from __future__ import annotations

import orjson
import pytest

from webkiln.contract.scrape import ScrapeOptions, ScrapeRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


def read(**options):
    return parse_body(ScrapeRequest, orjson.dumps({"url": "https://a.test", **options}))[0]


def refused(**options):
    with pytest.raises(BadRequest) as caught:
        read(**options)
    return caught.value


def test_the_defaults_are_the_contracts():
    options = read()
    assert [wanted.type for wanted in options.formats] == ["markdown"]
    assert options.only_main_content
    assert options.remove_base64_images
    assert options.block_ads
    assert options.store_in_cache
    assert not options.mobile
    assert not options.lockdown
    assert options.proxy == "auto"
    assert options.timeout is None
    assert options.wait_for == 0
    assert [parser.type for parser in options.parsers] == ["pdf"]
    assert options.max_age_ms == 172_800_000
    assert options.origin == "api"
    assert not options.zero_data_retention


def test_formats_are_names_or_objects():
    options = read(formats=["html", {"type": "markdown"}, {"type": "json", "prompt": "title"}])
    assert options.wants("html")
    assert options.wants("markdown")
    assert options.format("json").prompt == "title"
    assert not options.wants("links")


@pytest.mark.parametrize(
    ("formats", "timeout", "most"),
    [
        (["markdown", "changeTracking"], 30_000, 60_000),
        (["json"], 30_000, 60_000),
        (["markdown", "changeTracking"], 30_001, 30_001),
        (["markdown"], 30_000, 30_000),
    ],
)
def test_formats_that_take_longer_have_a_minute_where_clients_say_half_of_one(formats, timeout, most):
    assert read(formats=formats, timeout=timeout).timeout_ms == most
    assert read(formats=formats).timeout_ms is None


def test_the_clients_spelling_of_a_full_page_screenshot_is_read():
    wanted = read(formats=["screenshot@fullPage"]).format("screenshot")
    assert wanted.full_page


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        (["screenshot", {"type": "screenshot"}], "You may only specify one screenshot format"),
        (["json", "deterministicJson"], "Cannot specify both json and deterministicJson formats"),
        (
            ["changeTracking"],
            "The changeTracking format requires the markdown format to be specified as well",
        ),
        (
            ["markdown", "changeTracking", {"type": "changeTracking", "tag": "a"}],
            "You may only specify one changeTracking format",
        ),
        (["rawBase64", "html"], "The rawBase64 format must be the only format"),
    ],
)
def test_formats_that_do_not_go_together(formats, message):
    assert refused(formats=formats).message == message


@pytest.mark.parametrize(
    "wanted",
    [
        "attributes",
        "question",
        "highlights",
        "query",
        "pdf",
        "",
        5,
        None,
        ["markdown"],
        {},
        {"type": 5},
        {"type": "question", "question": ""},
        {"type": "question", "question": "y" * 10_001},
        {"type": "screenshot", "quality": 0},
        {"type": "screenshot", "quality": 101},
        {"type": "screenshot", "viewport": {"width": 7681, "height": 1}},
        {"type": "json", "schema": []},
        {"type": "json", "schema": {"type": "object", "additionalProperties": True}},
        {"type": "changeTracking", "modes": ["diff"]},
        {"type": "attributes", "selectors": [{"selector": "a"}]},
        {"type": "markdown", "extra": 1},
    ],
)
def test_formats_that_are_none(wanted):
    assert refused(formats=["markdown", wanted]).details[0]["path"][:2] == ["formats", 1]


def test_an_open_ended_object_deep_inside_a_schema_is_found():
    schema = {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": True}}}
    assert "additionalProperties" in refused(formats=[{"type": "json", "schema": schema}]).message


def test_the_schema_of_a_json_format_survives_being_stored():
    schema = {"type": "object", "properties": {"schema": {"type": "string"}}}
    options = read(formats=[{"type": "json", "schema": schema}]).options
    again = ScrapeOptions.from_wire(orjson.loads(orjson.dumps(options.to_wire())))
    assert again == options
    assert again.format("json").schema_ == schema


def test_only_what_was_sent_is_stored():
    assert read(onlyMainContent=False, origin="sdk").options.to_wire() == {"onlyMainContent": False}


def test_waiting_may_take_half_the_timeout():
    assert read(waitFor=500, timeout=1000).wait_for == 500
    assert read(waitFor=60_000).wait_for == 60_000
    assert refused(waitFor=501, timeout=1000).message == "waitFor must not exceed half of timeout"
    assert refused(waitFor=60_001).details[0]["code"] == "too_big"


@pytest.mark.parametrize(("timeout", "good"), [(999, False), (1000, True), (300_000, True), (-1, False)])
def test_timeouts_have_bounds(timeout, good):
    if good:
        assert read(timeout=timeout).timeout == timeout
    else:
        assert refused(timeout=timeout).details[0]["path"] == ["timeout"]


def test_certificates_are_checked_when_something_secret_may_be_sent():
    assert not read().verify_tls
    assert read(headers={"Cookie": "a=b"}).verify_tls
    assert read(actions=[{"type": "scrape"}]).verify_tls
    assert not read(headers={}, actions=[]).verify_tls
    assert not read(headers={"Cookie": "a=b"}, skipTlsVerification=True).verify_tls
    assert read(skipTlsVerification=False).verify_tls


def test_how_old_a_copy_may_be():
    assert read(maxAge=0).max_age_ms == 0
    assert read(lockdown=True).max_age_ms == 2 * 365 * 86_400_000
    assert read(lockdown=True, maxAge=5).max_age_ms == 5


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("US", "us"),
        ("de", "de"),
        ("Gb", "gb"),
        ("us-generic", "us-generic"),
        ("us-whitelist", "us-whitelist"),
    ],
)
def test_countries(country, code):
    assert read(location={"country": country}).location.country == code


@pytest.mark.parametrize("country", ["ZZ", "USA", "U", "\u017fs", "EU", "us-other"])
def test_no_countries(country):
    assert refused(location={"country": country}).message.startswith("Invalid country code.")


def test_languages_can_hide_no_header():
    assert read(location={"languages": ["de-AT", "en"]}).location.languages == ("de-AT", "en")
    for language in ("en\r\nX-A: b", "en;q=1", "-"):
        assert refused(location={"languages": [language]}).details[0]["path"] == ["location", "languages", 0]


@pytest.mark.parametrize("name", ["n8n", "zapier", "_e2e-test", "_", None])
def test_integrations(name):
    assert read(integration=name).integration == name


@pytest.mark.parametrize("name", ["", "mine", "N8N", "x" * 10_000])
def test_an_unknown_integration_is_as_good_as_none(name):
    assert read(integration=name).integration is None
    assert refused(integration=5).details[0]["path"] == ["integration"]


def test_parsers_are_names_or_objects():
    parsers = read(parsers=["pdf", {"type": "pdf", "maxPages": 3, "mode": "ocr"}, "image"]).parsers
    assert [parser.type for parser in parsers] == ["pdf", "pdf", "image"]
    assert parsers[1].max_pages == 3
    assert read(parsers=[]).parsers == ()
    assert refused(parsers=["docx"]).details[0]["path"] == ["parsers", 0]
    assert refused(parsers=[{"type": "pdf", "maxPages": 10_001}]).details[0]["path"] == [
        "parsers",
        0,
        "maxPages",
    ]


def test_redaction_is_a_switch_or_an_object():
    assert read(redactPII=False).redact_pii is None
    assert read(redactPII=True).redact_pii.mode == "accurate"
    assert read(redactPII={"entities": ["EMAIL"]}).redact_pii.entities == ("EMAIL",)
    assert refused(redactPII={"entities": ["NAME"]}).details[0]["path"] == ["redactPII", "entities", 0]
    assert refused(redactPII="yes").details[0]["path"] == ["redactPII"]


def test_redaction_survives_being_stored():
    options = read(redactPII=True).options
    assert ScrapeOptions.from_wire(options.to_wire()).redact_pii == options.redact_pii


def test_profiles_and_audit_names_have_lengths():
    assert read(profile={"name": "a"}).profile.save_changes
    assert refused(profile={"name": ""}).details[0]["path"] == ["profile", "name"]
    assert refused(profile={"name": "a" * 129}).details[0]["path"] == ["profile", "name"]
    assert refused(auditMetadata={"username": "a" * 1025}).details[0]["path"] == ["auditMetadata", "username"]


def test_an_option_that_is_asked_for_twice_as_a_rule_is_one_issue():
    error = refused(actions=[{"type": "wait"}])
    assert error.message == "Either 'milliseconds' or 'selector' must be provided, but not both."
    assert error.details[0]["path"] == ["actions", 0]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "b\nX-Injected: 1"},
        {"X-A": "b\r"},
        {"X:A": "c"},
        {"X-A": "\u560d\u560aX-Injected: 1"},
        {"Host": "127.0.0.1"},
        {"Content-Length": "5"},
        {"Keep-Alive": "x"},
        {"X-A": "y" * 70_000},
    ],
)
def test_headers_that_would_change_the_message_are_refused(headers):
    error = refused(headers=headers)
    assert error.message.startswith("Invalid header: ")
    assert error.details[0]["path"] == ["headers"]


def test_ordinary_headers_pass():
    headers = {"User-Agent": "E2E", "Cookie": "a=b", "X-A": "caf\u00e9"}
    assert read(headers=headers).headers == headers
