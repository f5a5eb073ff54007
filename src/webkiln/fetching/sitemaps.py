"""Sitemaps of a site: where they may be, and what one of them lists (contract §21.4)."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from webkiln import urls
from webkiln.errors import ScrapeError
from webkiln.fetching.page import FetchRequest
from webkiln.fetching.sitemap_files import MAX_BYTES, Sitemap, SitemapEntry, read_sitemap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webkiln.fetching.fetcher import Fetcher
    from webkiln.fetching.page import Page
    from webkiln.fetching.robots_rules import RobotsRules

__all__ = ["Sitemap", "SitemapEntry", "Sitemaps", "candidates", "is_sitemap"]

_INLINE: Final = 256 << 10
_LARGE_AT_ONCE: Final = 2
_GZIP: Final = b"\x1f\x8b"
_SITEMAP: Final = re.compile(r"\.xml(?:\.gz)?$", re.IGNORECASE)
_FILE: Final = re.compile(r"\.[a-zA-Z][a-zA-Z0-9]{0,9}$")


def is_sitemap(url: str) -> bool:
    """Return whether a URL's path is named like a sitemap: `.xml` or `.xml.gz`."""
    return _SITEMAP.search(urls.parts_of(url).path) is not None


def candidates(start_url: str, robots: RobotsRules, *, domain: str | None = None) -> list[str]:
    """Return where sitemaps may be, the likeliest first, each once.

    A start URL that is a sitemap is the only one. Else those that robots.txt names, then
    `sitemap.xml` in the start URL's directory and at the root, `sitemap_index.xml` where robots.txt
    names none, and the root of `domain`, the host's registrable domain (`sites.registrable_domain`).
    """
    if is_sitemap(start_url):
        return [start_url]
    parts = urls.parts_of(start_url)
    folder, _, last = parts.path.rpartition("/")
    if last and not _FILE.search(last):
        folder = f"{folder}/{last}"
    found = [*robots.sitemaps, f"{parts.origin}{folder}/sitemap.xml", f"{parts.origin}/sitemap.xml"]
    if not robots.sitemaps:
        found.append(f"{parts.origin}/sitemap_index.xml")
    if domain is not None and domain != parts.host:
        found.append(urls.resolve(start_url, f"//{domain}:{parts.port}/sitemap.xml"))
    return list(dict.fromkeys(found))


class Sitemaps:
    """Reads sitemaps through a fetcher, large ones in a thread and two at a time."""

    def __init__(self, fetcher: Fetcher) -> None:
        """Keep the fetcher; make it inside the event loop that uses it."""
        self._fetcher = fetcher
        # As many threads as large ones are read at once: one whose reader has gone counts till its end.
        self._threads = ThreadPoolExecutor(_LARGE_AT_ONCE, "sitemaps")

    async def read(self, url: str, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> Sitemap:
        """Fetch and read one file; `timeout_s` bounds the fetch, `headers` are the caller's own.

        Never raises for what a site does: a failed fetch, a status other than 2xx and a file that
        cannot be read give an empty sitemap with the reason as its warning.
        """
        # A certificate is proven where secrets may be sent along (contract §22.17).
        request = FetchRequest(
            url, timeout_s, dict(headers or {}), verify_tls=bool(headers), first_bytes=MAX_BYTES
        )
        try:
            page = await self._fetcher.fetch(request)
        except ScrapeError as error:
            return Sitemap(warning=f"The sitemap {url} could not be fetched: {error.message}")
        if not HTTPStatus.OK <= page.status < HTTPStatus.MULTIPLE_CHOICES:
            return Sitemap(warning=f"The sitemap {url} was answered with status {page.status}.")
        if len(page.body) <= _INLINE and not page.body.startswith(_GZIP):
            return read_sitemap(page.body, page.url)
        return await asyncio.wrap_future(self._threads.submit(_read, page))


def _read(page: Page) -> Sitemap:
    """Read a file, holding its place among the large ones until it is read."""
    return read_sitemap(page.body, page.url)
