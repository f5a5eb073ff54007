"""What reads bytes of others, each as a function of such bytes, and bytes to put in."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

from webkiln.content import to_markdown
from webkiln.content.charset import decode
from webkiln.content.evidence import read_evidence
from webkiln.content.fingerprint import fingerprint
from webkiln.content.html_tree import parse
from webkiln.content.images import largest_candidate
from webkiln.content.links import links_in_text
from webkiln.content.media_type import classify
from webkiln.content.menu import menu_of
from webkiln.content.money.prices import prices_in
from webkiln.content.plain_text import plain_text
from webkiln.content.product import product_of
from webkiln.content.structured_data.broken_json import read_broken_json
from webkiln.content.tidying import tidy
from webkiln.content.unified_diff import unified_diff
from webkiln.contract.scrape import ScrapeOptions
from webkiln.errors import ScrapeError
from webkiln.fetching.cookies import ChainCookies
from webkiln.fetching.decoding import Undecodable, decode_start
from webkiln.fetching.page import Page
from webkiln.fetching.page_verdict import page_verdict
from webkiln.fetching.robots_rules import read_rules
from webkiln.fetching.sitemap_files import read_sitemap
from webkiln.frontier.rules import LinkOptions, LinkRules
from webkiln.scraping.outline import outline_of
from webkiln.scraping.quality import quality_of, seen_of
from webkiln.scraping.rendering import render
from webkiln.scraping.scraper import _retry_after_s
from webkiln.scraping.wishes import Wishes
from webkiln.urls import InvalidUrl, resolve

URL = "http://site.test/a/b"
PAGES = Path(__file__).parent / "pages"
EVERYTHING = Wishes.of(
    ScrapeOptions.model_validate(
        {
            "formats": [
                "markdown",
                "html",
                "links",
                "images",
                {"type": "attributes", "selectors": [{"selector": "a, img", "attribute": "href"}]},
            ],
            "excludeTags": ["*menu*", "p.x"],
            "onlyMainContent": False,
        }
    )
)


def page(body: bytes, *headers: tuple[str, str]) -> Page:
    return Page(URL, URL, 200, headers or (("content-type", "text/html"),), "", body, body, 0.0)


def text(body: bytes) -> str:
    return body.decode("latin-1")


def _cookies(body: bytes) -> str:
    cookies = ChainCookies()
    line = text(body)
    lines = [line, *(line[start : start + 4_000] for start in range(0, len(line), 4_000))]
    cookies.store(lines, "www.site.test", "/a", secure=True)
    return cookies.header("www.site.test", "/a", secure=True)


def _links(body: bytes) -> None:
    hrefs = text(body).split(" ")
    LinkRules(URL, LinkOptions()).links(URL, [*hrefs, text(body)[:10_000]])
    with contextlib.suppress(InvalidUrl):
        resolve(URL, text(body))


def _headers(body: bytes) -> None:
    value = text(body).replace("\n", " ")
    classify(value, b"x")
    largest_candidate(value)
    _retry_after_s(page(b"", ("retry-after", value)), 0.0)


def _coded(body: bytes) -> None:
    for coding in ("gzip", "deflate", "br", "zstd", text(body)):
        with contextlib.suppress(Undecodable):
            decode_start(body, coding, 1 << 20)


def _compared(body: bytes) -> None:
    """Compare with the text backwards, with every other line gone, and with all lines others."""
    old = text(body)
    lines = old.split("\n")
    for new in ("\n".join(lines[::-1]), "\n".join(lines[::2]), old.replace("\n", "!\n"), old[1:]):
        unified_diff(old, new)


def _judged(body: bytes) -> None:
    shown = page(body)
    quality_of(seen_of(shown, text(body), URL), 200, text(body)[:2_000], text(body))


def _rendered(body: bytes) -> None:
    with contextlib.suppress(ScrapeError):
        render(page(body), EVERYTHING)


def _facts(body: bytes) -> None:
    evidence = read_evidence(parse(text(body)), URL)
    product_of(evidence)
    menu_of(evidence)


def _broken(body: str) -> None:
    with contextlib.suppress(ValueError):
        read_broken_json(body)


def _linked_data(body: bytes) -> None:
    _facts(b"<title>x</title><script type=application/ld+json>" + body + b"</script><h1>x</h1>")


READERS = {
    "verdict": lambda body: page_verdict(page(body)),
    "type": lambda body: [classify(declared, body) for declared in ("text/html", None, "application/xml")],
    "charset": lambda body: decode(body, None),
    "coding": _coded,
    "markdown": lambda body: to_markdown(text(body), URL),
    "document": _rendered,
    "facts": _facts,
    "linked data": _linked_data,
    "broken JSON": lambda body: _broken(text(body)),
    "prices": lambda body: list(prices_in(text(body), bare=True)),
    "plain text": lambda body: plain_text(text(body)),
    "tidying": lambda body: tidy(text(body)),
    "links in text": lambda body: links_in_text(text(body)),
    "robots": lambda body: read_rules(body, "http://site.test/robots.txt", "Webkiln"),
    "sitemap": lambda body: read_sitemap(body, "http://site.test/sitemap.xml"),
    "outline": lambda body: outline_of(page(body)),
    "cookies": _cookies,
    "fingerprint": lambda body: fingerprint(text(body)),
    "diff": _compared,
    "quality": _judged,
    "headers": _headers,
    "links": _links,
}

# Ways to begin, to end, and to leave open; `%d` is another number each time.
TOKENS = (
    b"<head>", b"<HEAD ", b"</head>", b"<noscript>", b"</noscript>", b"<script>", b"</script>", b"<style>",
    b"<svg>", b"<template>", b"<title>", b"<!--", b"-->", b"<![CDATA[", b"<?xml ", b"<!doctype html",
    b"<meta ", b"<meta charset=", b"charset=", b"http-equiv=refresh ", b"<base href=x>", b"<link rel=icon>",
    b"<body ", b"<div class=menu>", b"<div id=c%d>", b"<main>", b"</div>", b"<section id=", b"<nav>",
    b"<header>", b"<table><tr><td>", b"<tr>", b"<td colspan=9>", b"<th rowspan=99>", b"</table>",
    b"<ul><li>", b"<li>", b"<p>", b"<h1>", b"<b>", b"</b>", b"<i><em>", b"<a href=x>", b"<a href=/p%d>",
    b"</a>", b"<pre>", b"<code>", b"<blockquote>", b"<select><option>", b"<button>", b"<math>",
    b"<span class=katex>", b"<font>", b"<img srcset='a 1x,", b"<img src=data:image/png;base64,",
    b"<noscript><img src=x></noscript>", b'style="url(', b"x", b"a%d", b" ", b"\t", b"\n", b"\r\n", b"\x00",
    b"&", b"&#160;", b"&amp;lt", b"`", b"``", b"\\`", b"\\\n", b"**", b"_a_", b"](", b"[", b"![", b"((",
    b"\n> ", b"|", b"- ", b"{", b"}", b'"', b"'", b"http://a", b"https://b.test/%d?", b"//", b"/../",
    b"%2e", b"<loc>", b"<url><loc>", b"</loc></url>", b"<sitemap>", b"<lastmod>", b"Disallow: /*a",
    b"Allow: /$", b"*", b"User-agent: *\n", b"Crawl-delay: 1\n", b"Sitemap: ", b"#", b";", b",", b"=",
    b"a=b; ", b"; domain=", b"; expires=Mon, ", b"\x1f\x8b\x08", b"(\xb5/\xfd", b"\xe3\x81", b"\xff\xfe",
    b"<div itemscope itemtype=Product>", b"<div itemprop=offers itemscope>", b"<b itemprop=price>",
    b" 9,99 &euro; ", b"<div itemscope itemref=c1>", b"<div typeof=Product property=offers>",
    b"<i property=name>",
    b"<dt>soup", b"<script type=application/ld+json>", b'{"@type":"Product","name":', b'"offers":[',
    b'{"@id":"#%d"},', b"Menu", b"SKU: ", b"$5 ", b"<s>", b"1.", b"1 ", b"1,000", b"EAN 40063813339", b"/*",
    b"\x1b$B", b"\xf0\x9f", b"\xed\xa0", b"\x8e",
)  # fmt: skip


def grown(parts: tuple[bytes, ...], size: int) -> bytes:
    """Repeat the parts up to a size."""
    unit = b"".join(parts)
    if b"%d" not in unit:
        return unit * (size // len(unit))
    pieces, length = [], 0
    while length < size:
        pieces.append(unit.replace(b"%d", b"%d" % len(pieces)))
        length += len(pieces[-1])
    return b"".join(pieces)[:size]


def mutated(dice: random.Random, size: int) -> tuple[bytes, ...]:
    """Return a stretch of a real page with tokens strewn over it, to be repeated."""
    source = dice.choice(sorted(PAGES.glob("*.html"))).read_bytes()
    start = dice.randrange(max(len(source) - size, 1))
    stretch = source[start : start + size]
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(stretch) + 1)
        stretch = stretch[:place] + dice.choice(TOKENS) + stretch[place + dice.choice((0, 0, 3, 20)) :]
    return (stretch.replace(b"%", b"%%") if b"%d" in stretch else stretch,)
