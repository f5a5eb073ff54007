"""The links of a page, absolute and each once (contract §21.5)."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import addresses
from webkiln.sites import same_site
from webkiln.urls import Base, InvalidUrl, host_of, resolve

if TYPE_CHECKING:
    from webkiln.content.html_tree import Element, Tree

_WEB: Final = ("http://", "https://")
_WANTED: Final = (*_WEB, "mailto:")
_URL: Final = re.compile(r"(?<!xmlns=[\"'])\bhttps?://[^\s<>\"'`\\{}|^]{1,2000}")
_TRAILING: Final = ".,;:!?)]*_"
_MOST: Final = 100_000
_BLANKS: Final = (" ", "\n", "\t", "\r", "\f")
_STRIPPED: Final = "".join(map(chr, range(0x21)))
_PICTURE: Final = ("data:", "DATA:")  # megabytes, in place of an address
_LONGEST: Final = 100_000


def base_of(tree: Tree, url: str) -> str:
    """Return what a page's links are relative to: its first `<base href>`, else `url`, where it was.

    One that cannot be read, or leads to no web page, counts as none (HTML §4.2.3).
    """
    for element in tree.select("base"):
        href = element.attr("href")
        if href is not None:
            with contextlib.suppress(InvalidUrl):
                base = resolve(url, href)
                return base if base.startswith(_WEB) else url
            return url
    return url


def resolve_links(body: Element | Tree, base: str) -> None:
    """Make every address below `body` absolute, as a browser reads it, in place.

    Links that no browser could follow lose their address; their text stays. Nothing is done where
    `base` is no web page's URL.
    """
    try:
        start = Base(base)
    except InvalidUrl:
        return
    broken: set[str] = set()

    def resolved(href: str) -> str | None:
        if href.startswith(_PICTURE) or len(href) > _LONGEST:
            return None
        try:
            return start.resolve(href)
        except InvalidUrl:
            broken.add(href)
            return None

    body.rewrite_links(resolved)
    # Blanks around an address are not rewritten; they are rare, and looking at every element is slow.
    written = "".join(addresses(body))
    if broken or any(blank in written for blank in _BLANKS):
        for link in body.iter_elements(("a", "area")):
            _trim(link, broken)


def _trim(link: Element, broken: set[str]) -> None:
    href = link.attr("href")
    if href is None:
        return
    trimmed = href.strip(_STRIPPED)
    if trimmed in broken:
        del link.attrs["href"]
    elif len(trimmed) < len(href):
        link.attrs["href"] = trimmed


def links_of(body: Element | Tree, base: str) -> list[str]:
    """Return the targets of the links below `body`, whose addresses are resolved against `base` already.

    Web pages and mail addresses only, and the pages in frames; places on the page itself (`#top`) are
    left out.
    """
    here = base.partition("#")[0] + "#"
    distinct = list(dict.fromkeys((*addresses(body), *_framed(body, base))))[:_MOST]
    return [
        href for href in distinct if href.startswith(_WANTED) and not ("#" in href and href.startswith(here))
    ]


def hrefs_of(tree: Tree, base: str, page_url: str) -> list[str]:
    """Return every link of a page as it came, its menus and the pages in its frames too, each once.

    They are relative to `page_url`; where the page names another `base`, they are in full.
    """
    hrefs = list(dict.fromkeys((*addresses(tree), *_framed(tree, base))))
    if base == page_url:
        return hrefs
    start, absolute = Base(base), []
    for href in hrefs:
        with contextlib.suppress(InvalidUrl):
            absolute.append(start.resolve(href))
    return absolute


def _framed(root: Element | Tree, base: str) -> list[str]:
    """Return the addresses of pages in frames: all of a frameset, else those of the page's own site.

    Frames in a page are advertisements and films more often than not.
    """
    found = []
    for frame in root.iter_elements(("frame", "iframe")):
        with contextlib.suppress(InvalidUrl):
            url = resolve(base, frame.attr("src") or "about:blank")
            if url.startswith(_WEB) and (frame.tag == "frame" or same_site(host_of(url), host_of(base))):
                found.append(url)
    return found


def links_in_text(text: str) -> list[str]:
    """Return the web addresses that stand in a text, a feed or a sitemap, each once."""
    found = dict.fromkeys(match.group().rstrip(_TRAILING) for match in _URL.finditer(text))
    return list(found)[:_MOST]
