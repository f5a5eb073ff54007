"""Crawlee (Parsel) with html2text: URL, title, Markdown and links of each page into its dataset.

python crawlee_html2text.py URLS_FILE PAGES CONCURRENCY
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import crawlee
import html2text
from crawlee import ConcurrencySettings
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.storage_clients import MemoryStorageClient
from meter import Meter


async def main(urls: list[str], concurrency: int) -> None:
    """Scrape the URLs with storage in memory, its cheapest."""
    crawler = ParselCrawler(
        concurrency_settings=ConcurrencySettings(
            min_concurrency=concurrency, max_concurrency=concurrency, desired_concurrency=concurrency
        ),
        storage_client=MemoryStorageClient(),
        configure_logging=False,
        max_requests_per_crawl=len(urls),
        respect_robots_txt_file=True,
    )
    meter = Meter()

    @crawler.router.default_handler
    async def handle(context: ParselCrawlingContext) -> None:
        body = await context.http_response.read()
        markdown = html2text.HTML2Text().handle(body.decode("utf-8", "replace"))
        meter.page(markdown)
        await context.push_data(
            {
                "url": context.request.url,
                "title": context.selector.css("title::text").get(),
                "markdown": markdown,
                "links": context.selector.css("a::attr(href)").getall(),
            }
        )

    await crawler.run(urls)
    meter.report(f"Crawlee {crawlee.__version__} + html2text")


logging.disable(logging.ERROR)
asyncio.run(main(Path(sys.argv[1]).read_text().split()[: int(sys.argv[2])], int(sys.argv[3])))
