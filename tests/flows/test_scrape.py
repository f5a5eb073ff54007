import threading
import time

import httpx
import pytest

from flows.client import until


def scrape(api, url, **options):
    return api.post("/v2/scrape", {"url": url, **options})


def test_a_page_comes_as_markdown_with_its_metadata(api, web):
    answer = scrape(api, web.url("/i/5"), maxAge=0)
    assert (answer.status, answer.body["success"]) == (200, True)
    page = answer.body["data"]
    assert set(page) == {"markdown", "metadata"}
    assert page["metadata"]["sourceURL"] == page["metadata"]["url"] == web.url("/i/5")
    assert (
        page["metadata"]["statusCode"],
        page["metadata"]["proxyUsed"],
        page["metadata"]["creditsUsed"],
    ) == (200, "basic", 1)
    assert "cacheState" not in page["metadata"]
    again = api.get(f"/v2/scrape/{page['metadata']['scrapeId']}")
    assert again.body == answer.body


def test_every_format_of_this_release_comes_at_once(api, web):
    formats = ["markdown", "html", "rawHtml", "links", "images"]
    attributes = {"type": "attributes", "selectors": [{"selector": "a", "attribute": "href"}]}
    page = scrape(api, web.url("/links?count=3"), formats=[*formats, attributes], maxAge=0).body["data"]
    assert set(page) == {*formats, "attributes", "metadata"}
    assert page["links"] == page["attributes"][0]["values"] or len(page["links"]) >= 3
    assert "<html" in page["rawHtml"]


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_every_coding_is_undone(api, web, coding):
    page = scrape(api, web.url(f"/encoded/{coding}"), formats=["rawHtml"], maxAge=0).body["data"]
    assert (
        page["rawHtml"] == scrape(api, web.url("/i/0"), formats=["rawHtml"], maxAge=0).body["data"]["rawHtml"]
    )


def test_redirects_are_followed_and_the_final_url_told(api, web):
    page = scrape(api, web.url("/redirect/3"), maxAge=0).body["data"]
    assert (page["metadata"]["sourceURL"], page["metadata"]["url"]) == (
        web.url("/redirect/3"),
        web.url("/i/0"),
    )


@pytest.mark.parametrize(
    ("query", "options"),
    [("s=0", {}), ("s=5", {}), ("by=header&s=2", {}), ("s=1", {"fastMode": True})],
)
def test_a_page_that_leads_on_soon_is_a_redirect(api, web, query, options):
    page = scrape(api, web.url(f"/lead-on?url=/i/3&{query}"), maxAge=0, **options).body["data"]
    assert page["metadata"]["url"] == web.url("/i/3")
    assert page["markdown"] == scrape(api, web.url("/i/3"), maxAge=0).body["data"]["markdown"]


@pytest.mark.parametrize("query", ["s=30&url=/i/3", "s=0&url=", "by=header&s=6&url=/i/3"])
def test_a_page_that_leads_on_late_or_to_itself_is_read(api, web, query):
    page = scrape(api, web.url(f"/lead-on?{query}"), maxAge=0).body["data"]
    assert page["metadata"]["url"] == web.url(f"/lead-on?{query}")
    assert page["markdown"].startswith("# Moved")


def test_a_page_leads_to_no_place_that_is_refused(api, web):
    answer = scrape(api, web.url("/lead-on?url=http://169.254.169.254/latest/"), maxAge=0)
    assert (answer.status, answer.body["code"]) == (403, "unsafe_domain_blocked")


def test_a_redirect_loop_ends_with_an_error(api, web):
    answer = scrape(api, web.url("/redirect-loop"), maxAge=0)
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_SITE_ERROR")
    assert "ERR_TOO_MANY_REDIRECTS" in answer.body["error"]


def test_cookies_live_within_the_redirects_of_one_page(api, web):
    first = scrape(api, web.url("/cookie/set?name=clay&value=red"), formats=["rawHtml"], maxAge=0)
    assert "red" in first.body["data"]["rawHtml"]
    second = scrape(api, web.url("/echo"), formats=["rawHtml"], maxAge=0)
    assert "red" not in second.body["data"]["rawHtml"]


def test_own_headers_reach_the_page_and_keep_it_from_the_cache(api, web):
    page = scrape(api, web.url("/echo?own"), formats=["rawHtml"], headers={"X-Kiln": "bisque"}).body["data"]
    assert "bisque" in page["rawHtml"]
    assert "cacheState" not in page["metadata"]


def test_languages_are_asked_for(api, web):
    options = {"formats": ["rawHtml"], "location": {"languages": ["de-AT", "fr"]}, "maxAge": 0}
    assert "de-AT" in scrape(api, web.url("/echo?lang"), **options).body["data"]["rawHtml"]


