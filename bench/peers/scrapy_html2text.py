"""Scrapy with html2text: URL, title, Markdown and links of each page into a JSON Lines feed.

python scrapy_html2text.py URLS_FILE PAGES CONCURRENCY
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import html2text
import scrapy
from meter import Meter
from scrapy.crawler import CrawlerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import TextResponse

urls = Path(sys.argv[1]).read_text().split()
pages, concurrency = int(sys.argv[2]), int(sys.argv[3])


class Pages(scrapy.Spider):
    """Fetches the given URLs and follows nothing."""

    name = "pages"
    start_urls = urls[:pages]
    meter: Meter

    def parse(self, response: TextResponse) -> Iterator[dict[str, Any]]:
        """Turn one answer into one item."""
        markdown = html2text.HTML2Text().handle(response.text)
        self.meter.page(markdown)
        yield {
            "url": response.url,
            "title": response.css("title::text").get(),
            "markdown": markdown,
            "links": [response.urljoin(link) for link in response.css("a::attr(href)").getall()],
        }


with tempfile.TemporaryDirectory() as folder:
    process = CrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "CONCURRENT_REQUESTS": concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": True,
            "TELNETCONSOLE_ENABLED": False,
            "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
            "ASYNCIO_EVENT_LOOP": "uvloop.Loop",
            "FEEDS": {f"{folder}/pages.jsonl": {"format": "jsonlines"}},
        }
    )
    Pages.meter = Meter()
    process.crawl(Pages)
    process.start()
    Pages.meter.report(f"Scrapy {scrapy.__version__} + html2text")
