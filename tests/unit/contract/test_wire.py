from __future__ import annotations

import time

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webkiln.contract.batch_scrape import BatchScrapeRequest
from webkiln.contract.issues import UNRECOGNIZED
from webkiln.contract.job_status import StatusQuery
from webkiln.contract.scrape import ScrapeRequest
from webkiln.contract.wire import MAX_DEPTH, MAX_KEYS, parse_body, parse_query
from webkiln.errors import BadRequest, MalformedJson


def refusal(body, model=ScrapeRequest):
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    with pytest.raises(BadRequest) as caught:
        parse_body(model, raw)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'url': 'x'}",
        b'{"url": NaN}',
        b'{"url": "a", "timeout": 1e400}',
        b'{"url": "\\ud800"}',
        b'{"url": "\xff"}',
        b"[" * 500_000,
        b'{"a":' * 500_000,
    ],
)
def test_what_is_not_json_is_malformed(raw):
    error = refusal(raw)
    assert isinstance(error, MalformedJson)
    assert (error.status, error.code) == (400, "BAD_REQUEST_INVALID_JSON")
    assert error.message == "Bad request, malformed JSON"


@pytest.mark.parametrize("raw", [b"[]", b"null", b"3", b'"url"', b"true"])
def test_the_top_level_must_be_an_object(raw):
    error = refusal(raw)
    assert error.code == "BAD_REQUEST"
    assert error.details[0]["code"] == "invalid_type"
    assert error.details[0]["path"] == []


def test_a_missing_key_is_named():
    error = refusal({})
    assert error.message.startswith("Bad Request: ")
    assert error.details == [
        {"code": "invalid_type", "received": "undefined", "path": ["url"], "message": "Required"}
    ]


def test_an_unknown_key_has_the_contracts_text_even_when_other_issues_come_first():
    error = refusal({"url": 3, "formatz": []})
    assert error.message.startswith(f"{UNRECOGNIZED}: '")
    assert [found["code"] for found in error.details] == ["invalid_type", "unrecognized_keys"]
    assert error.details[1]["keys"] == ["formatz"]
    assert error.details[1]["path"] == []


def test_an_unknown_key_of_a_nested_object_is_named_with_its_path():
    error = refusal({"url": "x", "formats": ["html", {"type": "json", "promt": "a"}]})
    assert error.message.startswith(f"{UNRECOGNIZED}: '")
    assert error.details[0]["path"] == ["formats", 1]
    assert error.details[0]["keys"] == ["promt"]


def test_a_rule_of_our_own_becomes_the_headline_only_when_it_comes_first():
    own = "Invalid country code. Use a valid ISO 3166-1 alpha-2 country code."
    assert refusal({"url": "x", "location": {"country": "ZZ"}}).message == own
    error = refusal({"url": "x", "mobile": 1, "location": {"country": "ZZ"}})
    assert error.message.startswith("Bad Request: ")
    assert [found["code"] for found in error.details] == ["invalid_type", "custom"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timeout", "5000"),
        ("timeout", True),
        ("timeout", 5000.5),
        ("timeout", [5000]),
        ("mobile", 1),
        ("mobile", "true"),
        ("url", 5),
        ("url", None),
        ("includeTags", "main"),
        ("includeTags", {"0": "main"}),
        ("includeTags", [1]),
        ("headers", [["a", "b"]]),
        ("headers", {"a": 1}),
        ("proxy", "tor"),
        ("location", "US"),
        ("maxAge", 2**53),
        ("maxAge", -1),
    ],
)
def test_json_types_are_not_coerced(key, value):
    error = refusal({"url": "https://a.test", key: value})
    assert error.message.startswith("Bad Request: ")
    assert error.details[0]["path"][0] == key


@pytest.mark.parametrize("number", [b"1180591620717411303424", b"1e300", b"-1e300", b"9007199254740993"])
def test_numbers_no_reader_holds_exactly_are_refused(number):
    assert refusal(b'{"url":"x","maxAge":' + number + b"}").details[0]["path"] == ["maxAge"]


def test_a_whole_number_may_be_written_with_a_point():
    request, _ = parse_body(ScrapeRequest, b'{"url":"x","timeout":5000.0,"maxAge":1e3}')
    assert (request.timeout, request.max_age) == (5000, 1000)
    assert isinstance(request.timeout, int)


def test_names_of_ours_are_not_names_of_the_wire():
    assert refusal({"url": "x", "only_main_content": True}).message.startswith(f"{UNRECOGNIZED}: '")


def test_nesting_stops_at_a_sane_depth():
    def nested(levels):
        value: object = 1
        for _ in range(levels):
            value = {"a": value}
        return {"url": "x", "formats": [{"type": "json", "schema": value}]}

    parse_body(ScrapeRequest, orjson.dumps(nested(MAX_DEPTH - 3)))
    assert "nested" in refusal(nested(MAX_DEPTH - 2)).message


def test_an_object_of_very_many_keys_is_refused_before_each_becomes_an_issue():
    error = refusal({"url": "x", **{f"k{number}": 1 for number in range(MAX_KEYS)}})
    assert "keys" in error.message
    assert len(error.details) == 1


