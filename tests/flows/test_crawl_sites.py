"""Sites with a known truth: what a crawl finds is what there is to be found, no more and no less."""

from __future__ import annotations

import re

import pytest

from contract.running import serving
from flows.client import Api
from flows.crawling import at, begin, deviations, expected, outcome, wait
from smallweb import SITES, PortsUnavailable, private_address, spawn

KILN, DOCS = "http://kiln.test/", "http://kiln.test/docs/"
QUICK = {"scrapeOptions": {"formats": ["markdown"], "maxAge": 0, "timeout": 1500}}

CRAWLS = {
    "whole site": (KILN, {}),
    "below a folder": (DOCS, {}),
    "below a page": ("http://kiln.test/docs", {}),
    "below www": ("http://www.kiln.test/docs/", {}),
    "from a page with an ending": ("http://kiln.test/docs/index.html", {}),
    "entire domain": (DOCS, {"crawlEntireDomain": True}),
    "included": (KILN, {"includePaths": ["^/docs/", "/blog/p[0-9]*[02468]$"]}),
    "excluded": (KILN, {"excludePaths": ["/guide/", "p1[0-9]$"]}),
    "included and excluded": (KILN, {"includePaths": ["/docs"], "excludePaths": ["-old"]}),
    "on the full url": (KILN, {"regexOnFullURL": True, "excludePaths": ["view=[12]", "^http://www"]}),
    "start not included": (KILN, {"includePaths": ["^/blog/"]}),
    "subdomains": (KILN, {"allowSubdomains": True}),
    "subdomains of a folder": (DOCS, {"allowSubdomains": True, "crawlEntireDomain": True}),
    "from a subdomain": ("http://blog.kiln.test/p1", {"crawlEntireDomain": True}),
    "external links": (KILN, {"allowExternalLinks": True}),
    "without queries": (KILN, {"ignoreQueryParameters": True}),
    "without sitemap": (KILN, {"sitemap": "skip"}),
    "sitemap only": (KILN, {"sitemap": "only"}),
    "sitemap only below": (DOCS, {"sitemap": "only"}),
    "without robots": (KILN, {"ignoreRobotsTxt": True}),
    **{
        f"{most} levels": (KILN, {"sitemap": "skip", "maxDiscoveryDepth": most})
        for most in (0, 1, 2, 3, 5, 8)
    },
    "levels and more": (DOCS, {"crawlEntireDomain": True, "maxDiscoveryDepth": 4, "allowSubdomains": True}),
    "no levels and a sitemap": (KILN, {"maxDiscoveryDepth": 0}),
    "one at a time": (DOCS, {"maxConcurrency": 1}),
    "spellings": ("http://alike.test/", {}),
    "spellings apart": ("http://alike.test/", {"deduplicateSimilarURLs": False}),
    "spellings without queries": ("http://alike.test/", {"ignoreQueryParameters": True}),
    "redirects": ("http://moved.test/", {}),
    "redirects below a folder": ("http://moved.test/docs/", {}),
    "a start that has moved": ("http://gone.test/", {}),
    "a folder that has moved": ("http://gone.test/docs/", {}),
    "a start that leads out of its scope": ("http://moved.test/docs/leaves", {}),
    "a start in circles": ("http://moved.test/loop", {}),
    "a start that is missing": ("http://kiln.test/nowhere", {"crawlEntireDomain": True}),
    "a start that breaks off": ("http://failing.test/broken", {"crawlEntireDomain": True}),
    "a start that breaks off beside a sitemap": ("http://maps.test/broken", {"crawlEntireDomain": True}),
    "robots.txt": ("http://rules.test/", {}),
    "robots.txt ignored": ("http://rules.test/", {"ignoreRobotsTxt": True}),
    "a start that is forbidden": ("http://rules.test/private/", {}),
    "sitemaps": ("http://maps.test/", {}),
    "sitemaps below a folder": ("http://maps.test/docs/", {}),
    "sitemaps only": ("http://maps.test/", {"sitemap": "only"}),
    "sitemaps skipped": ("http://maps.test/", {"sitemap": "skip"}),
    "sitemap as start": ("http://maps.test/one.xml", {"crawlEntireDomain": True}),
    "sitemaps and a level": ("http://maps.test/", {"maxDiscoveryDepth": 1}),
    "no level and sitemaps": ("http://maps.test/", {"maxDiscoveryDepth": 0}),
    **{
        f"slow ways, {most} levels": ("http://levels.test/", {"maxDiscoveryDepth": most})
        for most in range(2, 6)
    },
    "traps": ("http://traps.test/", {}),
    "base": ("http://folders.test/", {}),
    "sections": ("http://sections.test/", {}),
    "sections and a level": ("http://sections.test/", {"maxDiscoveryDepth": 1}),
    "odd addresses": ("http://odd.test/", {}),
    "frames": ("http://frames.test/", {}),
    "a frameset as start": ("http://frames.test/set/", {}),
    "frames and external links": ("http://frames.test/", {"allowExternalLinks": True}),
    "a start that goes down": ("http://turned.test/", {}),
    "a start that loses its slash": ("http://turned.test/shorn/", {}),
    "a start in another case": ("http://turned.test/Kiln", {}),
    "a start that has moved on its host": ("http://turned.test/old/", {}),
    "a start that has moved below itself": ("http://turned.test/guide", {}),
    "a start that has moved beside itself": ("http://turned.test/latest/", {}),
    "a start that has moved, and levels": ("http://turned.test/old/", {"maxDiscoveryDepth": 1}),
    "a start that has moved, included": ("http://turned.test/old/", {"includePaths": ["/(x|y)$"]}),
    "failures": ("http://failing.test/", QUICK),
}


