"""The models of answers accept what the official client's models accept, and say so in their schema."""

from __future__ import annotations

import pytest
from firecrawl.v2.types import Document as ClientDocument
from firecrawl.v2.utils.normalize import normalize_document_input
from pydantic import ValidationError

from webkiln.contract.account import Activity, ActivityPage, ActivityQuery, CreditHistory, HistoryQuery
from webkiln.contract.batch_scrape import BatchScrapeCancelled, BatchScrapeRequest, BatchScrapeStarted
from webkiln.contract.document import Document
from webkiln.contract.errors import BadRequestBody, BareErrorBody
from webkiln.contract.job_status import JobErrors, JobStatus
from webkiln.contract.wire import parse_query
from webkiln.errors import BadRequest

DOCUMENT = {
    "markdown": "# a",
    "rawHtml": "<h1>a</h1>",
    "links": ["https://a.test/b"],
    "attributes": [{"selector": "a", "attribute": "href", "values": ["/b"]}],
    "metadata": {
        "title": "a",
        "sourceURL": "a.test",
        "url": "https://a.test/",
        "statusCode": 200,
        "proxyUsed": "basic",
        "cacheState": "miss",
        "og:title": "a",
        "article:tag": ["a", "b"],
    },
}


TRACKED = {
    "previousScrapeAt": None,
    "changeStatus": "changed",
    "visibility": "visible",
    "diff": {
        "text": "@@ -1,2 +1,2 @@\n a\n-b\n+c",
        "json": {
            "files": [
                {
                    "from": None,
                    "to": None,
                    "chunks": [
                        {
                            "content": "@@ -1,2 +1,2 @@",
                            "changes": [
                                {"type": "normal", "normal": True, "ln1": 1, "ln2": 1, "content": " a"},
                                {"type": "del", "del": True, "ln": 2, "content": "-b"},
                                {"type": "add", "add": True, "ln": 2, "content": "+c"},
                            ],
                        }
                    ],
                }
            ]
        },
    },
}


def test_a_document_keeps_every_meta_name():
    document = Document.from_wire(DOCUMENT)
    assert document.to_wire() == DOCUMENT
    assert document.metadata.source_url == "a.test"


def test_the_client_reads_what_the_model_allows():
    read = ClientDocument(**normalize_document_input(Document.from_wire(DOCUMENT).to_wire()))
    assert read.raw_html == "<h1>a</h1>"
    assert read.metadata.source_url == "a.test"


@pytest.mark.parametrize("tracked", [TRACKED, {**TRACKED, "previousScrapeAt": "2026-11-30T08:00:00.000Z"}])
def test_what_has_changed_of_a_page_is_read_as_it_is_sent(tracked):
    sent = {**DOCUMENT, "changeTracking": tracked}
    assert Document.from_wire(sent).change_tracking.model_dump(by_alias=True, exclude_unset=True) == tracked
    read = ClientDocument(**normalize_document_input(sent))
    assert read.change_tracking["changeStatus"] == "changed"
    assert read.change_tracking["diff"]["json"]["files"][0]["from"] is None


@pytest.mark.parametrize(
    "change", [{"proxyUsed": "enhanced"}, {"cacheState": "stale"}, {"statusCode": "200"}, {"title": None}]
)
def test_metadata_that_breaks_clients_breaks_the_model(change):
    with pytest.raises(ValidationError):
        Document.from_wire({**DOCUMENT, "metadata": {**DOCUMENT["metadata"], **change}})


def test_a_status_leaves_out_what_there_is_not():
    body = {
        "success": True,
        "status": "cancelled",
        "completed": 1,
        "total": 1,
        "creditsUsed": 1,
        "expiresAt": "2026-08-21T10:00:00.000Z",
        "data": [DOCUMENT],
    }
    assert JobStatus.from_wire(body).to_wire() == body
    with pytest.raises(ValidationError):
        JobStatus.from_wire({**body, "next": None})


def test_errors_carry_success_for_the_client_that_asks_for_it():
    body = {"success": True, "errors": [{"id": "a", "url": "b", "error": "c"}], "robotsBlocked": []}
    assert JobErrors.from_wire(body).to_wire() == body


def test_cancelled_and_bare_errors_are_exactly_that():
    assert BatchScrapeCancelled.model_json_schema()["additionalProperties"] is False
    assert BatchScrapeCancelled(status="cancelled").to_wire() == {"status": "cancelled"}
    assert BareErrorBody(error="a").to_wire() == {"error": "a"}
    assert list(BareErrorBody.model_json_schema()["properties"]) == ["error"]


def test_a_started_batch_may_name_what_it_left_out():
    body = {"success": True, "id": "a", "url": "b", "invalidURLs": []}
    assert BatchScrapeStarted.from_wire(body).to_wire() == body


def test_the_issues_of_a_400_fit_their_schema():
    with pytest.raises(BadRequest) as caught:
        parse_query(ActivityQuery, {"limit": "101", "endpoint": "x"})
    error = caught.value
    BadRequestBody.from_wire(
        {"success": False, "code": error.code, "error": error.message, "details": error.details}
    )
    assert [found["path"] for found in error.details] == [["endpoint"], ["limit"]]


def test_account_queries():
    assert parse_query(ActivityQuery, {}).limit == 50
    assert parse_query(HistoryQuery, {"byApiKey": "true"}).by_api_key == "true"
    with pytest.raises(BadRequest):
        parse_query(HistoryQuery, {"byApiKey": "1"})


def test_both_names_of_used_credits_are_sent():
    names = CreditHistory.model_json_schema(by_alias=True)["$defs"]["CreditPeriod"]["properties"]
    assert {"creditsUsed", "totalCredits", "startDate", "endDate", "apiKey"} == set(names)


def test_activities_are_in_snake_case():
    names = Activity.model_json_schema(by_alias=True)["properties"]
    assert set(names) == {"id", "endpoint", "api_version", "created_at", "target"}
    assert "has_more" in ActivityPage.model_json_schema(by_alias=True)["properties"]


def test_the_schema_of_a_request_offers_both_spellings_and_no_null():
    schema = BatchScrapeRequest.model_json_schema(by_alias=True)
    names = schema["properties"]
    assert {"type": "string", "format": "uri"} in names["webhook"]["anyOf"]
    assert names["timeout"] == {"maximum": 300000, "minimum": 1000, "title": "Timeout", "type": "integer"}
    assert names["redactPII"]["anyOf"][0] == {"type": "boolean"}
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["urls"]
