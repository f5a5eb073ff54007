"""Which links of a page belong to a crawl: the rules in their order, and why a link is refused.

Contract §7.1, §7.3 and §21.2. What robots.txt says, and how far a page is from the start, is for the
caller to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from webkiln.frontier.identity import visited_form, visited_key
from webkiln.frontier.patterns import Patterns
from webkiln.frontier.traps import MAX_LENGTH as MAX_FOLLOWED
from webkiln.frontier.traps import TOO_LONG, trap
from webkiln.sites import same_site
from webkiln.urls import MAX_LENGTH, InvalidUrl, origin_of, parts_of, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

_WEB: Final = ("http://", "https://")
# Found anywhere in the URL of an external link; a crawl of such a site itself is not concerned.
_SOCIAL: Final = re.compile(
    r"facebook\.com|twitter\.com|linkedin\.com|instagram\.com|pinterest\.com|mailto:|github\.com"
    r"|calendly\.com|discord\.gg|discord\.com"
)
_SKIPPED = (
    ".png .jpg .jpeg .gif .css .js .ico .svg .tiff .zip .exe .dmg .mp4 .mp3 .wav .pptx .xlsx .avi .flv .woff "
    ".ttf .woff2 .webp .inc"
)
_SKIPPED_FILES: Final = tuple(_SKIPPED.split())
_DOCUMENT: Final = re.compile(r"[^/]*\.[A-Za-z][A-Za-z0-9]{0,9}")
_USUAL_PORTS: Final = frozenset({80, 443})
_BLANK: Final = "".join(map(chr, range(0x21)))
_MOST_KNOWN: Final = 4_096  # judgements remembered; a crawl's navigation is far below


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """What the caller of a crawl or a map chose (contract §7.1).

    `max_url_depth` is how many segments more than the origin's a path may have; None is no bound.
    """

    include_paths: tuple[str, ...] = ()
    exclude_paths: tuple[str, ...] = ()
    regex_on_full_url: bool = False
    crawl_entire_domain: bool = False
    allow_external_links: bool = False
    allow_subdomains: bool = False
    ignore_query_parameters: bool = False
    deduplicate_similar_urls: bool = True
    max_url_depth: int | None = None


class Denial(StrEnum):
    """Why a link is not followed, in the words of contract §7.3; `trap` is ours.

    `depth limit` is of paths that are too deep; how many links a page is from the start, only the
    caller knows.
    """

    DEPTH_LIMIT = "depth limit"
    EXCLUDE_PATTERN = "exclude pattern"
    INCLUDE_PATTERN = "include pattern"
    FILE_TYPE = "file type"
    URL_PARSE_ERROR = "URL parse error"
    BACKWARD_CRAWLING = "backward crawling"
    SOCIAL_MEDIA = "social media"
    EXTERNAL_LINK = "external link"
    SECTION_LINK = "section link"
    NON_WEB_PROTOCOL = "non-web protocol"
    TRAP = "trap"


@dataclass(frozen=True, slots=True)
class Link:
    """A page to visit: its URL in visited form, its key, and whether it is of another site."""

    url: str
    key: int
    external: bool


class LinkRules:
    """Judges the links of one crawl.

    `origin` is the start URL, or where the start redirected to; `today` tells calendars without end
    from others. Raises InvalidUrl for an origin that is no URL in normal form, InvalidPattern for a
    pattern that is none.
    """

    def __init__(self, origin: str, options: LinkOptions, *, today: date | None = None) -> None:
        parts = parts_of(origin)
        self._origin = origin
        self._host = _bare(parts.host)
        # Names an operator pinned need no dot; the start has been through that already.
        self._names = frozenset({parts.host})
        self._options = options
        self._include = Patterns(options.include_paths)
        self._exclude = Patterns(options.exclude_paths)
        self._excluded_sites = _sites_excluded(options.exclude_paths)
        self._scope = None if options.crawl_entire_domain else _scope_of(parts.path)
        deeper = options.max_url_depth
        self._deepest = None if deeper is None else url_depth(parts.path) + deeper
        self._today = today or datetime.now(UTC).date()
        self._warnings: dict[str, None] = {}
        self._known: dict[str, dict[str, Link | Denial]] = {}
        self._held = 0

    @property
    def trap_warnings(self) -> tuple[str, ...]:
        """Sentences on the traps met so far, each once."""
        return tuple(self._warnings)

    def judge(self, url: str, *, found_on: str | None) -> Link | Denial:
        """Judge one link, absolute or relative to the page it was found on.

        `found_on` is the final URL of that page; None for an entry of a sitemap, which stands for
        the origin, and has to name its port where that has one (the sitemaps protocol).
        """
        if found_on is None:
            judged = self._judge(url, self._origin, self._host, on_page=False)
            if isinstance(judged, Link) and not judged.external and self._is_at_another_port(judged.url):
                return Denial.EXTERNAL_LINK
            return judged
        host = self._host_of(found_on)
        if host is None or not self._is_own(host):
            return Denial.EXTERNAL_LINK
        return self._judge(url, found_on, host, on_page=True)

    def links(self, page_url: str, hrefs: Iterable[str], *, external_hop: bool = False) -> list[Link]:
        """Return the pages to visit of the links of a page, each once, in their order.

        `page_url` is the page's final URL, against which `hrefs` are resolved. A page of another site,
        or one reached by leaving it (`external_hop`), gives none: out of the site it is one hop.
        """
        host = self._host_of(page_url)
        if external_hop or host is None or not self._is_own(host):
            return []
        # Navigation is the same on all pages. What starts with a slash depends on the origin only.
        origin = origin_of(page_url)
        known = self._known.get(origin, {})
        found: dict[int, Link] = {}
        for href in hrefs:
            page = _whole_page(href) if "#" in href else href
            judged = known.get(page)
            if judged is None:
                judged = self._judge(page, page_url, host, on_page=True)
                if page.startswith(("/", *_WEB)) and len(page) <= MAX_FOLLOWED:
                    known = self._remember(origin, page, judged)
            if isinstance(judged, Link):
                found.setdefault(judged.key, judged)
        return list(found.values())

    def permits_redirect(self, url: str) -> Denial | None:
        """Say why a page, other than the start, must not have led to `url`; None when it may."""
        judged = self._judge(url, self._origin, self._host, on_page=False)
        return None if isinstance(judged, Link) else judged

    def contains(self, url: str) -> bool:
        """Return whether a page is on the origin's host, www. apart, at or below its path."""
        parts = parts_of(url)
        if _bare(parts.host) != self._host:
            return False
        return self._scope is None or _is_below(parts.path, self._scope)

    def permits_start(self, url: str) -> Denial | None:
        """Say why the start page is not part of its own crawl; None when it is."""
        try:
            form = self._form(url)
        except InvalidUrl:
            return Denial.URL_PARSE_ERROR
        return self._by_path(form, parts_of(form).path)

    def _remember(self, origin: str, href: str, judged: Link | Denial) -> dict[str, Link | Denial]:
        """Remember a judgement, start anew when there are too many; return those of the origin."""
        if self._held >= _MOST_KNOWN:
            self._held = 0
            self._known.clear()
        self._held += 1
        known = self._known.setdefault(origin, {})
        known[href] = judged
        return known

    def _judge(self, href: str, page_url: str, page_host: str, *, on_page: bool) -> Link | Denial:
        """Apply the rules in their order."""
        try:
            url = _absolute(page_url, href)
            if not url.startswith(_WEB):
                return Denial.NON_WEB_PROTOCOL
            form = self._form(url)
            parts = parts_of(form)
        except InvalidUrl:
            return Denial.URL_PARSE_ERROR
        if len(form) > MAX_FOLLOWED:  # patterns take their time with what is long
            return self._warned(TOO_LONG)
        host = _bare(parts.host)
        if host == page_host:
            denial = Denial.SECTION_LINK if on_page and _is_section(href) else None
        else:
            denial = self._by_site(form, host, parts.path)
        denial = denial or self._by_path(form, parts.path) or self._by_shape(form, parts.path)
        if denial is not None:
            return denial
        key = visited_key(form, similar=self._options.deduplicate_similar_urls)
        return Link(form, key, external=not self._is_own(host))

    def _form(self, url: str) -> str:
        """Return the visited form of an absolute URL."""
        return visited_form(url, ignore_query=self._options.ignore_query_parameters, allow_names=self._names)

    def _by_site(self, form: str, host: str, path: str) -> Denial | None:
        """Judge a link to another host than that of its page."""
        if _SOCIAL.search(form) is not None:
            return Denial.SOCIAL_MEDIA
        for domain, prefix in self._excluded_sites:
            if (host == domain or host.endswith(f".{domain}")) and path.startswith(prefix):
                return Denial.EXCLUDE_PATTERN
        if self._options.allow_external_links and path != "/":
            return None
        return None if self._is_own(host) else Denial.EXTERNAL_LINK

    def _by_path(self, form: str, path: str) -> Denial | None:
        """Judge by depth, patterns and scope, which look at the path and not at the host."""
        if self._deepest is not None and url_depth(path) > self._deepest:
            return Denial.DEPTH_LIMIT
        subject = form if self._options.regex_on_full_url else path
        if self._exclude.match(subject):
            return Denial.EXCLUDE_PATTERN
        if self._include and not self._include.match(subject):
            return Denial.INCLUDE_PATTERN
        if self._scope is not None and not _is_below(path, self._scope):
            return Denial.BACKWARD_CRAWLING
        return None

    def _by_shape(self, form: str, path: str) -> Denial | None:
        """Judge by what the URL looks like: files without text, spider traps."""
        if path.lower().endswith(_SKIPPED_FILES):
            return Denial.FILE_TYPE
        warning = trap(form, today=self._today)
        return None if warning is None else self._warned(warning)

    def _warned(self, warning: str) -> Denial:
        """Remember the warning of a trap."""
        self._warnings[warning] = None
        return Denial.TRAP

    def _is_at_another_port(self, url: str) -> bool:
        """Return whether an address is another server's than the origin, on the same host."""
        host, origin = (parts_of(address) for address in (url, self._origin))
        return host.port != origin.port and not {host.port, origin.port} <= _USUAL_PORTS

    def _is_own(self, host: str) -> bool:
        """Return whether a host, without `www.`, is of the crawl's own site."""
        return host == self._host or (self._options.allow_subdomains and same_site(host, self._host))

    @staticmethod
    def _host_of(url: str) -> str | None:
        """Return a page's host without `www.`; None when it is no URL."""
        try:
            return _bare(parts_of(url).host)
        except InvalidUrl:
            return None


