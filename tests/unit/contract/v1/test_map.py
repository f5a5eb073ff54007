from __future__ import annotations

import orjson
import pytest

from webkiln.contract.v1.map import V1MapRequest
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


def translated(**keys):
    return parse_body(V1MapRequest, orjson.dumps({"url": "https://a.test", **keys}))[0].to_v2([])


def test_the_defaults_are_those_of_v1():
    request = translated()
    assert (request.url, request.sitemap, request.limit) == ("https://a.test", "include", 5_000)
    assert request.include_subdomains
    assert request.timeout is None


@pytest.mark.parametrize(
    ("keys", "sitemap"),
    [
        ({"ignoreSitemap": True}, "skip"),
        ({"sitemapOnly": True}, "only"),
        ({"sitemapOnly": True, "ignoreSitemap": True}, "only"),
        ({"sitemapOnly": False, "ignoreSitemap": False}, "include"),
    ],
)
def test_two_switches_say_how_the_sitemap_is_used(keys, sitemap):
    assert translated(**keys).sitemap == sitemap


def test_what_both_versions_have_goes_over_as_it_is():
    request = translated(
        search="docs",
        includeSubdomains=False,
        limit=30_000,
        timeout=30_000,
        useIndex=False,
        location={"country": "us"},
    )
    assert (request.search, request.limit, request.timeout) == ("docs", 30_000, 30_000)
    assert not request.include_subdomains
    assert not request.use_index
    assert request.location is not None


@pytest.mark.parametrize("keys", [{"limit": 30_001}, {"limit": 0}, {"timeout": 0}, {"sitemap": "only"}])
def test_a_map_is_judged_strictly(keys):
    with pytest.raises(BadRequest):
        translated(**keys)
