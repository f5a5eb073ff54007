"""Crawlee (Parsel) with html2text as a crawler: follows links from the start until it has so many pages.

python crawlee_crawl.py START_URL PAGES CONCURRENCY
"""

from __future__ import annotations

import asyncio
import logging
import sys

import crawlee
import html2text
from crawlee import ConcurrencySettings
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.storage_clients import MemoryStorageClient
from meter import Meter


async def main(start: str, pages: int, concurrency: int) -> None:
    """Crawl with storage in memory, its cheapest."""
    crawler = ParselCrawler(
        concurrency_settings=ConcurrencySettings(
            min_concurrency=concurrency, max_concurrency=concurrency, desired_concurrency=concurrency
        ),
        storage_client=MemoryStorageClient(),
        configure_logging=False,
        max_requests_per_crawl=pages,
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
        await context.enqueue_links()

    await crawler.run([start])
    meter.report(f"Crawlee {crawlee.__version__} + html2text, crawl")


logging.disable(logging.ERROR)
asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
