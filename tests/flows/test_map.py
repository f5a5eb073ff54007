"""Maps of sites with a known truth: every page that is there, and nothing that is not."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import httpx
import pytest

from contract.running import serving
from flows.client import Api, until
from flows.crawling import at, expected, portless
from smallweb import SITES, identity


@pytest.fixture(scope="module")
def patient(web, database_settings, tmp_path_factory):
    """Give a server of one worker without a browser, whose maps fetch few pages."""
    settings = {
        **database_settings(),
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_BROWSER": "off",
        "WEBKILN_MAP_PAGES": "30",
    }
    folder = tmp_path_factory.mktemp("map")
    with serving(folder, settings, workers=1) as started:
        yield Api(started.url, started.key, folder / "data", settings.get("WEBKILN_DATABASE_URL"))


def ask(api, web, url, **options):
    answer = api.post("/v2/map", {"url": at(web, url), "ignoreCache": True, **options})
    assert answer.status == 200, answer.body
    assert set(answer.body) <= {"success", "id", "links", "warning"}
    return answer.body


def found(body):
    return [portless(link["url"]) for link in body["links"]]


def is_there(url):
    """Return whether a page of the catalogue answers with itself."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return SITES.of(parts.hostname).page(f"{parts.hostname}{parts.path}{query}").status == 200


def pages_of(domain, *, but=()):
    """Return the pages of a site of the catalogue, as a map shows them."""
    site = SITES.of(domain)
    names = {
        name.partition("?")[0].removesuffix("/") for name, page in site.pages.items() if page.status == 200
    }
    return {f"http://{name}" for name in names if not name.endswith(tuple(but))}


@pytest.mark.parametrize("sitemap", ["include", "skip", "only"])
def test_a_site_whose_sitemap_is_whole(api, web, sitemap):
    body = ask(api, web, "http://listed.test/", sitemap=sitemap)
    unlinked = ("only-listed",) if sitemap == "skip" else ()
    assert set(found(body)) == pages_of("listed.test", but=unlinked)
    assert len(found(body)) == len(set(found(body)))
    assert "warning" not in body


def test_pages_know_their_titles_when_they_were_read(api, web):
    links = ask(api, web, "http://listed.test/")["links"]
    assert {"url": at(web, "http://listed.test/a"), "title": "/a"} in links
    assert at(web, "http://listed.test/paper.pdf") in [link["url"] for link in links if "title" not in link]


def test_a_sitemap_of_sections_only_and_a_host_with_pages_that_nothing_links_to(api, web):
    body = ask(api, web, "http://partial.test/")
    # What robots.txt forbids is listed, as links show it, and not read: nobody knows what is behind it.
    behind = {f"http://partial.test/s5/leaf-{leaf}" for leaf in range(15)}
    assert set(found(body)) == pages_of("partial.test") - behind
    assert not [one for one in web.requests() if (one["host"], one["path"]) == ("partial.test", "/s5/")]


def test_without_subdomains_there_is_one_host(api, web):
    urls = found(ask(api, web, "http://www.partial.test/", includeSubdomains=False))
    assert len(urls) > 80
    assert not [url for url in urls if "blog." in url]


def test_a_sitemap_that_is_behind(api, web):
    body = ask(api, web, "http://stale.test/")
    assert set(found(body)) == pages_of("stale.test")


@pytest.mark.parametrize("ignored", [True, False])
def test_lists_in_pages_are_gone_through_whether_they_are_shown_or_not(api, web, ignored):
    urls = found(ask(api, web, "http://paged.test/", ignoreQueryParameters=ignored))
    assert {url for url in urls if "?" not in url} - {"http://paged.test/list"} == pages_of("paged.test") - {
        "http://paged.test/list"
    }
    assert (len([url for url in urls if "page=" in url]) > 12) is not ignored


CRAWLED = {
    "a tangle": ("http://kiln.test/", {}),
    "below a folder": ("http://kiln.test/docs/", {}),
    "not by its path": ("http://kiln.test/docs/", {"filterByPath": False}),
    "one host": ("http://kiln.test/", {"includeSubdomains": False}),
    "without sitemap": ("http://kiln.test/", {"sitemap": "skip"}),
    "included": ("http://kiln.test/", {"includePaths": ["^/docs/"]}),
    "redirects": ("http://moved.test/", {}),
    "another site": ("http://gone.test/", {}),
    "another site's folder": ("http://gone.test/docs/", {}),
    "all formats of sitemaps": ("http://maps.test/", {}),
    "bases": ("http://folders.test/", {}),
    "a chain": ("http://levels.test/", {}),
    "exceptions": ("http://rules.test/", {}),
    "1,500 pages": ("http://middle.test/", {}),
}


@pytest.mark.parametrize("case", CRAWLED)
def test_a_map_has_every_page_that_a_crawl_finds(api, web, case):
    start, options = CRAWLED[case]
    crawl = {
        "allowSubdomains": options.get("includeSubdomains", True),
        "crawlEntireDomain": not options.get("filterByPath", True),
        "sitemap": options.get("sitemap", "include"),
        "includePaths": options.get("includePaths", []),
    }
    truth = expected(start, **crawl)
    there = {key for key, url in truth.pages.items() if is_there(url)}
    urls = {identity(url) for url in found(ask(api, web, start, ignoreQueryParameters=False, **options))}
    assert len(urls & there) >= (1 if len(there) < 500 else 0.99) * len(there)
    # What is listed besides are addresses that are there, and lead nowhere, elsewhere, or may not be read.
    besides = {identity(url) for url in truth.blocked | truth.failed | truth.denied}
    assert urls - there <= besides


