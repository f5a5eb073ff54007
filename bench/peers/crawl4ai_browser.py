"""Crawl4AI in its browser with its default Markdown generator, its cache bypassed.

python crawl4ai_browser.py CHROMIUM AT_ONCE LAST
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Any

# It keeps state in the home folder and one of its parts fetches a price list when imported.
os.environ.setdefault("CRAWL4_AI_BASE_DIRECTORY", str(Path(__file__).parent.parent / "out" / "crawl4ai"))
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from crawl4ai import AsyncWebCrawler, BrowserConfig, CacheMode, CrawlerRunConfig, SemaphoreDispatcher
from playwright.async_api import Browser, BrowserType
from turns import take_turns

launch = BrowserType.launch


async def launch_this(kind: BrowserType, **options: Any) -> Browser:
    """Start the Chromium of all others: Crawl4AI has no option that names one."""
    return await launch(kind, **{**options, "channel": None, "executable_path": sys.argv[1]})


async def main(at_once: int, last: str) -> None:
    """Keep one crawler and show pages with it."""
    BrowserType.launch = launch_this
    # Script and network get the same time as everywhere: until nothing is under way any more.
    config = CrawlerRunConfig(
        cache_mode=CacheMode.BYPASS, stream=False, verbose=False, wait_until="networkidle"
    )
    dispatcher = SemaphoreDispatcher(semaphore_count=at_once, max_session_permit=at_once)
    async with AsyncWebCrawler(config=BrowserConfig(headless=True, verbose=False)) as crawler:

        async def show(urls: list[str]) -> list[str]:
            results = await crawler.arun_many(urls, config=config, dispatcher=dispatcher)
            return [result.markdown.raw_markdown for result in results if result.success]

        version = importlib.metadata.version("crawl4ai")
        await take_turns(f"Crawl4AI {version} in its browser", last, show)


asyncio.run(main(int(sys.argv[2]), sys.argv[3]))
