"""Crawl4AI over plain HTTP with its default Markdown generator, its cache bypassed.

python crawl4ai_http.py URLS_FILE PAGES CONCURRENCY
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import sys
from pathlib import Path

# It keeps state in the home folder and one of its parts fetches a price list when imported.
os.environ.setdefault("CRAWL4_AI_BASE_DIRECTORY", str(Path(__file__).parent.parent / "out" / "crawl4ai"))
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from crawl4ai import AsyncWebCrawler, CacheMode, CrawlerRunConfig, HTTPCrawlerConfig, SemaphoreDispatcher
from crawl4ai.async_crawler_strategy import AsyncHTTPCrawlerStrategy
from meter import Meter


async def main(urls: list[str], concurrency: int) -> None:
    """Scrape the URLs and report."""
    strategy = AsyncHTTPCrawlerStrategy(browser_config=HTTPCrawlerConfig(), max_connections=concurrency)
    dispatcher = SemaphoreDispatcher(semaphore_count=concurrency, max_session_permit=concurrency)
    config = CrawlerRunConfig(cache_mode=CacheMode.BYPASS, stream=False, verbose=False)
    async with AsyncWebCrawler(verbose=False, crawler_strategy=strategy) as crawler:
        meter = Meter()
        for result in await crawler.arun_many(urls, config=config, dispatcher=dispatcher):
            if result.success:
                meter.page(result.markdown.raw_markdown)
        meter.report(f"Crawl4AI {importlib.metadata.version('crawl4ai')} over HTTP")


asyncio.run(main(Path(sys.argv[1]).read_text().split()[: int(sys.argv[2])], int(sys.argv[3])))
