"""What nobody filled in counts as left out, in every model of a request."""

import orjson
import pytest

from webkiln.contract.batch_scrape import BatchScrapeRequest
from webkiln.contract.crawl import CrawlRequest
from webkiln.contract.job_status import JobStatus
from webkiln.contract.map import MapRequest
from webkiln.contract.scrape import ScrapeRequest
from webkiln.contract.search import SearchRequest
from webkiln.contract.v1.batch_scrape import V1BatchScrapeRequest
from webkiln.contract.v1.crawl import V1CrawlRequest
from webkiln.contract.v1.map import V1MapRequest
from webkiln.contract.v1.scrape import V1ScrapeRequest
from webkiln.contract.v1.search import V1SearchRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest

REQUIRED = {
    ScrapeRequest: {"url": "https://a.test"},
    CrawlRequest: {"url": "https://a.test"},
    MapRequest: {"url": "https://a.test"},
    BatchScrapeRequest: {"urls": ["https://a.test"]},
    SearchRequest: {"query": "kilns"},
    V1ScrapeRequest: {"url": "https://a.test"},
    V1CrawlRequest: {"url": "https://a.test"},
    V1MapRequest: {"url": "https://a.test"},
    V1BatchScrapeRequest: {"urls": ["https://a.test"]},
    V1SearchRequest: {"query": "kilns"},
}
OPTIONAL = [
    (model, field.alias or name)
    for model, required in REQUIRED.items()
    for name, field in model.model_fields.items()
    if (field.alias or name) not in required
]


def read(model, **keys):
    return parse_body(model, orjson.dumps({**REQUIRED[model], **keys}))


@pytest.mark.parametrize("blank", [None, "", " \t\n"])
@pytest.mark.parametrize(("model", "key"), OPTIONAL, ids=[f"{m.__name__}.{key}" for m, key in OPTIONAL])
def test_a_blank_is_as_good_as_nothing(model, key, blank):
    assert read(model, **{key: blank}) == read(model)
    assert read(model, **{key: blank})[0].to_wire() == REQUIRED[model]


@pytest.mark.parametrize("model", REQUIRED)
def test_what_is_required_is_still_required(model):
    (key,) = REQUIRED[model]
    with pytest.raises(BadRequest):
        parse_body(model, orjson.dumps({key: None}))
    with pytest.raises(BadRequest):
        parse_body(model, b"{}")


def test_a_blank_url_and_a_blank_entry_of_a_batch_stay_as_they_were_sent():
    assert parse_body(ScrapeRequest, b'{"url": ""}')[0].url == ""
    assert read(BatchScrapeRequest, urls=["", " ", "https://a.test"])[0].urls == ["", " ", "https://a.test"]
    with pytest.raises(BadRequest, match="empty"):
        parse_body(SearchRequest, b'{"query": " "}')


def test_objects_inside_are_read_alike():
    options = {"location": {"country": "", "languages": None}, "formats": None, "integration": "n8n"}
    scraped, _ = read(ScrapeRequest, **options)
    assert (scraped.location.country, scraped.location.languages) == (None, ())
    crawled, _ = read(CrawlRequest, scrapeOptions={"timeout": "", "proxy": None, "includeTags": ["main", ""]})
    assert crawled.scrape_options.to_wire() == {"includeTags": ["main"]}
    waiting, _ = read(ScrapeRequest, actions=[{"type": "wait", "milliseconds": 5, "selector": ""}])
    assert waiting.actions[0].selector is None
    searched, _ = read(SearchRequest, sources=[{"type": "web", "tbs": "", "location": None}])
    assert searched.sources[0].location is None


def test_blank_entries_of_optional_lists_of_texts_are_none():
    crawled, _ = read(CrawlRequest, excludePaths=["", "/a", None, " "], includePaths=[""])
    assert (crawled.exclude_paths, crawled.include_paths) == (("/a",), ())
    assert read(SearchRequest, includeDomains=[""], excludeDomains=["a.test"])[0].include_domains == ()
    with pytest.raises(BadRequest):
        read(ScrapeRequest, formats=[""])
    with pytest.raises(BadRequest):
        read(ScrapeRequest, includeTags=[5])


def test_texts_that_may_be_empty_stay():
    scraped, _ = read(
        ScrapeRequest, headers={"X-A": ""}, actions=[{"type": "write", "text": ""}], formats=["markdown"]
    )
    assert scraped.headers == {"X-A": ""}
    assert scraped.actions[0].text == ""
    config = {"url": "https://hook.test", "metadata": {"a": "", "b": None}}
    assert read(CrawlRequest, webhook=config)[0].webhook.metadata == {"a": "", "b": None}
    schema = {"type": "object", "properties": {"a": {"default": ""}}}
    wanted = read(ScrapeRequest, formats=[{"type": "json", "schema": schema, "prompt": ""}])[0].formats[0]
    assert (wanted.schema_, wanted.prompt) == (schema, None)


def test_an_unknown_key_is_unknown_though_it_is_blank():
    with pytest.raises(BadRequest, match="'unheardOf'"):
        read(ScrapeRequest, unheardOf=None)


def test_newer_keys_that_are_blank_are_not_spoken_of():
    assert read(ScrapeRequest, toolDetail="", domainTools=None)[1] == []


@pytest.mark.parametrize("model", REQUIRED)
def test_an_integration_that_nobody_knows_is_none(model):
    assert read(model, integration="my-workflow")[0].integration is None
    assert read(model, integration="n8n")[0].integration == "n8n"
    with pytest.raises(BadRequest):
        read(model, integration=5)


@pytest.mark.parametrize(
    ("model", "sent", "most"),
    [
        (ScrapeRequest, 300_001, 300_000),
        (ScrapeRequest, 1e9, 300_000),
        (BatchScrapeRequest, 2**60, 300_000),
        (SearchRequest, 600_000, 300_000),
        (V1ScrapeRequest, 600_000, 300_000),
        (V1SearchRequest, 600_000, 300_000),
    ],
)
def test_a_timeout_beyond_the_most_is_lowered_and_said_so(model, sent, most):
    request, warnings = read(model, timeout=sent)
    assert (request.timeout, warnings) == (most, ["timeout was lowered to its most, 300000"])


def test_what_is_lowered_inside_of_a_body_is_said_as_well():
    request, warnings = read(CrawlRequest, limit=2**40, scrapeOptions={"timeout": 400_000})
    assert (request.limit, request.scrape_options.timeout) == (2**31 - 1, 300_000)
    assert warnings == [
        "limit was lowered to its most, 2147483647",
        "timeout was lowered to its most, 300000",
    ]


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        (ScrapeRequest, {"waitFor": 60_001}),
        (ScrapeRequest, {"timeout": 999}),
        (ScrapeRequest, {"timeout": 400_000.5}),
        (SearchRequest, {"limit": 101}),
        (MapRequest, {"limit": 100_001}),
        (CrawlRequest, {"delay": 61}),
        (CrawlRequest, {"limit": 0}),
    ],
)
def test_bounds_that_the_published_api_has_are_bounds(model, keys):
    with pytest.raises(BadRequest):
        read(model, **keys)


def test_what_we_keep_and_answer_is_read_strictly():
    """A null that we would send must not pass for something absent."""
    body = {"success": True, "status": "scraping", "completed": 0, "total": 1, "creditsUsed": 0}
    body |= {"expiresAt": "2026-09-22T14:13:20.000Z", "data": []}
    JobStatus.from_wire(body)
    with pytest.raises(ValueError, match="Null"):
        JobStatus.from_wire({**body, "next": None})