@pytest.fixture(scope="module")
def crawls(server, web):
    """Start all crawls at once; each test waits for its own."""
    return {name: begin(server, at(web, url), **options) for name, (url, options) in CRAWLS.items()}


@pytest.mark.parametrize("name", CRAWLS)
def test_a_crawl_finds_what_there_is(crawls, api, name):
    url, options = CRAWLS[name]
    truth = expected(url, **options)
    found = outcome(api, crawls[name], similar=options.get("deduplicateSimilarURLs", True))
    assert deviations(found, truth) == {}


def test_nobody_asked_for_files_without_text_or_for_traps(crawls, api, web):
    for job_id in crawls.values():
        wait(api, job_id)
    names = [name for name in web.summary()["hits"] if name.partition("/")[0] in SITES.names()]
    assert len(names) > 200
    assert [name for name in names if re.search(r"(?i)\.(zip|png|css|js|jpe?g|ico)$", name)] == []
    assert [name for name in names if SITES.of(name.partition("/")[0]).page(name).trap] == []


@pytest.fixture(scope="module")
def usual_ports():
    """Run the sites where http and https are at home; the other tests reach them at ports that were free."""
    try:
        with spawn(address=private_address().replace("127.73.", "127.74.")) as running:
            yield running
    except PortsUnavailable as refused:
        pytest.skip(f"ports 80 and 443 of a loopback address: {refused}")


def test_http_and_https_are_one_site(usual_ports, tmp_path):
    settings = {
        "WEBKILN_ALLOW_NETWORKS": "127.0.0.0/8",
        "WEBKILN_RESOLVE": usual_ports.pins,
        "WEBKILN_EXTRA_CA_FILE": usual_ports.ca_file,
    }
    options = [{}, {"deduplicateSimilarURLs": False}, {"regexOnFullURL": True, "excludePaths": ["^https://"]}]
    with serving(tmp_path, settings) as running:
        api = Api(running.url, running.key, tmp_path / "data")
        crawls = [begin(api, "http://schemes.test/", **chosen) for chosen in options]
        for job_id, chosen in zip(crawls, options, strict=True):
            found = outcome(api, job_id, similar=chosen.get("deduplicateSimilarURLs", True))
            assert deviations(found, expected("http://schemes.test/", **chosen)) == {}


@pytest.mark.parametrize("domain", ["middle.test", pytest.param("big.test", marks=pytest.mark.slow)])
def test_a_large_site_is_crawled_to_its_last_page(api, web, domain):
    job_id = begin(api, at(web, f"http://{domain}/"), maxConcurrency=64)
    found = outcome(api, job_id, within_s=280)
    assert deviations(found, expected(f"http://{domain}/")) == {}
    print(f"{domain}: {found.status['completed'] / found.status['duration']:.0f} pages/s")  # noqa: T201 (pytest -s)
