"""What a page is to its reader: content, or something in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from webkiln.content.quality.phrases import BLOCKED, NOT_FOUND, PAYWALL

if TYPE_CHECKING:
    from collections.abc import Sequence

Verdict: TypeAlias = Literal["ok", "thin", "emptyShell", "soft404", "blocked", "paywall", "error"]

_FIRST_ERROR: Final = 400
_THIN: Final = 50  # words; fewer say little, whatever they say
_SHORT: Final = 150  # words; what stands in a page's place is not longer
_TEASER: Final = 600  # words that a paywall lets through
_HEAD: Final = 300  # characters of a title or a heading
_LOOKED_AT: Final = 3_000  # characters of each end of a text
_HEADING: Final = re.compile(r"^ {0,3}#{1,6}[ \t]+([^\n]{1,300})", re.MULTILINE)
_NUMBER_ALONE: Final = re.compile(r"^[ \W]{0,5}404[ \W]{0,5}$", re.MULTILINE)
_LOCKED: Final = re.compile(
    r""""isAccessibleForFree"\s{0,9}:\s{0,9}"?(?:https?://schema\.org/)?false"""
    r"""|itemprop\s{0,9}=\s{0,9}["']?isAccessibleForFree["']?[^<>]{1,100}content\s{0,9}=\s{0,9}["']?false"""
    r"""|article:content_tier["'][^<>]{1,100}["'](?:locked|metered)["']""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a page before its text was read.

    `challenge` names who stands before it, `shell` says why it is only what builds a page, `locked` that
    it says of itself that it is not free, `led_home` that a deeper address led to a front page.
    """

    challenge: str | None = None
    shell: str | None = None
    locked: bool = False
    led_home: bool = False


def says_locked(html: str) -> bool:
    """Return whether a page says to machines that it is not to be read for free (schema.org, Open Graph)."""
    return _LOCKED.search(html) is not None


def judge(
    seen: Seen, *, status: int, title: str, markdown: str, words: Sequence[str]
) -> tuple[Verdict, list[str]]:
    """Return the verdict on a page and its signs, the one that decided first."""
    count = len(words)
    said = _folded(f"{markdown[:_LOOKED_AT]}\n{markdown[-_LOOKED_AT:]}")
    signs = _blocked(seen, title, said, count)
    if status >= _FIRST_ERROR:
        signs.append(("error", f"status {status}"))
    elif count < _SHORT and (called := _not_found(_heads(title, markdown))):
        signs.append(("soft404", f"is called {called!r}"))
    elif seen.led_home:
        signs.append(("soft404", "led to a front page"))
    if seen.shell is not None and count < _SHORT:
        signs.append(("emptyShell", seen.shell))
    if count < _TEASER:
        signs += _locked(seen, said)
    if count < _THIN:
        signs.append(("thin", f"{count} words"))
    return (signs[0][0] if signs else "ok"), [sign for _, sign in signs]


def _blocked(seen: Seen, title: str, said: str, count: int) -> list[tuple[Verdict, str]]:
    signs: list[tuple[Verdict, str]] = []
    if count < _SHORT:
        if seen.challenge is not None:
            signs.append(("blocked", f"a {seen.challenge} challenge"))
        if found := BLOCKED.search(f"{_folded(title[:_HEAD])}\n{said}"):
            signs.append(("blocked", f"says {found[0]!r}"))
    return signs


def _locked(seen: Seen, said: str) -> list[tuple[Verdict, str]]:
    signs: list[tuple[Verdict, str]] = []
    if seen.locked:
        signs.append(("paywall", "says that it is not free"))
    if found := PAYWALL.search(said):
        signs.append(("paywall", f"says {found[0]!r}"))
    return signs


def _not_found(heads: str) -> str | None:
    found = NOT_FOUND.search(heads) or _NUMBER_ALONE.search(heads)
    return None if found is None else found[0].strip()


def _heads(title: str, markdown: str) -> str:
    """Return what a page is called: its title and its first headings, or its first line without any."""
    headings = [found[1] for found in _HEADING.finditer(markdown[:_LOOKED_AT])][:2]
    first = headings or [markdown.lstrip()[:_HEAD].partition("\n")[0]]
    return "\n".join(_folded(text) for text in (title[:_HEAD], *first))


def _folded(text: str) -> str:
    return text.casefold().replace("\u2019", "'").replace("\u00a0", " ")
