from __future__ import annotations

import orjson
import pytest

from webkiln.contract.v1.batch_scrape import V1BatchScrapeRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest

JOB = "019a0000-0000-7000-8000-00000000000a"


def translated(**keys):
    body = orjson.dumps({"urls": ["https://a.test"], **keys})
    sent, warnings = parse_body(V1BatchScrapeRequest, body)
    return sent.to_v2(warnings)


def test_invalid_urls_are_refused_unless_they_are_to_be_ignored():
    assert not translated().ignore_invalid_urls
    assert translated(ignoreInvalidURLs=True).ignore_invalid_urls


def test_a_batch_has_the_scrape_options_of_v1_and_its_own():
    request = translated(
        formats=["links"], webhook="https://hook.test/", appendToId=JOB, maxConcurrency=3, parsePDF=False
    )
    assert request.urls == ["https://a.test"]
    assert [wanted.type for wanted in request.formats] == ["links"]
    assert request.webhook is not None
    assert request.webhook.url == "https://hook.test/"
    assert (request.append_to_id, request.max_concurrency, request.parsers) == (JOB, 3, ())
    assert (request.timeout, request.max_age_ms, request.verify_tls) == (30_000, 0, True)


def test_urls_are_kept_as_they_are_sent():
    texts = ["https://a.test", "a.test", "", "ftp://x", "a\0b"]
    assert translated(urls=texts).urls == texts


@pytest.mark.parametrize("keys", [{"urls": []}, {"maxConcurrency": 0}, {"appendToId": "x"}, {"url": "x"}])
def test_a_batch_is_judged_as_strictly_as_by_v2(keys):
    with pytest.raises(BadRequest):
        translated(**keys)
