"""Write the benchmark's web site: linked pages of a realistic build and size, always the same ones.

Sizes are lognormal around 60 KB, as pages of the web are. Each page has what a content page has
besides its text: navigation, breadcrumbs, teasers, footer, inline styles, structured data and a
script with state. Every file has a `.gz` twin for nginx's gzip_static.

    python bench/make_site.py [FOLDER] [--pages 2000]
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import math
import random
import statistics
from pathlib import Path

OUT = Path(__file__).parent / "out"
FOLDER = OUT / "site"
ORIGIN = "http://127.0.0.1:8090"
PAGES = 2000
SEED = 7_052_611
SHELVES = 25
MEDIAN_BYTES, SIGMA = 60_000, 0.65
SMALLEST, LARGEST = 6_000, 600_000
VERSION = "3"

ONSETS = (
    "",
    "b",
    "br",
    "c",
    "ch",
    "d",
    "f",
    "fl",
    "g",
    "gl",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "r",
    "s",
    "st",
    "t",
    "v",
)
RHYMES = (
    "a",
    "an",
    "ar",
    "e",
    "el",
    "en",
    "er",
    "i",
    "in",
    "is",
    "o",
    "on",
    "or",
    "u",
    "um",
    "ay",
    "ock",
    "ight",
)
FREQUENT_WORDS = """
    the of and to in a is that for it was on with as by at from this are be or an which not have but they you
"""
FREQUENT = FREQUENT_WORDS.split()
WITH_LINK, WITH_CODE, ITEM_WITH_LINK = 0.5, 0.15, 0.3


class Author:
    """Writes words, sentences and pieces of HTML from one seeded chance."""

    def __init__(self, seed: int, pages: int) -> None:
        """Invent a vocabulary; `pages` bounds what links may point to."""
        self.chance = random.Random(seed)
        self.pages = pages
        made = (
            "".join(self._syllable() for _ in range(self.chance.choice((1, 2, 2, 3, 3, 4))))
            for _ in range(7000)
        )
        self.vocabulary = [*made, *(FREQUENT * 110)]

    def _syllable(self) -> str:
        return self.chance.choice(ONSETS) + self.chance.choice(RHYMES)

    def words(self, count: int) -> str:
        """Return `count` words with spaces between."""
        return " ".join(self.chance.choices(self.vocabulary, k=count))

    def some(self, least: int, most: int) -> str:
        """Return between `least` and `most` words."""
        return self.words(self.chance.randint(least, most))

    def sentence(self) -> str:
        """Return one sentence."""
        return self.some(5, 25).capitalize() + self.chance.choice(("." * 5) + "?!")

    def sentences(self, least: int, most: int) -> str:
        """Return several sentences."""
        return " ".join(self.sentence() for _ in range(self.chance.randint(least, most)))

    def link(self, number: int | None = None) -> str:
        """Return a link to a page, to any when none is named."""
        target = self.chance.randrange(self.pages) if number is None else number % self.pages
        marks = f'class="ref ref-{target % 4}" data-piece="{target}"'
        return f'<a {marks} href="{path(target)}">{self.some(1, 4)}</a>'


def path(number: int) -> str:
    """Return the path of a page."""
    return f"/shelf-{shelf_of(number)}/piece-{number:05d}.html"


def shelf_of(number: int) -> str:
    """Return the name of the section a page is in."""
    return f"{number % SHELVES:02d}"


def paragraph(author: Author) -> str:
    """Return a paragraph, often with links and inline marks."""
    text = author.sentences(2, 7)
    if author.chance.random() < WITH_LINK:
        text += f" Compare {author.link()} with <b>{author.words(2)}</b>, or <i>{author.words(3)}</i>."
    if author.chance.random() < WITH_CODE:
        away = f'<a href="https://example.org/{author.words(1)}?of={author.words(1)}">{author.words(2)}</a>'
        text += f" Call <code>{author.words(1)}()</code> &amp; read {away}."
    return f'<p class="prose prose-{author.chance.randint(1, 9)}">{text}</p>\n'


def heading(author: Author) -> str:
    """Return a heading of level 2 to 4."""
    level = author.chance.choice((2, 2, 3, 3, 4))
    return f'<h{level} id="part-{author.chance.randint(1, 9999)}">{author.some(2, 7).title()}</h{level}>\n'


def bullets(author: Author) -> str:
    """Return a list."""
    kind = author.chance.choice(("ul", "ul", "ol"))
    items = []
    for _ in range(author.chance.randint(3, 9)):
        extra = f" {author.link()}" if author.chance.random() < ITEM_WITH_LINK else ""
        items.append(f"<li>{author.sentence()}{extra}</li>")
    return f"<{kind}>{''.join(items)}</{kind}>\n"


def table(author: Author) -> str:
    """Return a data table."""
    columns = range(author.chance.randint(3, 6))
    head = "".join(f"<th>{author.words(1)}</th>" for _ in columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{author.some(1, 4)}</td>' for _ in columns)}</tr>"
        for _ in range(author.chance.randint(3, 14))
    )
    return f'<table class="data"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>\n'


def code(author: Author) -> str:
    """Return a block of code."""
    lines = (
        f"def {author.words(1)}(x):  # {author.words(4)}\n    return x &lt; {author.chance.randint(1, 99)}"
        for _ in range(author.chance.randint(2, 6))
    )
    return f'<pre><code class="language-python">{chr(10).join(lines)}</code></pre>\n'


def figure(author: Author) -> str:
    """Return an image with a caption."""
    number = author.chance.randrange(16)
    return (
        f'<figure><img src="/img/{number}.png" '
        f'srcset="/img/{number}.png 1x, /img/{(number + 1) % 16}.png 2x" '
        f'alt="{author.words(3)}" width="640" height="360" loading="lazy">'
        f"<figcaption>{author.words(7)}</figcaption></figure>\n"
    )


def quote(author: Author) -> str:
    """Return a block quote."""
    return f"<blockquote><p>{author.sentences(1, 3)}</p></blockquote>\n"


BLOCKS = ((paragraph, 62), (heading, 10), (bullets, 10), (table, 5), (code, 3), (figure, 5), (quote, 5))


def block(author: Author) -> str:
    """Return one block of an article."""
    kinds, weights = zip(*BLOCKS, strict=True)
    return str(author.chance.choices(kinds, weights)[0](author))


def head(author: Author, number: int, title: str, size: int) -> str:
    """Return everything before the body; its inline styles grow with the page."""
    about = author.words(18)
    facts = {"@context": "https://schema.org", "@type": "Article", "headline": title, "description": about}
    rules = "".join(
        f".u{n}-{author.chance.randint(100, 999)}{{padding:{n % 40}px {n % 7}px;"
        f"color:#{author.chance.randrange(1 << 24):06x};display:grid}}"
        for n in range(int(size * 0.05 / 56))
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)} - The Long Shelf</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{about}"><meta name="robots" content="index,follow">
<meta property="og:title" content="{html.escape(title)}"><meta property="og:type" content="article">
<meta property="og:image" content="{ORIGIN}/img/{number % 16}.png">
<link rel="canonical" href="{ORIGIN}{path(number)}"><link rel="icon" href="/img/0.png">
<link rel="stylesheet" href="/look.css">
<script type="application/ld+json">{json.dumps(facts)}</script><style>{rules}</style></head>
"""


