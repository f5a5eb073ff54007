"""The links of a page, absolute and each once (contract §21.5)."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

from webkiln.content.html_tree import addresses
from webkiln.urls import InvalidUrl, resolve

if TYPE_CHECKING:
    from webkiln.content.html_tree import Element, Tree

_WANTED: Final = ("http://", "https://", "mailto:")
_URL: Final = re.compile(r"(?<!xmlns=[\"'])\bhttps?://[^\s<>\"'`\\{}|^]{1,2000}")
_TRAILING: Final = ".,;:!?)]*_"
_MOST: Final = 100_000


def links_of(body: Element | Tree, base: str) -> list[str]:
    """Return the targets of `a[href]` below `body`, whose links are resolved against `base` already.

    Web pages and mail addresses only; places on the page itself (`#top`) are left out.
    """
    here = base.partition("#")[0] + "#"
    distinct = list(dict.fromkeys(addresses(body)))[:_MOST]
    return [
        href for href in distinct if href.startswith(_WANTED) and not ("#" in href and href.startswith(here))
    ]


def hrefs_of(tree: Tree, base: str, page_url: str) -> list[str]:
    """Return every `a[href]` of a page as it came, its menus too, each once.

    They are relative to `page_url`; where the page names another `base`, they are in full.
    """
    hrefs = list(dict.fromkeys(addresses(tree)))
    if base == page_url:
        return hrefs
    absolute = []
    for href in hrefs:
        with contextlib.suppress(InvalidUrl):
            absolute.append(resolve(base, href))
    return absolute


def links_in_text(text: str) -> list[str]:
    """Return the web addresses that stand in a text, a feed or a sitemap, each once."""
    found = dict.fromkeys(match.group().rstrip(_TRAILING) for match in _URL.finditer(text))
    return list(found)[:_MOST]
