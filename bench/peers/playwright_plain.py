"""Plain Playwright: a fresh context a page, until the network is quiet, then its HTML.

python playwright_plain.py CHROMIUM AT_ONCE LAST
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import sys

from playwright.async_api import async_playwright
from turns import take_turns


async def main(chromium: str, at_once: int, last: str) -> None:
    """Keep one browser and show pages in it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium)
        places = asyncio.Semaphore(at_once)

        async def one(url: str) -> str:
            async with places:
                context = await browser.new_context()
                page = await context.new_page()
                await page.goto(url, wait_until="networkidle")
                html = await page.content()
                await context.close()
                return html

        async def show(urls: list[str]) -> list[str]:
            return await asyncio.gather(*map(one, urls))

        await take_turns(f"plain Playwright {importlib.metadata.version('playwright')}", last, show)


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
