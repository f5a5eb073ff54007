from __future__ import annotations

import orjson
import pytest

from webkiln.contract.v1.crawl import V1CrawlRequest, crawl_in_v1
from webkiln.contract.wire import parse_body
from webkiln.errors import BadRequest


def sent(**keys):
    return parse_body(V1CrawlRequest, orjson.dumps({"url": "https://a.test/docs", **keys}))[0]


def translated(**keys):
    return sent(**keys).to_v2([])


def test_the_defaults_are_those_of_v1():
    request = translated()
    assert request.url == "https://a.test/docs"
    assert (request.limit, request.sitemap, request.max_discovery_depth) == (10_000, "include", None)
    assert not request.crawl_entire_domain
    assert not request.allow_external_links
    assert not request.allow_subdomains
    assert request.deduplicate_similar_urls
    options = request.scrape_options
    assert (options.timeout, options.max_age_ms, options.verify_tls, options.proxy) == (
        30_000,
        0,
        True,
        "basic",
    )
    assert sent().max_depth == 10


def test_what_both_versions_have_goes_over_as_it_is():
    request = translated(
        includePaths=["^/docs"],
        excludePaths=["/old"],
        maxDiscoveryDepth=2,
        limit=7,
        allowExternalLinks=True,
        allowSubdomains=True,
        ignoreRobotsTxt=True,
        deduplicateSimilarURLs=False,
        ignoreQueryParameters=True,
        regexOnFullURL=True,
        delay=1.5,
        maxConcurrency=2,
        webhook={"url": "https://hook.test", "events": ["page"]},
        zeroDataRetention=True,
        scrapeOptions={"formats": ["html"], "timeout": 5_000, "maxAge": 9},
    )
    assert (request.include_paths, request.exclude_paths) == (("^/docs",), ("/old",))
    assert (request.max_discovery_depth, request.limit, request.delay) == (2, 7, 1.5)
    assert request.allow_external_links
    assert request.allow_subdomains
    assert request.ignore_robots_txt
    assert not request.deduplicate_similar_urls
    assert request.ignore_query_parameters
    assert request.regex_on_full_url
    assert (request.max_concurrency, request.zero_data_retention) == (2, True)
    assert request.webhook is not None
    assert request.webhook.events == ("page",)
    assert [wanted.type for wanted in request.scrape_options.formats] == ["html"]
    assert (request.scrape_options.timeout, request.scrape_options.max_age_ms) == (5_000, 9)


def test_the_sitemap_is_used_or_not():
    assert translated(ignoreSitemap=True).sitemap == "skip"
    assert translated(ignoreSitemap=False).sitemap == "include"


@pytest.mark.parametrize(
    ("keys", "entire"),
    [
        ({"allowBackwardLinks": True}, True),
        ({"crawlEntireDomain": True}, True),
        ({"crawlEntireDomain": False, "allowBackwardLinks": True}, False),
        ({"crawlEntireDomain": True, "allowBackwardLinks": False}, True),
    ],
)
def test_backward_links_are_the_entire_domain(keys, entire):
    assert translated(**keys).crawl_entire_domain is entire


@pytest.mark.parametrize(
    "keys",
    [{"maxDepth": -1}, {"sitemap": "skip"}, {"prompt": "x"}, {"delay": 61}, {"scrapeOptions": {"a": 1}}],
)
def test_a_crawl_is_judged_as_strictly_as_by_v2(keys):
    with pytest.raises(BadRequest):
        translated(**keys)


def test_running_crawls_are_listed_in_words_of_v1():
    options = {
        "limit": 5,
        "crawlEntireDomain": True,
        "sitemap": "skip",
        "maxDepth": 3,
        "scrapeOptions": {"formats": ["markdown"], "parsers": []},
    }
    listed = {"id": "1", "teamId": "t", "url": "https://a.test/", "created_at": "now", "options": options}
    assert crawl_in_v1(listed) == {
        **listed,
        "options": {
            "limit": 5,
            "crawlEntireDomain": True,
            "allowBackwardLinks": True,
            "ignoreSitemap": True,
            "maxDepth": 3,
            "scrapeOptions": {"formats": ["markdown"], "parsePDF": False},
        },
    }
    assert options["sitemap"] == "skip"
