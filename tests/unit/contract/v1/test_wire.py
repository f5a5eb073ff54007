from __future__ import annotations

import pytest

from webkiln.contract.scrape import ScrapeRequest
from webkiln.contract.v1.scrape import V1ScrapeRequest
from webkiln.contract.v1.wire import in_v2
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


@pytest.mark.parametrize("key", [b'"lockdown":true', b'"parsers":[]', b'"pageOptions":{}', b'"wait_for":1'])
def test_keys_of_other_versions_are_refused_in_the_words_of_v1(key):
    with pytest.raises(BadRequest) as caught:
        parse_body(V1ScrapeRequest, b'{"url":"https://a.test",' + key + b"}")
    name = key.decode().split('"')[1]
    assert caught.value.message == (
        "Unrecognized key in body -- please review the v1 API documentation for request body changes: "
        f"'{name}'"
    )
    assert caught.value.details[0]["keys"] == [name]


def test_internal_keys_are_dropped_and_newer_ones_are_spoken_of():
    body = b'{"url":"https://a.test","__experimental_x":1,"checkPromptInjection":true,"origin":"js-sdk@1.21"}'
    sent, warnings = parse_body(V1ScrapeRequest, body)
    assert sent.origin == "js-sdk@1.21"
    assert warnings == ["checkPromptInjection has no effect on this server"]


def test_what_only_v2_can_find_wrong_is_a_bad_request_too():
    with pytest.raises(BadRequest) as caught:
        in_v2(ScrapeRequest, {"url": "https://a.test", "waitFor": 2_000, "timeout": 3_000})
    assert caught.value.message == "waitFor must not exceed half of timeout"
