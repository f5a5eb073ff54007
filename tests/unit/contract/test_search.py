from __future__ import annotations

import orjson
import pytest
from firecrawl.v2.methods.search import _transform_array
from firecrawl.v2.types import Document as ClientDocument
from firecrawl.v2.types import SearchResultNews, SearchResultWeb

from webkiln.contract.document import Document
from webkiln.contract.search import HitOptions, NewsHit, SearchRequest, SearchResponse, WebHit
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest, Forbidden


def read(**keys):
    return parse_body(SearchRequest, orjson.dumps({"query": "clay", **keys}))[0]


def refused(**keys):
    with pytest.raises(BadRequest) as caught:
        read(**keys)
    return caught.value


def test_the_defaults_are_the_contracts():
    request = read()
    assert (request.limit, request.timeout, request.origin) == (10, 60_000, "api")
    assert [source.type for source in request.asked] == ["web"]
    assert (request.categories, request.scrape_options.formats) == ((), ())
    assert not request.ignore_invalid_urls
    assert request.safe is None


def test_an_empty_list_of_sources_is_the_default():
    assert [source.type for source in read(sources=[]).asked] == ["web"]


def test_sources_are_names_or_objects():
    sources = ["images", {"type": "web", "tbs": "qdr:d", "country": "AT"}, {"type": "news"}, "local"]
    images, web, news, local = read(sources=sources).asked
    assert (images.type, news.type, local.type) == ("images", "news", "local")
    assert (web.tbs, web.country) == ("qdr:d", "at")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"type": "news", "tbs": "qdr:d"}, "unrecognized_keys"),
        ({"type": "images", "x": 1}, "unrecognized_keys"),
        ("hosted", "invalid_value"),
        ({}, "invalid_value"),
        (3, "invalid_type"),
    ],
)
def test_other_sources_are_refused_where_they_stand(source, code):
    issue = refused(sources=["web", source]).details[0]
    assert issue["path"][:2] == ["sources", 1]
    assert code in (issue["code"], "invalid_type")


@pytest.mark.parametrize("source", ["alexandria", {"type": "alexandria"}])
def test_a_source_that_is_only_hosted_is_refused_as_the_mcp_server_expects(source):
    with pytest.raises(Forbidden) as caught:
        read(sources=["web", source], domainTools=True, toolDetail="compact")
    # One of the texts after which it asks again for the web alone.
    assert caught.value.message == "Exchange is not enabled for this team."


def test_a_source_is_named_once():
    assert refused(sources=["web", {"type": "web"}]).message == "Each source can be named only once"


@pytest.mark.parametrize(
    "alias", ["repo", "code", "docs", "devdex", "repo_search", "developer_index", "developer"]
)
def test_developer_has_aliases_and_stands_alone(alias):
    assert [category.type for category in read(categories=[alias]).categories] == ["developer"]
    assert [category.type for category in read(categories=[{"type": alias}, "developer"]).categories] == [
        "developer"
    ] * 2
    message = "the developer category cannot be combined with other categories"
    assert refused(categories=["github", alias]).message == message


def test_domains_are_lower_cased_hostnames():
    assert read(includeDomains=["Docs.Example.COM", "a.io"]).include_domains == ("docs.example.com", "a.io")
    assert read(excludeDomains=["a-b.example.com"]).exclude_domains == ("a-b.example.com",)


@pytest.mark.parametrize(
    "domain",
    ["https://a.test", "a.test/path", "a b.test", "test", "-a.test", "a..test", "a.test:80", "*.a.test",
     "a.test OR site:b.test", "x" * 64 + ".test", ".".join(["abcdefgh"] * 30)],
)  # fmt: skip
def test_anything_else_is_no_domain(domain):
    assert (
        refused(includeDomains=[domain]).message == "Domain must be a valid hostname without protocol or path"
    )


def test_domains_are_included_or_excluded():
    error = refused(includeDomains=["a.test"], excludeDomains=["b.test"])
    assert error.message == "includeDomains and excludeDomains cannot both be specified"
    assert read(includeDomains=["a.test"], excludeDomains=[]).include_domains == ("a.test",)


@pytest.mark.parametrize(
    "keys",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": 2.5},
        {"timeout": 0},
        {"query": ""},
        {"query": " \t"},
        {"query": "x" * 501},
        {"country": "Austria"},
        {"country": "us-generic"},
        {"lang": "english!"},
        {"enterprise": ["secret"]},
        {"includeDomains": ["a.test"] * 101},
        {"scrapeOptions": {"zeroDataRetention": True}},
    ],
)
def test_values_outside_of_the_contract_are_refused(keys):
    path = refused(**keys).details[0]["path"]
    assert path[0] == next(iter(keys)) or keys == {"scrapeOptions": {"zeroDataRetention": True}}


def test_what_clients_send_by_default_is_accepted():
    request = read(
        limit=5.0, timeout=300_000, origin="python-sdk@4.55.0", integration="_e2e-test", toolDetail="compact"
    )
    assert request.limit == 5


@pytest.mark.parametrize(
    "name", ["changeTracking", "branding", "attributes", "audio", "video", "rawBase64", "deterministicJson"]
)
def test_formats_that_a_search_does_not_have_are_refused(name):
    wanted = (
        {"type": name, "selectors": [{"selector": "a", "attribute": "b"}]} if name == "attributes" else name
    )
    formats = ["markdown", wanted] if name == "changeTracking" else [wanted]
    assert refused(scrapeOptions={"formats": formats}).message.startswith(
        f"The format '{name}' is not available in a search. Formats of "
    )


def test_without_formats_nothing_is_scraped():
    assert HitOptions().formats == ()
    assert read(scrapeOptions={"onlyMainContent": False}).scrape_options.formats == ()
    assert [wanted.type for wanted in read(scrapeOptions={"formats": ["links"]}).scrape_options.formats] == [
        "links"
    ]


def test_no_field_of_a_hit_is_one_of_a_document():
    """A document's bytes follow a hit's in one object: a key must not come twice."""
    own = {"url", "title", "description", "snippet", "date", "imageUrl", "position", "category"}
    documents = {field.alias or name for name, field in Document.model_fields.items()}
    assert own & documents == set()
    hits = {field.alias or name for model in (WebHit, NewsHit) for name, field in model.model_fields.items()}
    assert own <= hits


ANSWER = {
    "success": True,
    "data": {
        "web": [
            {"url": "https://a.test/", "title": "A", "description": "About a", "position": 1},
            {"url": "https://b.test/", "title": "B", "description": "", "position": 2, "category": "github",
             "markdown": "# B", "metadata": {"sourceURL": "https://b.test/", "statusCode": 200}},
            {"url": "https://c.test/", "title": "C", "description": "", "position": 3,
             "metadata": {"sourceURL": "https://c.test/", "statusCode": 500, "error": "ERR", "code": "X"}},
        ],
        "news": [{"url": "https://a.test/", "title": "A", "snippet": "", "position": 1, "date": "today"}],
    },
    "creditsUsed": 2,
    "id": "019a0000-0000-7000-8000-00000000000a",
}  # fmt: skip


def test_the_client_reads_what_the_model_allows():
    assert SearchResponse.from_wire(ANSWER).to_wire() == ANSWER
    plain, document, failed = _transform_array(ANSWER["data"]["web"], SearchResultWeb)
    assert (type(plain), type(document), type(failed)) == (SearchResultWeb, ClientDocument, SearchResultWeb)
    assert (plain.description, plain.position) == ("About a", 1)
    assert document.metadata.status_code == 200
    (news,) = _transform_array(ANSWER["data"]["news"], SearchResultNews)
    assert news.date == "today"