def test_a_target_that_fails_for_good_is_a_document(api, web):
    answer = scrape(api, web.url("/status/404"), maxAge=0)
    assert (answer.status, answer.body["data"]["metadata"]["statusCode"]) == (200, 404)
    assert answer.body["data"]["metadata"]["error"]


def test_a_target_that_fails_for_a_while_is_tried_again(api, web):
    answer = scrape(api, web.url(f"/flaky/{time.time_ns()}?fail=2"), maxAge=0)
    assert answer.body["data"]["metadata"]["statusCode"] == 200
    worse = scrape(api, web.url(f"/flaky/{time.time_ns()}?fail=9"), maxAge=0)
    assert worse.body["data"]["metadata"]["statusCode"] == 503


def test_retry_after_is_honoured(api, web):
    path = f"/flaky/{time.time_ns()}"
    started = time.monotonic()
    # A host of its own: one that has complained is asked slowly for a while.
    url = web.url(f"{path}?fail=1&status=429&retry_after=2").replace(web.address, "other.test")
    answer = scrape(api, url, maxAge=0)
    assert answer.body["data"]["metadata"]["statusCode"] == 200
    assert time.monotonic() - started >= 2


def test_the_timeout_counts_everything_and_closes_the_socket(api, web):
    for path in ("/slow?ms=30000", "/drip"):
        answer = scrape(api, web.url(path), timeout=1000, maxAge=0)
        assert (answer.status, answer.body["code"]) == (408, "SCRAPE_TIMEOUT")
    until(web.summary, lambda seen: seen["requests_open"] == 0, within_s=2)


def test_a_client_that_leaves_takes_its_scrape_along(api, web):
    with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=1.0) as client:
        body = {"url": web.url("/slow?ms=30000"), "maxAge": 0}
        client.post(f"{api.url}/v2/scrape", json=body, headers={"Authorization": f"Bearer {api.key}"})
    until(web.summary, lambda seen: seen["requests_open"] == 0, within_s=2)


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("http://10.1.2.3/", 403, "unsafe_domain_blocked"),
        ("http://0x7f.1/", 403, "unsafe_domain_blocked"),
        ("http://[::ffff:10.0.0.1]/", 403, "unsafe_domain_blocked"),
        ("file:///etc/passwd", 400, "BAD_REQUEST"),
        ("http://site.test:25/", 400, "BAD_REQUEST"),
        ("http://no-such-host-for-webkiln.example/", 200, "SCRAPE_DNS_RESOLUTION_ERROR"),
    ],
)
def test_what_cannot_be_fetched_is_told_apart(api, url, status, code):
    answer = scrape(api, url, maxAge=0)
    assert (answer.status, answer.body["success"], answer.body["code"]) == (status, False, code)


def test_a_redirect_inside_is_refused_without_naming_the_address(api, web):
    answer = scrape(api, web.url("/redirect-to?url=http://192.168.7.9/"), maxAge=0)
    assert (answer.status, answer.body) == (
        403,
        {"success": False, "code": "unsafe_domain_blocked", "error": "URL blocked"},
    )


def test_a_closed_port_and_a_reset_say_what_was_tried(api, web):
    answer = scrape(api, web.url("/reset"), maxAge=0)
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_SITE_ERROR")
    assert "ERR_" in answer.body["error"]
    assert "tried 3 times" in answer.body["error"]


def test_a_certificate_counts_only_where_it_is_asked_for(api, web):
    url = f"https://{web.address}:{web.https_port}/i/1"
    assert scrape(api, url, maxAge=0, skipTlsVerification=False).status == 200
    named = f"https://unlisted.smallweb.test:{web.https_port}/i/1"
    refused = scrape(api, named, maxAge=0, skipTlsVerification=False)
    assert refused.body["code"] in ("SCRAPE_SSL_ERROR", "SCRAPE_DNS_RESOLUTION_ERROR")


def test_binary_files_are_refused_by_type(api, web):
    answer = scrape(api, web.url("/image"), maxAge=0)
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_UNSUPPORTED_FILE_ERROR")


def test_an_interactive_page_does_not_wait_behind_a_batch(api, web):
    job_id = api.start([web.url(f"/slow?ms=20000&n={number}") for number in range(200)], maxAge=0)
    until(web.summary, lambda seen: seen["requests_open"] >= 64)
    assert scrape(api, web.url("/i/3"), maxAge=0, timeout=5000).status == 200
    api.delete(f"/v2/batch/scrape/{job_id}")


def test_many_clients_at_once_all_get_their_page(api, web):
    found = []

    def one(number):
        found.append(
            (number, scrape(api, web.url(f"/i/{number}?ms=50"), formats=["rawHtml"], maxAge=0).body["data"])
        )

    threads = [threading.Thread(target=one, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in found) == list(range(24))
    assert all(page["metadata"]["sourceURL"].endswith(f"/i/{number}?ms=50") for number, page in found)
