"""The v1 client inside the official Python client, as it is installed, against a running server.

`Firecrawl(...).v1` offers the most used of its methods; the whole client is `V1FirecrawlApp`.
"""

from __future__ import annotations

import asyncio

import pytest
import requests
from firecrawl import Firecrawl
from firecrawl.v1 import AsyncV1FirecrawlApp, V1FirecrawlApp, V1ScrapeOptions
from firecrawl.v1.client import AsyncV1CrawlWatcher

# The client calls methods of pydantic by their older names.
pytestmark = pytest.mark.filterwarnings("ignore:The `dict` method is deprecated")

ITEMS = ["https://docs.firecrawl.dev/i/1", "https://docs.firecrawl.dev/i/2"]
START = "https://docs.firecrawl.dev/"


@pytest.fixture
def v1(server):
    return V1FirecrawlApp(api_key=server.key, api_url=server.url)


@pytest.fixture
def aio(server):
    return AsyncV1FirecrawlApp(api_key=server.key, api_url=server.url)


def test_the_client_of_today_reaches_v1_too(server):
    v1 = Firecrawl(api_key=server.key, api_url=server.url).v1
    assert "The kiln manual" in v1.scrape_url(START).markdown
    assert v1.check_crawl_status(v1.async_crawl_url(START, limit=1).id).total == 1


def test_a_page_is_scraped(v1):
    page = v1.scrape_url(START, formats=["markdown", "html", "rawHtml", "links"], only_main_content=True)
    assert page.success
    assert "The kiln manual" in page.markdown
    assert page.html
    assert page.rawHtml
    assert "https://docs.firecrawl.dev/glazes" in page.links
    assert page.metadata["sourceURL"] == START
    assert page.metadata["statusCode"] == 200
    assert page.metadata["title"] == "The kiln manual"


def test_what_is_not_served_is_said(v1):
    with pytest.raises(requests.HTTPError, match="The format 'json' is not available on this server"):
        v1.scrape_url(START, formats=["json"], json_options={"prompt": "the cones"})
    with pytest.raises(requests.HTTPError, match="'extract' is not available"):
        v1.scrape_url(START, formats=["extract"], extract={"prompt": "the cones"})


def test_a_batch_is_waited_for(v1):
    done = v1.batch_scrape_urls(ITEMS, formats=["markdown"])
    assert (done.success, done.status, done.completed, done.total) == (True, "completed", 2, 2)
    assert sorted(page.metadata["sourceURL"] for page in done.data) == ITEMS


def test_a_batch_is_started_and_asked_for(v1):
    started = v1.async_batch_scrape_urls(ITEMS, max_concurrency=1)
    assert started.success
    assert started.url.endswith(f"/v1/batch/scrape/{started.id}")
    assert v1.check_batch_scrape_status(started.id).total == 2
    failures = v1.check_batch_scrape_errors(started.id)
    assert (failures.errors, failures.robotsBlocked) == ([], [])


def test_an_invalid_url_is_one_too_many(v1):
    with pytest.raises(requests.HTTPError, match="Status code 400"):
        v1.async_batch_scrape_urls([*ITEMS, "ftp://docs.firecrawl.dev/"])


def test_a_crawl_is_waited_for(v1):
    done = v1.crawl_url(
        START, limit=3, max_depth=1, scrape_options=V1ScrapeOptions(formats=["markdown"]), ignore_sitemap=True
    )
    assert (done.success, done.status, done.completed) == (True, "completed", 3)
    assert START in {page.metadata["sourceURL"] for page in done.data}
    assert all(page.markdown for page in done.data)


def test_a_crawl_is_started_watched_over_and_cancelled(v1):
    started = v1.async_crawl_url(START, limit=500, delay=5, allow_backward_links=True)
    assert started.url.endswith(f"/v1/crawl/{started.id}")
    assert v1.check_crawl_status(started.id).status == "scraping"
    assert v1.check_crawl_errors(started.id).robotsBlocked == []
    assert v1.cancel_crawl(started.id) == {"status": "cancelled"}
    assert v1.check_crawl_status(started.id).status == "cancelled"


@pytest.mark.parametrize("kind", ["crawl", "batch"])
def test_a_job_is_watched(v1, kind):
    if kind == "crawl":
        watcher = v1.crawl_url_and_watch(START, limit=2, ignore_sitemap=True)
    else:
        watcher = v1.batch_scrape_urls_and_watch(ITEMS)
    ends = []
    watcher.add_event_listener("done", ends.append)
    asyncio.run(watcher.connect())
    assert [end["status"] for end in ends] == ["completed"]
    assert len(watcher.data) == 2


def test_the_web_is_searched(v1):
    found = v1.search("paris", limit=1)
    assert found.success
    assert [hit["url"] for hit in found.data] == ["https://example.com/paris"]
    assert found.data[0]["title"] == "Paris"
    assert found.data[0]["description"]
    assert "markdown" not in found.data[0]


def test_hits_are_scraped(v1):
    options = V1ScrapeOptions(formats=["markdown", "links"])
    hit = v1.search("documentation", limit=1, scrape_options=options).data[0]
    assert hit["url"] == START
    assert "The kiln manual" in hit["markdown"]
    assert hit["metadata"]["statusCode"] == 200


def test_a_site_is_mapped(v1):
    found = v1.map_url(START, limit=20, include_subdomains=False)
    assert found.success
    assert "https://docs.firecrawl.dev/glazes" in found.links


def test_usage_is_told(v1):
    assert v1.get_credit_usage().data.remaining_credits > 0
    assert v1.get_token_usage().data.plan_tokens > 0
    v1.scrape_url(START)
    assert v1.get_credit_usage_historical().periods[0].creditsUsed > 0
    assert v1.get_token_usage_historical(by_api_key=True).periods[0].tokensUsed > 0


def test_the_asynchronous_client_does_the_same(aio):
    async def everything():
        page = await aio.scrape_url(START, formats=["markdown"])
        batch = await aio.batch_scrape_urls(ITEMS, formats=["markdown"])
        crawl = await aio.crawl_url(START, limit=2, ignore_sitemap=True)
        found = await aio.search("paris", limit=1)
        started = await aio.async_crawl_url(START, limit=500, delay=5)
        status = await aio.check_crawl_status(started.id)
        failures = await aio.check_crawl_errors(started.id)
        cancelled = await aio.cancel_crawl(started.id)
        watched = await aio.async_batch_scrape_urls(ITEMS)
        watcher = AsyncV1CrawlWatcher(watched.id, aio)  # its own way there misses its own arguments
        await watcher.connect()
        site = await aio.map_url(START, limit=20)
        usage = await aio.get_credit_usage()
        return page, batch, crawl, found, status, failures, cancelled, watcher, site, usage

    page, batch, crawl, found, status, failures, cancelled, watcher, site, usage = asyncio.run(everything())
    assert "The kiln manual" in page.markdown
    assert (batch.status, batch.completed) == ("completed", 2)
    assert (crawl.status, crawl.completed) == ("completed", 2)
    assert len(found["data"]) == 1
    assert status.status == "scraping"
    assert failures["errors"] == []
    assert cancelled == {"status": "cancelled"}
    assert (watcher.status, len(watcher.data)) == ("completed", 2)
    assert f"{START}about" in site.links
    assert usage.success
