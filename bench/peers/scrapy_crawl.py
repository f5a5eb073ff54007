"""Scrapy with html2text as a crawler: follows links from the start until it has so many pages.

python scrapy_crawl.py START_URL PAGES CONCURRENCY
"""

from __future__ import annotations

import sys
import tempfile
from typing import TYPE_CHECKING, Any

import html2text
import scrapy
from meter import Meter
from scrapy.crawler import CrawlerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import TextResponse

start, pages, concurrency = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Site(scrapy.Spider):
    """Follows every link of its own host."""

    name = "site"
    start_urls = (start,)
    allowed_domains = ("127.0.0.1",)
    meter: Meter

    def parse(self, response: TextResponse) -> Iterator[Any]:
        """Turn one answer into one item and the links on it."""
        markdown = html2text.HTML2Text().handle(response.text)
        self.meter.page(markdown)
        links = response.css("a::attr(href)").getall()
        yield {
            "url": response.url,
            "title": response.css("title::text").get(),
            "markdown": markdown,
            "links": [response.urljoin(link) for link in links],
        }
        if self.meter.pages < pages:
            for link in links:
                yield response.follow(link, self.parse)


with tempfile.TemporaryDirectory() as folder:
    process = CrawlerProcess(
        {
            "LOG_LEVEL": "CRITICAL",
            "CONCURRENT_REQUESTS": concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": True,
            "TELNETCONSOLE_ENABLED": False,
            "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
            "ASYNCIO_EVENT_LOOP": "uvloop.Loop",
            "CLOSESPIDER_PAGECOUNT": pages,
            "FEEDS": {f"{folder}/pages.jsonl": {"format": "jsonlines"}},
        }
    )
    Site.meter = Meter()
    process.crawl(Site)
    process.start()
    Site.meter.report(f"Scrapy {scrapy.__version__} + html2text, crawl")
