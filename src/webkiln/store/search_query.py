"""What a person typed into a search box, as each database's own query; nothing in it is ever syntax."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_MOST_CHARACTERS = 2_000
_MOST_WORDS = 32  # more only make the search slow; what was typed first counts

_PART = re.compile(r'(?<!\S)(?P<but>-?)"(?P<phrase>[^"]*)"?|(?P<word>\S+)')
_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile("[\u0300-\u036f]")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Phrases of one or more words: those that are looked for, and those that must not be there."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...] = ()


def parse_query(text: str) -> SearchQuery:
    """Read `words`, `"exact phrases"`, `-without` and `-"without a phrase"`; any text has a reading.

    What is written as one word and is several (`state-of-the-art`) is a phrase.
    """
    wanted: dict[Phrase, None] = {}
    unwanted: dict[Phrase, None] = {}
    left = _MOST_WORDS
    for part in _PART.finditer(unicodedata.normalize("NFC", text[:_MOST_CHARACTERS])):
        written = part["word"] if part["phrase"] is None else part["phrase"]
        phrase = tuple(_WORD.findall(written)[:left])
        if not phrase:
            continue
        left -= len(phrase)
        without = part["but"] or (part["word"] or "").startswith("-")
        (unwanted if without else wanted)[phrase] = None
        if not left:
            break
    return SearchQuery(tuple(wanted), tuple(unwanted))


def folded(text: str) -> str:
    """Return the words of a text without marks and capitals, with one space between them.

    PostgreSQL's parser would keep addresses and names with dots whole, and fold only by its locale.
    """
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return " ".join(_WORD.findall(text.casefold()))


def fts5_query(query: SearchQuery, *, every: bool) -> str:
    """Return the words as FTS5 wants them: with `every`, all phrases have to be there, otherwise one."""
    found = (" AND " if every else " OR ").join(map(_quoted, query.wanted))
    if not query.unwanted:
        return f"({found})"
    return f"(({found}) NOT ({' OR '.join(map(_quoted, query.unwanted))}))"


def _quoted(phrase: Phrase) -> str:
    return f'"{" ".join(phrase)}"'  # words have no quotes


def tsquery(query: SearchQuery, *, every: bool) -> str:
    """Return the words as PostgreSQL's to_tsquery wants them; empty when nothing is left to look for."""
    wanted = [phrase for phrase in map(_followed, query.wanted) if phrase]
    unwanted = [f"!{phrase}" for phrase in map(_followed, query.unwanted) if phrase]
    if not wanted:
        return ""
    found = (" & " if every else " | ").join(wanted)
    return " & ".join([f"({found})", *unwanted])


def _followed(phrase: Phrase) -> str:
    words = [f"'{word}'" for word in folded(" ".join(phrase)).split()]
    return f"({' <-> '.join(words)})" if words else ""
