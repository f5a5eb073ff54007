from __future__ import annotations

import orjson
import pytest

from webkiln.contract.batch_scrape import BatchScrapeRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest

JOB = "019a0000-0000-7000-8000-00000000000a"


def read(**keys):
    return parse_body(BatchScrapeRequest, orjson.dumps({"urls": ["https://a.test"], **keys}))[0]


def refused(**keys):
    with pytest.raises(BadRequest) as caught:
        read(**keys)
    return caught.value


def test_the_defaults_are_the_contracts():
    request = read()
    assert request.ignore_invalid_urls
    assert request.webhook is None
    assert request.append_to_id is None
    assert request.max_concurrency is None


def test_urls_are_kept_as_they_are_sent():
    texts = ["https://a.test", "a.test", "", "ftp://x", "https://a.test", "http://[::1"]
    assert read(urls=texts).urls == texts


@pytest.mark.parametrize("urls", [[], "https://a.test", [None], [["https://a.test"]], None])
def test_urls_are_a_list_of_texts_and_not_empty(urls):
    assert refused(urls=urls).details[0]["path"][0] == "urls"


def test_scrape_options_stand_beside_the_batchs_own_keys():
    request = read(formats=["html"], maxConcurrency=2, ignoreInvalidURLs=False, zeroDataRetention=True)
    assert request.options.to_wire() == {"formats": [{"type": "html"}]}
    assert request.max_concurrency == 2
    assert not request.ignore_invalid_urls
    assert request.zero_data_retention


def test_the_job_to_append_to_is_a_uuid_of_any_shape():
    assert read(appendToId=JOB.upper()).append_to_id == JOB
    for text in ("abc", JOB + "0", JOB.replace("-", ""), f"{{{JOB}}}"):
        assert refused(appendToId=text).details[0]["path"] == ["appendToId"]


@pytest.mark.parametrize("count", [0, -1, 1.5, "2"])
def test_a_cap_is_a_count(count):
    assert refused(maxConcurrency=count).details[0]["path"] == ["maxConcurrency"]


def test_the_key_of_the_other_spelling_is_unknown():
    assert refused(ignoreInvalidUrls=True).details[0]["code"] == "unrecognized_keys"