def masthead(author: Author, number: int) -> str:
    """Return the banner with its two-level navigation, and the breadcrumbs."""
    menu = "".join(
        f'<li class="menu-item"><a href="/shelf-{shelf:02d}/">{author.words(2)}</a><ul>'
        + "".join(f"<li>{author.link(number * 7 + shelf * 31 + n)}</li>" for n in range(3))
        + "</ul></li>"
        for shelf in range(10)
    )
    return f"""<body class="piece piece-{number}"><a class="skip" href="#text">Skip to the text</a>
<header role="banner"><a class="brand" href="/"><img src="/img/0.png" alt="The Long Shelf"></a>
<nav class="menu"><ul>{menu}</ul></nav>
<form action="/find"><input type="search" name="q"><button>Find</button></form></header>
<div class="page"><nav class="breadcrumbs"><a href="/">Start</a> /
<a href="/shelf-{shelf_of(number)}/">Shelf {shelf_of(number)}</a></nav>
"""


def teaser(author: Author) -> str:
    """Return one card of the sidebar."""
    number = author.chance.randrange(author.pages)
    return (
        f"""<div class="card" data-seen='{{"at":{number},"as":"{author.words(1)}"}}'>"""
        f'<a href="{path(number)}"><img src="/img/{number % 16}.png" alt=""><h3>{author.words(5)}</h3></a>'
        f"<p>{author.words(14)}</p>"
        f'<time datetime="2026-0{1 + number % 9}-1{number % 10}">{1 + number % 28} May</time></div>\n'
    )


def footer(author: Author, number: int) -> str:
    """Return the end of the page's visible part."""
    columns = "".join(
        f"<ul><li>{author.link(number + n * 97)}</li><li>{author.link(number + n * 131)}</li></ul>"
        for n in range(6)
    )
    terms = '&copy; 2026 The Long Shelf. <a href="/private/terms.html">Terms</a>'
    return f'<footer><div class="columns">{columns}</div><p>{terms}</p></footer>\n'


