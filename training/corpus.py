"""Pages whose content is known: a folder with `truth.jsonl.gz` and `pages/`.

Each line of the truth has `id`, `domain`, `source`, `page_type`, `file` (gzipped, below `pages/`) and
`text`, the content as people marked it. Pages without a text are passed over.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from webkiln.content.charset import decode
from webkiln.content.cleaning import Wanted, clean
from webkiln.content.html_tree import Element, Text, body_of, parse, readable_part
from webkiln.content.main_content.model import name_words
from webkiln.content.main_content.units import Container, Unit, divide

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from webkiln.content.html_tree import Node, Tree

# Sources whose text is the whole content of the page, not a few sentences of it.
_WHOLE_TEXT: Final = frozenset({"wcxb", "aeb", "moz"})
_WORD: Final = re.compile(r"\w+")
_SHINGLE: Final = 3


@dataclass
class Marked:
    """A page divided into units: how much of each one is content, and how many words it has."""

    id: str
    domain: str
    source: str
    kind: str
    units: list[Unit]
    containers: list[Container]
    shares: list[float]
    words: list[int]

    @cached_property
    def by_word(self) -> dict[str, float]:
        """Return for each word of a name which share of the text under it is content."""
        around: list[frozenset[str]] = []
        for box in self.containers:
            above = around[box.parent] if box.parent >= 0 else frozenset()
            around.append(above | name_words(box.names))
        content: defaultdict[str, float] = defaultdict(float)
        whole: defaultdict[str, int] = defaultdict(int)
        for unit, share, words in zip(self.units, self.shares, self.words, strict=True):
            if words:
                for word in around[unit.container] | name_words(unit.names):
                    content[word] += share * words
                    whole[word] += words
        return {word: content[word] / whole[word] for word in whole}


@dataclass(slots=True)
class Source:
    """A page as it came over the wire, and the words of its content."""

    id: str
    domain: str
    source: str
    kind: str
    url: str
    html: str
    text: str


def sources(folder: Path) -> Iterator[Source]:
    """Yield the pages of a corpus that have a text."""
    with gzip.open(folder / "truth.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if entry["source"] in _WHOLE_TEXT and (entry.get("text") or "").strip():
                html = decode(gzip.decompress((folder / "pages" / entry["file"]).read_bytes()), None)
                url = entry["url"] or "https://page.invalid/"
                about = (entry["id"], entry["domain"], entry["source"], entry["page_type"])
                yield Source(*about, url, html, entry["text"])


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(text.lower())


def cleaned(source: Source) -> Tree:
    """Return the tree as it is when the reader gets to see it."""
    tree = parse(readable_part(source.html))
    clean(tree, source.url, Wanted(only_main_content=False))
    return tree


def marked(source: Source) -> Marked | None:
    """Divide a page and find each unit's words in its content; None when it has no text at all."""
    division = divide(body_of(cleaned(source)))
    units, containers = division.units, division.containers
    if not units:
        return None
    content = words_of(source.text)
    shingles = set(_shingles(content))
    whole = f" {' '.join(content)} "
    shares, counts = [], []
    for unit in units:
        words = words_of(" ".join(_text(node) for node in unit.nodes))
        counts.append(len(words))
        if len(words) <= _SHINGLE:
            shares.append(float(bool(words) and f" {' '.join(words)} " in whole))
        else:
            found = _shingles(words)
            shares.append(sum(shingle in shingles for shingle in found) / len(found))
    return Marked(
        source.id,
        source.domain,
        source.source,
        source.kind,
        [Unit([], unit.text, unit.container, unit.names, unit.twins, unit.linked) for unit in units],
        [
            Container(None, box.parent, box.depth, box.names, box.twins, box.first, box.end)  # type: ignore[arg-type]
            for box in containers
        ],
        shares,
        counts,
    )


def word_f1(said: str, meant: str) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the words said, each as often as it is there."""
    mine, theirs = Counter(words_of(said)), Counter(words_of(meant))
    both = (mine & theirs).total()
    if not both:
        return (0.0, 0.0, 0.0)
    precision, recall = both / mine.total(), both / theirs.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def _shingles(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)]


def _text(node: Node) -> str:
    if isinstance(node, Element):
        return " ".join(node.strings)
    return node.data if isinstance(node, Text) else ""
