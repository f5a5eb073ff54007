"""Write the page that the browsers are measured with: nothing in its HTML, all of it made by its script.

A shop's list: a style sheet, a script of some 20 KB, 200 cards from a JSON answer, six pictures. Once
it is built, its HTML is about 80 KB. `?n=` chooses one of several answers, so that pages differ.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING

import make_site

if TYPE_CHECKING:
    import random
    from pathlib import Path

FOLDER = "/app"
PAGE = f"{FOLDER}/list.html"
CARDS, PICTURES, ANSWERS = 200, 6, 20
LAST = "The list ends here."  # the script writes it when everything stands
SCRIPT_BYTES = 20_000
VERSION = "1"
WIDTH, HEIGHT = 200, 120

HTML = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>List</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="{FOLDER}/look.css"></head>
<body><div id="root"></div><script src="{FOLDER}/list.js"></script></body></html>
"""
STYLE = """
* { box-sizing: border-box } body { margin: 0; font: 15px/1.5 sans-serif; color: #223; background: #f6f7f9 }
header { position: sticky; top: 0; padding: 12px 24px; background: linear-gradient(90deg, #235, #468) }
header h1 { margin: 0; color: #fff } .pictures { display: flex; gap: 8px; padding: 16px 24px }
.pictures img { width: 15%; border-radius: 8px; box-shadow: 0 2px 6px #0004 }
.list { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)) }
.list { gap: 16px; padding: 24px }
.card { padding: 14px; border-radius: 10px; background: #fff; box-shadow: 0 1px 3px #0003 }
.card:nth-child(odd) { background: #fdfdf8 } .card h2 { margin: 0 0 6px; font-size: 17px }
.card .tags { display: flex; gap: 6px; margin: 6px 0; padding: 0; list-style: none }
.card .tags li { padding: 1px 8px; border-radius: 9px; background: #e4ecf7; font-size: 12px }
.price { font-weight: 700 } .price.low { color: #176 } .last { color: #667 }
"""
SCRIPT = """
const make = (name, kind, text) => {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  if (text) element.textContent = text;
  return element;
};
const money = (cents) => {
  const form = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
  return form.format(cents / 100);
};
const card = (item) => {
  const whole = make("article", "card");
  whole.dataset.id = item.id;
  const title = make("h2");
  const link = make("a", "", item.name);
  link.href = `/app/list.html?n=${item.id}`;
  title.append(link);
  const tags = make("ul", "tags");
  for (const tag of item.tags) tags.append(make("li", "", (WORDS[tag] || String)(tag)));
  const price = make("p", item.cents < 2000 ? "price low" : "price", money(item.cents));
  whole.append(title, make("p", "", item.text), tags, price);
  return whole;
};
const main = async () => {
  const root = document.getElementById("root");
  root.innerHTML = '<p class="loading">Loading ...</p>';
  const number = Number(new URLSearchParams(location.search).get("n") || 0);
  const answer = await fetch(`/app/items-${number % ANSWERS}.json`);
  const items = (await answer.json()).sort((a, b) => a.name.localeCompare(b.name));
  root.innerHTML = `<header><h1>${items.length} things, page ${number}</h1></header>
    <div class="pictures"></div><main class="list"></main>`;
  const pictures = root.querySelector(".pictures");
  for (let at = 0; at < PICTURES; at += 1) {
    const picture = make("img");
    picture.src = `/app/picture-${at}.png`;
    picture.alt = `Picture ${at}`;
    pictures.append(picture);
  }
  root.querySelector(".list").append(...items.map(card));
  root.querySelector(".list").append(make("p", "last", LAST));
};
main();
"""


def png(chance: random.Random) -> bytes:
    """Return a picture that has to be decoded: colours that run into each other, with some noise."""
    red, green, blue = (chance.randrange(256) for _ in range(3))
    rows = bytearray()
    for y in range(HEIGHT):
        rows.append(0)  # no filter
        for x in range(WIDTH):
            noise = chance.getrandbits(1)
            rows += bytes(((red + x + noise) & 255, (green + y) & 255, (blue + x + y + noise) & 255))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def script(author: make_site.Author, tags: list[str]) -> str:
    """Return the script, made as long as wanted by what it knows of tags."""
    names = {"ANSWERS": ANSWERS, "PICTURES": PICTURES, "LAST": LAST}
    parts = [f"const {name} = {json.dumps(value)};\n" for name, value in names.items()]
    parts += ["const WORDS = {};\n", SCRIPT.replace("main();\n", "")]
    number, length = 0, sum(map(len, parts))
    while length < SCRIPT_BYTES:
        tag = tags[number] if number < len(tags) else author.words(2).replace(" ", "-")
        note = author.words(14)
        parts.append(
            f"WORDS[{json.dumps(tag)}] = (tag) => {{\n"
            f"  const note = {json.dumps(note)};\n"
            f"  return note.length > {number} ? tag.toUpperCase() : tag + note;\n}};\n"
        )
        length += len(parts[-1])
        number += 1
    return "".join([*parts, "main();\n"])


def items(author: make_site.Author, tags: list[str]) -> str:
    """Return one answer of the shop."""
    chance = author.chance
    return json.dumps(
        [
            {
                "id": number,
                "name": author.words(3).title(),
                "text": author.words(18).capitalize() + ".",
                "tags": chance.sample(tags, 3),
                "cents": chance.randrange(199, 9_999),
            }
            for number in range(CARDS)
        ]
    )


def write(folder: Path) -> None:
    """Write the page and what it loads below `folder`, always the same, unless it is there already."""
    stamp = folder / FOLDER.lstrip("/") / "stamp.txt"
    if stamp.exists() and stamp.read_text() == VERSION:
        return
    author = make_site.Author(make_site.SEED, ANSWERS)
    tags = [author.words(1) for _ in range(24)]
    make_site.put(folder, PAGE, HTML)
    make_site.put(folder, f"{FOLDER}/look.css", STYLE)
    make_site.put(folder, f"{FOLDER}/list.js", script(author, tags))
    for number in range(ANSWERS):
        make_site.put(folder, f"{FOLDER}/items-{number}.json", items(author, tags))
    for number in range(PICTURES):
        make_site.put(folder, f"{FOLDER}/picture-{number}.png", png(author.chance))
    stamp.write_text(VERSION)


def urls(origin: str, count: int, first: int = 0) -> list[str]:
    """Return the URLs of so many pages, all different."""
    return [f"{origin}{PAGE}?n={number}" for number in range(first, first + count)]
