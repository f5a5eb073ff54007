"""The texts of the site, all our own."""

from __future__ import annotations

import hashlib
import html
import random

# One sentence a language, for the charset pages; each is unreadable when decoded as another charset.
SENTENCES = {
    "ja": "窯の温度はゆっくり上がります。陶器は一晩かけて冷やされます。",
    "zh": "窑炉的温度慢慢升高，陶器要冷却一整夜。",  # noqa: RUF001 - Chinese
    "zh-Hant": "窯爐的溫度慢慢升高，陶器要冷卻一整夜。",  # noqa: RUF001 - Chinese
    "ko": "가마의 온도는 천천히 올라가고 도자기는 밤새 식습니다.",
    "ru": "Печь нагревается медленно, а посуда остывает всю ночь.",  # noqa: RUF001 - Russian
    "de": "Der Ofen heizt langsam auf, über Nacht kühlen die Gefäße ab.",
    "pl": "Piec nagrzewa się powoli, a naczynia stygną całą noc.",
}
LANGUAGES = {
    "shift_jis": "ja",
    "euc-jp": "ja",
    "iso-2022-jp": "ja",
    "gbk": "zh",
    "gb18030": "zh",
    "big5": "zh-Hant",
    "euc-kr": "ko",
    "windows-1251": "ru",
    "koi8-r": "ru",
    "iso-8859-5": "ru",
    "iso-8859-1": "de",
    "windows-1252": "de",
    "iso-8859-2": "pl",
    "utf-8": "ja",
    "utf-16le": "ru",
    "utf-16be": "ru",
}
VOCABULARY = """
    clay kiln glaze ember shelf slip wheel bisque cone flue brick damper wedge foot rim vessel
    ash salt cobalt iron copper celadon crackle lustre sieve bucket apron sponge wire mould
"""
WORDS = VOCABULARY.split()


def item_mark(number: int) -> str:
    """Return the word that only the page `/i/<number>` shows."""
    return f"item{number}x{hashlib.sha256(str(number).encode()).hexdigest()[:8]}"


def prose(seed: int, sentences: int) -> str:
    """Return the same made-up sentences for the same seed."""
    chance = random.Random(seed)
    made = (" ".join(chance.choices(WORDS, k=chance.randint(6, 14))) for _ in range(sentences))
    return " ".join(f"{sentence.capitalize()}." for sentence in made)


def document(title: str, main: str, *, head: str = "", language: str = "en") -> str:
    """Return a whole page: our header, navigation and footer around `main`."""
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{html.escape(title)}</title>
<meta name="description" content="{html.escape(title)}, on the small web">
<meta property="og:title" content="{html.escape(title)}">
<link rel="icon" href="/favicon.ico">{head}</head>
<body>
<header><nav><a href="/">Home</a> <a href="/about">About this place</a></nav></header>
<main>
{main}
</main>
<footer><p>Made for tests; nobody lives here.</p></footer>
</body>
</html>
"""


def item(number: int) -> str:
    """Return the page `/i/<number>`: its mark, a table, and links to two others."""
    main = f"""<h1>Item {number}</h1>
<p>This page is {item_mark(number)}. {prose(number, 6)}</p>
<table><tr><th>Part</th><th>Value</th></tr><tr><td>number</td><td>{number}</td></tr></table>
<p><a href="/i/{number + 1}">The next item</a> and <a href="/i/{number * 2}">its double</a>.</p>"""
    return document(f"Item {number}", main)


def manual() -> str:
    """Return the front page of the site that plays a product's manual."""
    main = f"""<article><h1>The kiln manual</h1>
<p>How to fill, fire and empty a small kiln. {prose(1, 8)}</p>
<h2>First firing</h2>
<ol><li>Load the <a href="/shelves">shelves</a>.</li><li>Close the <a href="/damper">damper</a>.</li></ol>
<pre><code class="language-python">kiln.fire(cone=6)</code></pre>
<table><tr><th>Cone</th><th>Degrees</th></tr><tr><td>06</td><td>999</td></tr><tr><td>6</td><td>1222</td></tr></table>
<p>Read on: <a href="/glazes">glazes</a>, <a href="https://firecrawl.dev/">the shop</a>.</p></article>"""
    return document("The kiln manual", main)