def script(author: Author, number: int, size: int) -> str:
    """Return the state that a page of the web carries for its own scripts; it grows with the page."""
    rows = [
        {"id": author.chance.randrange(10**6), "label": author.words(6)} for _ in range(int(size * 0.12 / 72))
    ]
    state = json.dumps({"piece": number, "rows": rows})
    return f'<script>window.shelf={state};</script><script defer src="/look.js"></script></body></html>\n'


def page(author: Author, number: int) -> str:
    """Return one page of about the size that the lognormal draw asks for."""
    drawn = math.exp(author.chance.gauss(math.log(MEDIAN_BYTES), SIGMA))
    size = int(max(SMALLEST, min(LARGEST, drawn)))
    title = author.some(3, 8).title()
    before = head(author, number, title, size) + masthead(author, number)
    byline = f"By {author.words(2).title()}, <time>2026-05-{1 + number % 28:02d}</time>"
    before += f'<main id="text"><article><h1>{title}</h1><p class="by">{byline}</p>\n'
    back, on = path((number - 1) % author.pages), path((number + 1) % author.pages)
    turn = f'<nav class="turn"><a rel="prev" href="{back}">Back</a> <a rel="next" href="{on}">On</a></nav>'
    side = f'<aside class="side"><h2>Nearby</h2>{"".join(teaser(author) for _ in range(8))}</aside>'
    after = f"</article>{turn}</main>{side}</div>{footer(author, number)}{script(author, number, size)}"
    parts, length = [before], len(before) + len(after)
    while length < size:
        parts.append(block(author))
        length += len(parts[-1])
    return "".join([*parts, after])


def put(folder: Path, where: str, body: str | bytes) -> int:
    """Write a file and its compressed twin; return its size in bytes."""
    raw = body.encode() if isinstance(body, str) else body
    target = folder / where.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(raw)
    target.with_name(f"{target.name}.gz").write_bytes(gzip.compress(raw, 6, mtime=0))
    return len(raw)


def contents(title: str, entries: dict[str, str]) -> str:
    """Return a list of links as a page."""
    items = "".join(f'<li><a href="{where}">{text}</a></li>' for where, text in entries.items())
    body = f"<h1>{title}</h1><ul>{items}</ul>"
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"


def stamp(pages: int) -> str:
    """Return what tells this site from any other."""
    return f"webkiln bench site {VERSION}, {pages} pages, seed {SEED}\n"


def write(folder: Path, pages: int) -> dict[str, int]:
    """Write the whole site unless it is there already; return its sizes in bytes."""
    summary = folder / "summary.json"
    if summary.exists() and (folder / "stamp.txt").read_text() == stamp(pages):
        return dict(json.loads(summary.read_text()))
    author = Author(SEED, pages)
    sizes = sorted(put(folder, path(number), page(author, number)) for number in range(pages))
    for shelf in range(SHELVES):
        entries = {path(number): author.words(4) for number in range(shelf, pages, SHELVES)}
        put(folder, f"/shelf-{shelf:02d}/index.html", contents(f"Shelf {shelf}", entries))
    put(
        folder,
        "/index.html",
        contents("The Long Shelf", {f"/shelf-{n:02d}/": f"Shelf {n}" for n in range(SHELVES)}),
    )
    put(folder, "/robots.txt", f"User-agent: *\nDisallow: /private/\nSitemap: {ORIGIN}/sitemap.xml\n")
    entries = "".join(f"<url><loc>{ORIGIN}{path(number)}</loc></url>\n" for number in range(pages))
    put(
        folder,
        "/sitemap.xml",
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>',
    )
    put(folder, "/look.css", "body { font-family: sans-serif }\n" * 700)
    put(folder, "/look.js", "document.body.classList.add('seen');\n" * 900)
    for number in range(16):
        put(folder, f"/img/{number}.png", author.chance.randbytes(author.chance.randint(8_000, 60_000)))
    figures = {
        "pages": pages,
        "median": int(statistics.median(sizes)),
        "mean": sum(sizes) // pages,
        "largest": sizes[-1],
    }
    summary.write_text(json.dumps(figures))
    (folder / "stamp.txt").write_text(stamp(pages))
    return figures


def main() -> None:
    """Read the command line and write the site."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--pages", type=int, default=PAGES)
    given = parser.parse_args()
    print(json.dumps(write(given.folder, given.pages)))


if __name__ == "__main__":
    main()
