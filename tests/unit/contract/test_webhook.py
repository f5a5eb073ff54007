from __future__ import annotations

import orjson
import pytest

from webkiln.contract.batch_scrape import BatchScrapeRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


def read(webhook):
    raw = orjson.dumps({"urls": ["https://a.test"], "webhook": webhook})
    return parse_body(BatchScrapeRequest, raw)[0].webhook


def refused(webhook):
    with pytest.raises(BadRequest) as caught:
        read(webhook)
    return caught.value


def test_a_text_is_the_url_and_all_events_are_wanted():
    webhook = read("https://hook.test/a")
    assert webhook.url == "https://hook.test/a"
    assert webhook.headers == {}
    for event in ("started", "page", "completed", "failed"):
        assert webhook.wants(f"batch_scrape.{event}")


def test_the_object_form_carries_headers_and_any_metadata():
    webhook = read({"url": "https://hook.test", "headers": {"X-A": "b"}, "metadata": {"a": [1, {"b": None}]}})
    assert webhook.headers == {"X-A": "b"}
    assert webhook.metadata == {"a": [1, {"b": None}]}


@pytest.mark.parametrize("name", ["page", "batch_scrape.page"])
def test_events_may_be_named_short_or_long(name):
    webhook = read({"url": "https://hook.test", "events": [name]})
    assert webhook.wants("batch_scrape.page")
    assert not webhook.wants("batch_scrape.completed")


def test_events_of_another_kind_of_job_do_not_match():
    assert not read({"url": "https://hook.test", "events": ["crawl.page"]}).wants("batch_scrape.page")


def test_no_events_are_no_events():
    assert not read({"url": "https://hook.test", "events": []}).wants("batch_scrape.page")


@pytest.mark.parametrize("name", ["X-Firecrawl-Signature", "x-firecrawl-signature"])
def test_the_signature_cannot_be_forged(name):
    message = refused({"url": "https://hook.test", "headers": {name: "x"}}).message
    assert message == "The following headers are not allowed: x-firecrawl-signature"


@pytest.mark.parametrize("name", ["Webhook-Id", "webhook-timestamp", "WEBHOOK-SIGNATURE"])
def test_nor_can_the_standard_one(name):
    assert name.lower() in refused({"url": "https://hook.test", "headers": {name: "x"}}).message


@pytest.mark.parametrize(
    "webhook",
    [
        5,
        {},
        {"url": ""},
        {"url": "https://hook.test", "secret": "x"},
        {"url": "https://hook.test", "events": ["pages"]},
        {"url": "https://hook.test", "headers": {"a": 1}},
        {"url": "https://hook.test", "headers": {"a": "b\r\nc: d"}},
        {"url": "https://hook.test", "headers": {"Host": "a"}},
    ],
)
def test_what_is_no_webhook(webhook):
    assert refused(webhook).details[0]["path"][0] == "webhook"