def test_many_issues_are_cut_and_long_keys_shortened():
    error = refusal({"url": "x", **{f"k{number}" + "y" * 10_000: 1 for number in range(900)}})
    assert error.message.startswith(f"{UNRECOGNIZED}: '")
    assert len(orjson.dumps(error.details)) < 20_000


def test_a_list_of_a_million_wrong_items_is_one_issue():
    raw = b'{"urls":[' + b"1," * 1_000_000 + b"1]}"
    began = time.perf_counter()
    assert len(refusal(raw, BatchScrapeRequest).details) == 1
    assert time.perf_counter() - began < 5


def test_millions_of_empty_objects_are_refused_unparsed():
    began = time.perf_counter()
    refusal(b'{"urls":[' + b"{}," * 3_000_000 + b"{}]}", BatchScrapeRequest)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    "body",
    [
        {"url": "a\0b"},
        {"url": "x", "headers": {"a\0": "b"}},
        {"url": "x", "formats": [{"type": "question", "question": "why\0"}]},
        {"url": "x", "\0": 1},
    ],
)
def test_nul_is_refused_wherever_it_stands(body):
    assert "NUL" in refusal(body).message


def test_an_escaped_backslash_is_not_a_nul():
    request, _ = parse_body(ScrapeRequest, rb'{"url":"a\\u0000"}')
    assert request.url == r"a\u0000"


def test_one_url_with_nul_does_not_spoil_a_batch():
    raw = orjson.dumps({"urls": ["https://a.test", "https://b.test/\0"]})
    request, _ = parse_body(BatchScrapeRequest, raw)
    assert request.urls[1] == "https://b.test/\0"
    assert "NUL" in refusal({"urls": ["x"], "origin": "\0"}, BatchScrapeRequest).message


def test_keys_of_newer_clients_are_accepted_with_a_warning():
    body = {
        "url": "x",
        "checkPromptInjection": True,
        "domainTools": True,
        "toolDetail": "full",
        "formats": [{"type": "json", "checkPromptInjection": True}],
    }
    _, warnings = parse_body(ScrapeRequest, orjson.dumps(body))
    assert sorted(warning.split()[0] for warning in warnings) == [
        "checkPromptInjection",
        "checkPromptInjection",
        "domainTools",
        "toolDetail",
    ]


def test_switched_off_they_need_no_warning():
    _, warnings = parse_body(ScrapeRequest, b'{"url":"x","checkPromptInjection":false}')
    assert warnings == []


def test_internal_keys_are_accepted_without_a_word():
    raw = orjson.dumps({"url": "x", "__agentInterop": {"a": 1}, "__experimental_omce": True})
    request, warnings = parse_body(ScrapeRequest, raw)
    assert request.url == "x"
    assert warnings == []
    assert refusal({"url": "x", "__other": 1}).message.startswith(f"{UNRECOGNIZED}: '")


def test_an_alexandria_request_is_refused_in_plain_words():
    error = refusal({"alexandria": [{"provider": "a", "capability": "b"}]})
    assert "alexandria" in error.message
    assert error.details[0]["path"] == ["alexandria"]


def test_a_hundred_thousand_urls_are_read_quickly():
    urls = [f"https://example.test/path/{number}?q=[{number}]" for number in range(100_000)]
    raw = orjson.dumps({"urls": urls, "formats": ["markdown"]})
    began = time.perf_counter()
    request, _ = parse_body(BatchScrapeRequest, raw)
    assert time.perf_counter() - began < 0.3
    assert request.urls == urls


@pytest.mark.parametrize("text", ["-1", "1.5", "abc", "", " 5", "1_0", "٣", "9" * 17, "0x5", "+5"])
def test_query_numbers_are_plain_digits(text):
    with pytest.raises(BadRequest) as caught:
        parse_query(StatusQuery, {"skip": text})
    assert caught.value.details[0]["path"] == ["skip"]


def test_query_parameters_are_read_from_text_and_unknown_ones_ignored():
    query = parse_query(StatusQuery, {"skip": "20", "limit": "7", "utm": "x"})
    assert (query.skip, query.limit) == (20, 7)
    assert parse_query(StatusQuery, {}).limit is None
    with pytest.raises(BadRequest):
        parse_query(StatusQuery, {"limit": "0"})


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
KEYS = [*(field.alias or name for name, field in BatchScrapeRequest.model_fields.items()), "type"]
anything = st.recursive(
    scalars | st.sampled_from(["markdown", "json", "wait", "pdf"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


def dumped(value):
    """Write JSON of any integer size, lone surrogates included."""
    import json  # noqa: PLC0415 (orjson refuses what this test is about)

    return json.dumps(value).encode()


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(anything, st.dictionaries(st.sampled_from(KEYS), anything, max_size=5))
@pytest.mark.parametrize("model", [ScrapeRequest, BatchScrapeRequest])
def test_no_json_gets_anything_but_a_model_or_a_400(model, body, keyed):
    for value in (body, {"url": "x", **keyed}, {"urls": ["x"], **keyed}):
        try:
            request, warnings = parse_body(model, dumped(value))
        except BadRequest as refused:
            orjson.dumps(refused.details)
        else:
            assert model.from_wire(request.to_wire()) == request
            assert all(isinstance(warning, str) for warning in warnings)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_get_anything_but_a_400(raw):
    with pytest.raises(BadRequest):
        parse_body(ScrapeRequest, raw)