def url_depth(path: str) -> int:
    """Return how deep a path lies: its segments, without the names that stand for their folder (§21.2)."""
    return sum(segment not in ("", "index.html", "index.php") for segment in path.split("/"))


def _bare(host: str) -> str:
    """Return a host without `www.`; ports are of no matter, as to a browser's site."""
    return host.removeprefix("www.")


def _absolute(page_url: str, href: str) -> str:
    """Return a link in full; most are in full already."""
    if len(href) > MAX_LENGTH:
        raise InvalidUrl("URL is too long")
    if href.startswith(_WEB) and href.isprintable() and "\\" not in href:
        return href
    return resolve(page_url, href)


def _whole_page(href: str) -> str:
    """Return a link to a section of another page as one to that page: it may be the only one there is.

    What may be a hash route stays, and so does a link to a section of the page it stands on.
    """
    page, _, fragment = href.partition("#")
    return page if page and "/" not in fragment else href


def _is_section(href: str) -> bool:
    """Return whether a link leads to a place on its own page; one with a slash may be a hash route."""
    return href.lstrip(_BLANK).startswith("#") and "/" not in href


def _scope_of(path: str) -> str:
    """Return the start's path as a scope: a folder ending in a slash, or a path that has others below."""
    folder, _, last = path.rpartition("/")
    return f"{folder}/" if _DOCUMENT.fullmatch(last) is not None else path


def _is_below(path: str, scope: str) -> bool:
    """Return whether a path is within a scope."""
    return path.startswith(scope if scope.endswith("/") else f"{scope}/") or path == scope


def _sites_excluded(patterns: Iterable[str]) -> list[tuple[str, str]]:
    """Read the exclude patterns that are a domain, or a domain and the beginning of a path."""
    found = []
    for pattern in patterns:
        plain = re.fullmatch(r"(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)+)(/[^?#]*)?", pattern.strip())
        if plain is not None:
            found.append((plain[1].lower(), plain[2] or "/"))
    return found