def shop() -> str:
    """Return the front page of the site that plays a shop window: many images, one a logo."""
    main = f"""<h1>The kiln shop</h1><p>{prose(2, 5)}</p>
<img src="/img/logo.png" alt="Our logo">
<img src="/img/bowl.jpg" srcset="/img/bowl.jpg 1x, /img/bowl-large.jpg 2x" alt="A bowl">
<img data-src="/img/vase.webp" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt="A vase">
<p><a href="/bowls">Bowls</a> <a href="https://docs.firecrawl.dev/">The manual</a></p>"""
    return document("The kiln shop", main, head='<meta property="og:image" content="/img/logo-card.png">')


def for_sale() -> str:
    """Return a page that sells a kiln: 999 euros for machines, and a sale at 899 for readers."""
    head = """<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Product",
"name": "Table kiln", "sku": "TK-7", "brand": {"@type": "Brand", "name": "Lehm"}, "gtin13": "4006381333931",
"image": "/img/kiln.jpg", "offers": {"@type": "Offer", "price": "999.00", "priceCurrency": "EUR",
"availability": "https://schema.org/InStock"},}</script>"""
    main = f"""<h1>Table kiln</h1><p class="price"><s>999,00 €</s> <b>899,00 €</b></p>
<button>Add to cart</button><p>{prose(7, 3)}</p><p><a href="/inn">Where we eat</a></p>"""
    return document("Table kiln", main, head=head)


def inn() -> str:
    """Return the menu of an inn, as a list below each heading."""
    dishes = {"Soups": [("Leek soup", "6.50"), ("Pea soup (vegan)", "5.00")], "Mains": [("Trout", "17.00")]}
    main = "<h1>Menu</h1>" + "".join(
        f"<h2>{section}</h2><ul>"
        + "".join(f"<li><span>{name}</span> <span>£{price}</span></li>" for name, price in listed)
        + "</ul>"
        for section, listed in dishes.items()
    )
    return document("The Kiln Inn | Menu", main)


def workshop() -> str:
    """Return the front page of the site that plays a place for code: more images than links to images."""
    images = "".join(f'<img src="/avatars/{number}.png" alt="Potter {number}">' for number in range(6))
    main = f"""<h1>The open workshop</h1><p>{prose(3, 6)}</p>{images}
<ul><li><a href="/potters/kiln">kiln</a></li><li><a href="/potters/wheel">wheel</a></li>
<li><a href="/img/plan.svg">the plan</a></li></ul>"""
    return document("The open workshop", main)


def plain(host: str, path: str) -> str:
    """Return a page for any name and path that has none of its own."""
    name = html.escape(f"{host}{path}")
    return document(f"A page of {host}", f"<h1>{name}</h1><p>{prose(len(name), 5)}</p>")


def link_list(first: int, count: int) -> str:
    """Return a page that links to `count` items from `first` on."""
    entries = "".join(f'<li><a href="/i/{first + n}">Item {first + n}</a></li>' for n in range(count))
    return document("A list", f"<h1>A list</h1><ul>{entries}</ul>")


def large(kilobytes: int) -> str:
    """Return a page of at least `kilobytes` KiB of prose."""
    wanted, parts, size, seed = kilobytes * 1024, [], 0, 0
    while size < wanted:
        parts.append(f"<p>{prose(seed, 12)}</p>\n")
        size += len(parts[-1])
        seed += 1
    return document("A large page", f"<h1>A large page</h1>{''.join(parts)}")


def foreign(charset: str, declared: str) -> bytes:
    """Return a page in a legacy charset.

    `declared` says where the page names its charset itself: `meta`, `bom`, or anything else for
    nowhere (a header, or not at all).
    """
    language = LANGUAGES[charset]
    sentence = SENTENCES[language]
    meta = f'<meta charset="{charset}">' if declared == "meta" else ""
    text = (
        f'<!DOCTYPE html><html lang="{language}"><head>{meta}<title>{sentence}</title></head>'
        f"<body><main><h1>{sentence}</h1>{f'<p>{sentence}</p>' * 5}</main></body></html>"
    )
    bom = "\ufeff" if declared == "bom" else ""
    return (bom + text).encode(charset)
