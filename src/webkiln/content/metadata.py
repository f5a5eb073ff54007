"""What a page says about itself in its head (contract §5)."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from webkiln.content.article import describe_article
from webkiln.content.links import base_of
from webkiln.content.structured_data.json_ld import is_linked_data, read_linked_data
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
# Where else a title or a language is told, the best place first; `<title>` and `<html lang>` come before.
_TITLES: Final = ("og:title", "twitter:title", "title", "dc.title", "dcterms.title")
_LANGUAGES: Final = ("language", "dc.language", "dcterms.language", "og:locale")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")

# What the server says about the scrape; clients read these as numbers or fixed words, so no page
# may set them, in either spelling that clients know.
_SERVER_SAYS: Final = """
    url sourceURL source_url statusCode status_code scrapeId scrape_id contentType content_type error
    numPages num_pages totalPages total_pages timezone proxyUsed proxy_used cacheState cache_state
    cachedAt cached_at creditsUsed credits_used concurrencyLimited concurrency_limited
    concurrencyQueueDurationMs concurrency_queue_duration_ms postprocessorsUsed indexId
    ogLocaleAlternate og_locale_alternate title language favicon canonical
"""
_RESERVED: Final = frozenset(_SERVER_SAYS.split())
_LINKS: Final = {"icon": "favicon", "canonical": "canonical"}
_MOST: Final = 1_000
_LONGEST: Final = 1_000
_THING: Final = "[itemscope]:not(html,body)"


@dataclass(frozen=True, slots=True)
class Head:
    """What a page's head says: its `metadata`, and the `base` its links are relative to."""

    metadata: dict[str, Any]
    base: str


def read_head(tree: Tree, url: str) -> Head:
    """Read a page's metadata: the contract's own fields, then every `<meta>` under its own name.

    Values are strings; a name that comes more than once has a list, but `description` one string.
    `canonical` is the address that the page gives as its own, `author` who wrote an article.
    `url` is where the page came from. To be called before the tree is cleaned.
    """
    read = _read(tree, url)
    told = _told(read.metas)
    found: dict[str, Any] = {
        "title": read.title or _first(told, _TITLES) or _heading(tree),
        "language": _language(tree) or read.language or _locale(_first(told, _LANGUAGES)),
    }
    for name, address in read.links.items():
        with contextlib.suppress(InvalidUrl):
            found[_LINKS[name]] = resolve(read.base, address)
    found = {name: value for name, value in found.items() if value}
    _add_metas(found, read.metas)
    found |= describe_article(tree, read_linked_data(read.scripts), told, found)
    return Head(found, read.base)


def tags_of(tree: Tree) -> dict[str, str]:
    """Return what the `<meta>` tags of a page say: the first text of each name, in lower case."""
    metas: list[tuple[str, str]] = []
    for element in islice(tree.iter_elements("meta"), _MOST):
        metas += _named(element)
    return _told(metas)


@dataclass(slots=True)
class _Read:
    """What stands in a head, in the words of the page."""

    base: str
    title: str = ""
    language: str = ""
    metas: list[tuple[str, str]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    scripts: list[Element] = field(default_factory=list)


def _read(tree: Tree, url: str) -> _Read:
    # The parser finds elements of one tag by an index that it keeps while a tree is not changed.
    read = _Read(base_of(tree, url))
    for element in tree.select("meta")[:_MOST]:
        read.metas += _named(element)
        read.language = read.language or _spoken(element)
    for element in tree.select("link"):
        _add_link(read.links, element)
    read.scripts = [element for element in tree.select("script") if is_linked_data(element)]
    titles = (
        " ".join(element.text.split()) for element in tree.select("title") if element.closest("svg") is None
    )
    read.title = next(filter(None, titles), "")
    return read


def _told(metas: list[tuple[str, str]]) -> dict[str, str]:
    """Return the first content of each name, in lower case, that has any."""
    told: dict[str, str] = {}
    for name, content in metas:
        if text := " ".join(content.split()):
            told.setdefault(name.lower(), text)
    return told


def _first(told: dict[str, str], names: tuple[str, ...]) -> str:
    return next((told[name] for name in names if name in told), "")


def _heading(tree: Tree) -> str:
    heading = tree.select_one("h1")
    return "" if heading is None else " ".join(heading.text[:_LONGEST].split())


def _language(tree: Tree) -> str:
    """Return the language that the elements around the whole page are in, as it is written there."""
    around = (tree.root, tree.select_one("html > body"))
    found = (element.attr(name) for element in around if element is not None for name in ("lang", "xml:lang"))
    return next((language for language in found if language), "")


def _spoken(meta: Element) -> str:
    """Return the language that a `<meta http-equiv="Content-Language">` names first."""
    if (meta.attr("http-equiv") or "").lower() != "content-language":
        return ""
    return _locale((meta.attr("content") or "").partition(",")[0].strip())


def _locale(text: str) -> str:
    """Return a language tag that is written in the way of locales (`nl_NL`), or nothing for other text."""
    return text.replace("_", "-") if _LANGUAGE.fullmatch(text) else ""


def _add_metas(found: dict[str, Any], metas: list[tuple[str, str]]) -> None:
    own: dict[str, Any] = {}
    verbatim: dict[str, Any] = {}
    for name, content in metas:
        lower = name.lower()
        if lower in _OWN_NAMES:
            own.setdefault(_OWN_NAMES[lower], content)
        elif lower == _ALTERNATE:
            own.setdefault("ogLocaleAlternate", []).append(content)
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


def _named(meta: Element) -> list[tuple[str, str]]:
    """Return what a tag says under each of its names, but for a thing on the page as if for the page."""
    content = meta.attr("content")
    if content is None:
        return []
    name, terms = meta.attr("name"), meta.attr("property")
    names = [name] if name else []
    names += (terms or "").split()
    item = meta.attr("itemprop")
    if item and (meta.closest(_THING) is None or item.lower() not in _OWN_NAMES):
        names += item.split()
    return [(name, content) for name in dict.fromkeys(names)]


def _add_link(links: dict[str, str], link: Element) -> None:
    """Keep where the first `<link>` of a relation leads to that documents tell of."""
    relations = (link.attr("rel") or "").lower().split()
    address = link.attr("href")
    if address is not None:
        for relation in _LINKS.keys() & relations:
            links.setdefault(relation, address)
