"""Sites to be crawled: linked pages that are known one by one, so that what a crawl has to find can be told.

A page is named `host/path?query`. Links, redirects and sitemaps say `http://kiln.test/` without a
port; those of the site that runs are put in when it answers. `catalogue.py` has the sites.
"""

from __future__ import annotations

import asyncio
import gzip
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiohttp import web

from smallweb.pages import prose

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS = re.compile(r"(?i)(?:(https?):|\A)(?://|\\\\)[a-z0-9.-]+\.test(?=[/\\?#]|$)")
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its links as they stand in it, or where it redirects to, after `ms` milliseconds.

    `odd` links say besides how a browser reads them. `areas` are those of an image map, `inner` frames
    in the page; a page of `frames` has nothing else. `broken` closes the connection without an answer.
    A `trap` is a page that no crawl should ask for.
    """

    links: tuple[str, ...] = ()
    odd: tuple[tuple[str, str], ...] = ()
    areas: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    to: str | None = None
    base: str | None = None
    status: int = 200
    ms: int = 0
    media_type: str = "text/html"
    broken: bool = False
    trap: bool = False


MISSING = Page(status=404)


@dataclass(frozen=True, slots=True)
class Listing:
    """A sitemap: an index of others, or a list of pages as XML, as gzipped XML, or as text."""

    kind: Literal["index", "xml", "gz", "txt"]
    entries: tuple[str, ...]

    def encoded(self) -> bytes:
        """Return the file."""
        if self.kind == "txt":
            return "\n".join(self.entries).encode()
        outer, inner = ("sitemapindex", "sitemap") if self.kind == "index" else ("urlset", "url")
        listed = "".join(f"<{inner}><loc>{html.escape(entry)}</loc></{inner}>\n" for entry in self.entries)
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{outer} {_NAMESPACE}>\n{listed}</{outer}>\n'
        return gzip.compress(text.encode()) if self.kind == "gz" else text.encode()


@dataclass(frozen=True, slots=True)
class Site:
    """Everything under one registrable domain; `endless` makes the pages that are in no list.

    `rules` are lines of robots.txt for every robot, `announced` the sitemaps it names.
    """

    domain: str
    pages: dict[str, Page]
    hosts: tuple[str, ...] = ()
    rules: tuple[str, ...] | None = None
    announced: tuple[str, ...] = ()
    listings: dict[str, Listing] = field(default_factory=dict)
    endless: Callable[[str], Page | None] | None = None

    def page(self, name: str) -> Page:
        """Return the page of a name; www. and none show the same."""
        bare = name.removeprefix("www.")
        found = self.pages.get(bare)
        if found is None and self.endless is not None:
            found = self.endless(bare)
        return MISSING if found is None else found

    def robots(self) -> str | None:
        """Return robots.txt, None when there is none."""
        if self.rules is None and not self.announced:
            return None
        lines = ["User-agent: *", *(self.rules or ())]
        return "\n".join([*lines, "", *(f"Sitemap: {url}" for url in self.announced), ""])


class Sites:
    """Answers for several sites, by the host that is asked for."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._sites = {host: site for site in sites for host in names_of(site)}

    def names(self) -> tuple[str, ...]:
        """Return every name that one of the sites answers to."""
        return tuple(self._sites)

    def of(self, host: str) -> Site | None:
        """Return the site a host belongs to."""
        return self._sites.get(host)

    async def answer(self, request: web.Request, ports: tuple[int, int]) -> web.Response | None:
        """Answer a request for one of the sites; None when it is for another. `ports`: http, https."""
        host = request.host.partition(":")[0]
        site = self._sites.get(host)
        if site is None:
            return None
        own = ported(ports)
        if request.path == "/robots.txt":
            text = site.robots()
            return web.Response(status=404) if text is None else web.Response(text=own(text))
        listing = site.listings.get(f"{host}{request.path}")
        if listing is not None:
            entries = tuple(own(entry) for entry in listing.entries)
            return web.Response(body=Listing(listing.kind, entries).encoded(), content_type="text/plain")
        return await _shown(request, site.page(f"{host}{request.path_qs}"), own)


def names_of(site: Site) -> tuple[str, ...]:
    """Return the names a site answers to."""
    return (site.domain, f"www.{site.domain}", *site.hosts)


def ported(ports: tuple[int, int]) -> Callable[[str], str]:
    """Return what puts ports into addresses of test sites, where they are not the usual ones.

    An address without a scheme is one of http.
    """
    usual = {"http": 80, "https": 443}
    asked = dict(zip(usual, ports, strict=True))

    def put(match: re.Match[str]) -> str:
        scheme = (match[1] or "http").lower()
        port = asked[scheme]
        return match[0] if port == usual[scheme] else f"{match[0]}:{port}"

    return lambda text: _ADDRESS.sub(put, text)


async def _shown(request: web.Request, page: Page, own: Callable[[str], str]) -> web.Response:
    if page.ms:
        await asyncio.sleep(page.ms / 1000)
    if page.broken:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if page.to is not None:
        return web.Response(status=302, headers={"Location": own(page.to)})
    if page.media_type != "text/html":
        return web.Response(body=b"\x89PNG\r\n\x1a\n\0\0", content_type=page.media_type)
    return web.Response(
        text=_document(request.path_qs, page, own), content_type="text/html", status=page.status
    )


def _document(name: str, page: Page, own: Callable[[str], str]) -> str:
    hrefs = (*page.links, *(written for written, _ in page.odd))
    links = "\n".join(
        f'<li><a href="{html.escape(own(href))}">{number}</a></li>' for number, href in enumerate(hrefs)
    )
    areas = "".join(f'<area href="{html.escape(own(href))}" alt="">' for href in page.areas)
    inner = "".join(f'<iframe src="{html.escape(own(href))}"></iframe>' for href in page.inner)
    base = "" if page.base is None else f'<base href="{html.escape(own(page.base))}">'
    title = html.escape(name)
    if page.frames:
        frames = "".join(f'<frame src="{html.escape(own(src))}">' for src in page.frames)
        return f"<html><head><title>{title}</title></head><frameset cols='*,*'>{frames}</frameset></html>"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{base}<title>{title}</title>\n'
        f'<link rel="stylesheet" href="/style.css"><link rel="icon" href="/favicon.ico"></head>\n'
        f'<body><main><h1>{title}</h1><p>{prose(len(name), 4)}</p><img src="/picture.png" alt="">\n'
        f"<ul>{links}</ul><map>{areas}</map>{inner}</main></body></html>\n"
    )