def test_what_is_searched_for_comes_first_and_the_rest_follows(api, web):
    urls = found(ask(api, web, "http://listed.test/", search="Papers"))
    assert urls[0] == "http://listed.test/paper.pdf"
    assert set(urls) == pages_of("listed.test")
    assert found(ask(api, web, "http://listed.test/", search="paper", limit=1)) == urls[:1]


def test_a_limit_is_kept_and_the_start_comes_first(api, web):
    assert found(ask(api, web, "http://middle.test/", limit=7))[0] == "http://middle.test"
    assert len(found(ask(api, web, "http://middle.test/", limit=7))) == 7


def test_a_map_costs_a_credit_and_is_listed(api, web):
    other = api.another_team()
    body = ask(other, web, "http://listed.test/")
    (month,) = other.get("/v2/team/credit-usage/historical").body["periods"]
    assert month["creditsUsed"] == 1
    (listed,) = other.get("/v2/team/activity?endpoint=map").body["data"]
    assert (listed["id"], listed["target"]) == (body["id"], at(web, "http://listed.test/"))


def test_a_second_map_is_answered_from_what_the_first_found(api, web):
    before = ask(api, web, "http://stale.test/", ignoreCache=False, limit=4000)
    since = time.time()
    again = ask(api, web, "http://www.stale.test/", ignoreCache=False)
    asked = len(web.requests(since))
    again = ask(api, web, "http://stale.test/", ignoreCache=False, search="leaf 3", limit=5)
    assert len(web.requests(since)) == asked
    assert set(found(again)) < set(found(before))
    assert ask(api, web, "http://stale.test/")["id"] != again["id"]
    assert len(web.requests(since)) > asked


def test_what_was_found_when_the_time_ran_out_is_the_answer(api, web):
    body = ask(api, web, "http://sleepy.test/?ms=30000", timeout=3_000)  # its start answers at once
    assert set(found(body)) >= {f"http://sleepy.test/s/{number}" for number in range(60)}
    assert body["warning"].startswith("The time ran out")


def test_nothing_in_time_is_a_timeout(api, web):
    answer = api.post("/v2/map", {"url": web.url("/slow?ms=5000"), "timeout": 300})
    assert (answer.status, answer.body["success"], answer.body["code"]) == (408, False, "MAP_TIMEOUT")


def test_a_site_that_is_not_there_is_a_failure_that_says_why(api, web):
    url = f"http://{web.address}:59999/"
    answer = api.post("/v2/map", {"url": url})
    assert (answer.status, answer.body["code"]) == (500, "MAP_FAILED")
    assert url.rstrip("/") in answer.body["error"]
    only = api.post("/v2/map", {"url": url, "sitemap": "only"})
    assert (only.status, only.body["links"]) == (200, [])
    assert "could not be fetched" in only.body["warning"]


def test_a_refused_address_is_refused(api):
    answer = api.post("/v2/map", {"url": "http://169.254.169.254/latest"})
    assert (answer.status, answer.body["code"]) == (403, "unsafe_domain_blocked")


def test_a_start_page_that_is_gone_is_told(api, web):
    body = ask(api, web, "http://failing.test/gone")
    assert body["links"] == []
    assert "status 410" in body["warning"]
    assert "try mapping the base domain" in body["warning"]


def test_a_site_that_asks_for_fewer_requests_gets_fewer(api, web):
    since = time.time()
    body = ask(api, web, "http://walled.test/")
    assert len(found(body)) == 61
    assert "fewer requests" in body["warning"]
    assert len(web.requests(since)) < 30


def test_fetching_ends_at_the_bound(patient, web):
    since = time.time()
    body = ask(patient, web, "http://middle.test/")
    assert "WEBKILN_MAP_PAGES" in body["warning"]
    pages = [one for one in web.requests(since) if one["path"].startswith("/p/")]
    assert len(pages) == 30
    assert len(found(body)) > 30


def test_headers_are_sent_along_and_such_maps_are_not_kept(api, web):
    for _ in range(2):
        since = time.time()
        ask(api, web, "http://listed.test/", ignoreCache=False, headers={"X-Kiln": "1"})
        assert web.requests(since)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"includePaths": ["(?=x)"]}, 400, "perl"),
        ({"sitemap": "maybe"}, 400, "Bad Request"),
        ({"limit": 100_001}, 400, "Bad Request"),
        ({"timeout": 0}, 400, "Bad Request"),
        ({"formats": ["markdown"]}, 400, "Unrecognized key"),
        ({"threatProtection": {}}, 403, "Threat protection"),
    ],
)
def test_what_cannot_be_is_refused(api, web, body, status, said):
    answer = api.post("/v2/map", {"url": at(web, "http://listed.test/"), **body})
    assert answer.status == status
    assert said in answer.body["error"]


def test_what_has_no_effect_is_said(api, web):
    body = ask(
        api, web, "http://listed.test/", useIndex=True, auditMetadata={"username": "k"}, maxDiscoveryDepth=3
    )
    for name in ("useIndex", "auditMetadata", "maxDiscoveryDepth"):
        assert name in body["warning"]


def test_a_client_that_hangs_up_ends_its_map(api, web):
    with httpx.Client(timeout=0.5, trust_env=False) as client, pytest.raises(httpx.ReadTimeout):
        client.post(
            f"{api.url}/v2/map",
            json={"url": web.url("/slow?ms=20000")},
            headers={"Authorization": f"Bearer {api.key}"},
        )
    until(lambda: web.summary()["requests_open"], lambda opened: opened == 0)
