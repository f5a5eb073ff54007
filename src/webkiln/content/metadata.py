"""What a page says about itself in its head (contract §5)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.links import base_of
from webkiln.urls import InvalidUrl, resolve

if TYPE_CHECKING:
    from webkiln.content.html_tree import Element, Tree

# Names of `<meta>` tags, in lower case, that documents carry under a name of their own.
_OWN_NAMES: Final = {
    "description": "description",
    "keywords": "keywords",
    "robots": "robots",
    "og:title": "ogTitle",
    "og:description": "ogDescription",
    "og:url": "ogUrl",
    "og:image": "ogImage",
    "og:audio": "ogAudio",
    "og:determiner": "ogDeterminer",
    "og:locale": "ogLocale",
    "og:site_name": "ogSiteName",
    "og:video": "ogVideo",
    "dcterms.created": "dcTermsCreated",
    "dc.date.created": "dcDateCreated",
    "dc.date": "dcDate",
    "dcterms.type": "dcTermsType",
    "dc.type": "dcType",
    "dcterms.audience": "dcTermsAudience",
    "dcterms.subject": "dcTermsSubject",
    "dc.subject": "dcSubject",
    "dc.description": "dcDescription",
    "dcterms.keywords": "dcTermsKeywords",
    "article:modified_time": "modifiedTime",
    "article:published_time": "publishedTime",
    "article:tag": "articleTag",
    "article:section": "articleSection",
}
_ALTERNATE: Final = "og:locale:alternate"

# What the server says about the scrape; clients read these as numbers or fixed words, so no page
# may set them, in either spelling that clients know.
_SERVER_SAYS: Final = """
    url sourceURL source_url statusCode status_code scrapeId scrape_id contentType content_type error
    numPages num_pages totalPages total_pages timezone proxyUsed proxy_used cacheState cache_state
    cachedAt cached_at creditsUsed credits_used concurrencyLimited concurrency_limited
    concurrencyQueueDurationMs concurrency_queue_duration_ms postprocessorsUsed indexId
    ogLocaleAlternate og_locale_alternate title language favicon
"""
_RESERVED: Final = frozenset(_SERVER_SAYS.split())
_MOST: Final = 1_000
_READ: Final = ("title", "link", "meta", "base")


@dataclass(frozen=True, slots=True)
class Head:
    """What a page's head says: its `metadata`, and the `base` its links are relative to."""

    metadata: dict[str, Any]
    base: str


def read_head(tree: Tree, url: str) -> Head:
    """Read a page's metadata: the contract's own fields, then every `<meta>` under its own name.

    Values are strings; a name that comes more than once has a list, but `description` one string.
    `url` is where the page came from. To be called before the tree is cleaned.
    """
    found: dict[str, Any] = {}
    metas: list[tuple[str, str]] = []
    icon: str | None = None
    base = url
    for element in tree.iter_elements(_READ):
        tag = element.tag
        if tag == "meta":
            if len(metas) < _MOST and (named := _named(element)) is not None:
                metas.append(named)
        elif tag == "link":
            icon = icon or _icon(element)
        elif tag == "base":
            base = base_of(tree, url)
        elif "title" not in found and element.closest("svg") is None:
            found["title"] = " ".join(element.text.split())
    root = tree.root
    language = root.attr("lang") if root is not None else None
    if language:
        found["language"] = language
    if icon is not None:
        with contextlib.suppress(InvalidUrl):
            found["favicon"] = resolve(base, icon)
    _add_metas(found, metas)
    return Head(found, base)


def _add_metas(found: dict[str, Any], metas: list[tuple[str, str]]) -> None:
    own: dict[str, Any] = {}
    verbatim: dict[str, Any] = {}
    for name, content in metas:
        lower = name.lower()
        if lower in _OWN_NAMES:
            own.setdefault(_OWN_NAMES[lower], content)
        elif lower == _ALTERNATE:
            own.setdefault("ogLocaleAlternate", []).append(content)
        elif lower in {"title", "language"} and content:
            found.setdefault(lower, content)
        if name in _RESERVED:
            continue
        before = verbatim.get(name)
        if before is None:
            verbatim[name] = content
        elif lower == "description":
            verbatim[name] = f"{before}, {content}"
        elif isinstance(before, list):
            before.append(content)
        else:
            verbatim[name] = [before, content]
    found.update(own)
    found.update(verbatim)


def _named(meta: Element) -> tuple[str, str] | None:
    name = meta.attr("name") or meta.attr("property") or meta.attr("itemprop")
    if not name:
        return None
    content = meta.attr("content")
    return None if content is None else (name, content)


def _icon(link: Element) -> str | None:
    relation = link.attr("rel")
    if not relation or "icon" not in relation.lower().split():
        return None
    return link.attr("href")
