"""What a crawl of the test sites has to find, worked out from the sites themselves.

Written from contract §7.1, §7.3 and §21.1 to §21.4 alone, without anything of the program. Slow and
simple on purpose: one page after the other, level by level, so that every page has its shortest way.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smallweb.sites import Page, Site, Sites

_NOT_FETCHED = (
    ".png .jpg .jpeg .gif .css .js .ico .svg .tiff .zip .exe .dmg .mp4 .mp3 .wav .pptx .xlsx .avi .flv .woff "
    ".ttf .woff2 .webp .inc"
)
_FILES = tuple(_NOT_FETCHED.split())
_SOCIAL = "facebook.com twitter.com linkedin.com instagram.com pinterest.com mailto: github.com discord.com"
_SESSION = re.compile(r"PHPSESSID=[^&]*", re.IGNORECASE)
_ENCODED_PLAIN = re.compile(r"%(4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|3[0-9])", re.IGNORECASE)
_MOST_REDIRECTS = 20
TOO_LATE_MS = 10_000
"""A page that takes so long is waited for by nobody."""


@dataclass
class Truth:
    """`pages` are the pages that end as documents, by what makes them one page; values are final URLs.

    `blocked` are the URLs that robots.txt keeps a crawl from, `failed` those that lead nowhere, and
    `denied` those that lead out of the crawl.
    """

    pages: dict[str, str] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)


def identity(url: str, *, similar: bool = True) -> str:
    """Return what all spellings of one page have in common (contract §21.1)."""
    if not similar:
        return url
    rest = url.partition("://")[2].removeprefix("www.")
    rest, mark, fragment = rest.partition("#")
    path, _, query = rest.partition("?")
    path = _ENCODED_PLAIN.sub(lambda match: chr(int(match[1], 16)), path)
    path = re.sub(r";jsessionid=\w+", "", path, flags=re.IGNORECASE)
    path = re.sub(r"/(index\.html|index\.php)?$", "", path)
    query = "&".join(part for part in query.split("&") if part and not _SESSION.fullmatch(part))
    return f"{path}{'?' if query else ''}{query}{mark}{fragment}"


def crawl_truth(sites: Sites, start: str, **options: Any) -> Truth:
    """Return what a crawl with these options, named as on the wire, has to find."""
    return _Crawl(sites, start, options).run()


class _Crawl:
    def __init__(self, sites: Sites, start: str, options: dict[str, Any]) -> None:
        self.sites = sites
        self.start = _plain(start)
        self.options = options
        self.origin = self.start
        self.scope = "" if options.get("crawlEntireDomain") else _scope(urlsplit(self.start).path)
        self.truth = Truth()
        self.most = options.get("maxDiscoveryDepth", 10**9)
        self.met = {self.key(self.start)}
        self.waiting: deque[tuple[str, int]] = deque([(self.start, 0)])

    def run(self) -> Truth:
        while self.waiting:
            url, depth = self.waiting.popleft()
            self.visit(url, depth)
        return self.truth

    def key(self, url: str) -> str:
        return identity(url, similar=self.options.get("deduplicateSimilarURLs", True))

    def visit(self, url: str, depth: int) -> None:
        first = url == self.start and depth == 0
        final, page = (url, None) if self.blocked(url) else self.follow(url)
        final = self.form(final)
        if first:
            self.settle_down(url, final)
            self.look_for_sitemaps()
        if self.blocked(url):
            self.truth.blocked.add(url)
        elif page is None:
            self.truth.failed.add(url)
        elif first or self.may_lead_to(url, final):
            self.keep(url, final)
            if depth < self.most and self.options.get("sitemap") != "only" and self.own(_host(final)):
                for link in self.links(final, page):
                    self.enqueue(link, depth + 1)

    def settle_down(self, url: str, final: str) -> None:
        """Move to the host that the start redirects to, or to the path where that is another one."""
        if _host(final) != _host(url) or not _below(urlsplit(final).path, self.scope):
            self.origin = final
            self.scope = "" if self.options.get("crawlEntireDomain") else _scope(urlsplit(final).path)

    def may_lead_to(self, url: str, final: str) -> bool:
        """Judge where a page redirects to."""
        if self.key(final) == self.key(url):
            return True
        wanted, blocked = self.wanted(final, self.origin), self.blocked(final)
        if not wanted:
            self.truth.denied.add(url)
        elif blocked:
            self.truth.blocked.add(url)
        return wanted and not blocked

    def keep(self, url: str, final: str) -> None:
        if self.patterns_and_scope(final):
            self.truth.pages.setdefault(self.key(final), final)
        else:
            self.truth.denied.add(url)
        self.met.add(self.key(final))

    def enqueue(self, url: str, depth: int) -> None:
        if self.key(url) not in self.met:
            self.met.add(self.key(url))
            self.waiting.append((url, depth))

    def follow(self, url: str) -> tuple[str, Page | None]:
        """Return where a page is in the end, and the page; None when nothing is there to be kept."""
        for _ in range(_MOST_REDIRECTS):
            page = self.page(url)
            if page.broken or page.ms >= TOO_LATE_MS or page.media_type.startswith("image/"):
                return url, None
            if page.to is None:
                return url, page
            fragment = url.partition("#")[2]
            url = urljoin(url, page.to)
            if fragment and "#" not in url:
                url = f"{url}#{fragment}"
        return url, None

    def page(self, url: str) -> Page:
        parts = urlsplit(url)
        site = self.site(url)
        query = f"?{parts.query}" if parts.query else ""
        return site.page(f"{_host(url)}{parts.path or '/'}{query}")

    def site(self, url: str) -> Site:
        site = self.sites.of(urlsplit(url).hostname or "")
        assert site is not None, f"{url} is on none of the test sites"
        return site

    def links(self, url: str, page: Page) -> Iterator[str]:
        base = urljoin(url, page.base) if page.base else url
        framed = [urljoin(base, src) for src in page.inner]
        hrefs = (*page.links, *(read for _, read in page.odd), *page.areas, *page.frames)
        here = [href for href in hrefs if href.startswith("#") and "/" not in href]  # a place on the page
        links = [urljoin(base, href) for href in hrefs if href not in (*here, "http://", "http://[::1")]
        for link in (*links, *(link for link in framed if _domain(_host(link)) == _domain(_host(url)))):
            if link.startswith(("http://", "https://")) and self.wanted(form := self.form(link), url):
                yield form

    def form(self, link: str) -> str:
        link, _, fragment = link.partition("#")
        if self.options.get("ignoreQueryParameters"):
            link = link.partition("?")[0]
        link = _plain(link)
        return f"{link}#{fragment}" if fragment.startswith(("/", "!/")) and len(fragment) > 1 else link

    def wanted(self, link: str, found_on: str) -> bool:
        """Judge a link: site, patterns, scope, kind of file, trap; robots.txt is asked at its turn."""
        host = _host(link)
        path = urlsplit(link).path
        if host != _host(found_on):
            if any(name in link for name in _SOCIAL.split()):
                return False
            external = self.options.get("allowExternalLinks") and path != "/"
            if not external and not self.own(host):
                return False
        if not self.patterns_and_scope(link) or path.lower().endswith(_FILES):
            return False
        return not self.page(link).trap

    def own(self, host: str) -> bool:
        here = _host(self.origin)
        if host == here:
            return True
        return bool(self.options.get("allowSubdomains")) and _domain(host) == _domain(here)

    def patterns_and_scope(self, url: str) -> bool:
        path = urlsplit(url).path
        subject = url if self.options.get("regexOnFullURL") else path
        if any(re.search(pattern, subject) for pattern in self.options.get("excludePaths", ())):
            return False
        include = self.options.get("includePaths", ())
        if include and not any(re.search(pattern, subject) for pattern in include):
            return False
        return _below(path, self.scope)

    def blocked(self, url: str) -> bool:
        if self.options.get("ignoreRobotsTxt"):
            return False
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        best = (-1, True)
        for line in self.site(url).rules or ():
            word, _, pattern = line.partition(": ")
            shape = re.escape(pattern).replace(r"\*", ".*").replace(r"\$", "$")
            if word in ("Allow", "Disallow") and pattern and re.match(shape, target):
                best = max(best, (len(pattern), word == "Allow"))
        return not best[1]

    def look_for_sitemaps(self) -> None:
        """Queue what sitemaps list, at the depth of the start."""
        if self.options.get("sitemap") == "skip":
            return
        parts = urlsplit(self.origin)
        site = self.site(self.origin)
        root = f"{parts.scheme}://{parts.netloc}"
        folder = _scope(parts.path).rstrip("/")
        places = [*site.announced, f"{root}{folder}/sitemap.xml", f"{root}/sitemap.xml"]
        if not site.announced:
            places.append(f"{root}/sitemap_index.xml")
        places.append(f"{parts.scheme}://{_domain(parts.netloc)}/sitemap.xml")
        if parts.path.endswith((".xml", ".xml.gz")):
            places = [self.origin]
        waiting, read = deque(places), set()
        while waiting:
            place = waiting.popleft()
            listing = self.site(place).listings.get(place.partition("://")[2])
            if listing is None or place in read:
                continue
            read.add(place)
            for entry in listing.entries:
                if listing.kind == "index" or entry.endswith((".xml", ".xml.gz")):
                    waiting.append(entry)
                elif self.wanted(link := self.form(entry), self.origin):
                    self.enqueue(link, 0)


def _plain(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.path else f"{parts.scheme}://{parts.netloc}/{'?' if parts.query else ''}{parts.query}"


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _domain(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def _scope(path: str) -> str:
    folder, _, last = path.rpartition("/")
    return f"{folder}/" if "." in last else path


def _below(path: str, scope: str) -> bool:
    if not scope or path == scope:
        return True
    return path.startswith(scope if scope.endswith("/") else f"{scope}/")
