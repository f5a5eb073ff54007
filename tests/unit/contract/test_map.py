from __future__ import annotations

import orjson
import pytest
from firecrawl.v2.types import LinkResult

from webkiln.contract.map import MapRequest, MapResponse
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


def read(**keys):
    return parse_body(MapRequest, orjson.dumps({"url": "a.test", **keys}))


def test_the_defaults_are_the_contracts():
    request, warnings = read()
    assert (request.limit, request.sitemap, request.timeout, request.search) == (5_000, "include", None, None)
    assert (request.include_subdomains, request.ignore_query_parameters, request.filter_by_path) == (
        True,
        True,
        True,
    )
    assert not request.ignore_cache
    assert not request.allow_external_links
    assert warnings == []


def test_what_clients_send_is_read():
    request, _ = read(
        search="docs",
        includeSubdomains=False,
        limit=10,
        timeout=15_000,
        integration="_e2e-test",
        location={"country": "DE", "languages": ["de"]},
        origin="python-sdk@4",
    )
    assert (request.search, request.limit, request.timeout) == ("docs", 10, 15_000)
    assert request.location.country == "de"


def test_options_of_crawls_are_taken_with_a_warning():
    _, warnings = read(maxDiscoveryDepth=2, delay=1, ignoreRobotsTxt=False)
    assert warnings == ["maxDiscoveryDepth has no effect on a map", "delay has no effect on a map"]


@pytest.mark.parametrize(
    "keys",
    [{"limit": 0}, {"limit": 100_001}, {"timeout": 0}, {"timeout": "1"}, {"sitemap": "all"}, {"formats": []}],
)
def test_what_breaks_the_schema_is_refused(keys):
    with pytest.raises(BadRequest):
        read(**keys)


def test_the_client_reads_what_is_answered():
    body = {"success": True, "id": "x", "links": [{"url": "https://a.test", "title": "A"}], "warning": "w"}
    answer = MapResponse.from_wire(body)
    assert answer.to_wire() == body
    assert LinkResult(**answer.links[0].to_wire()).title == "A"
