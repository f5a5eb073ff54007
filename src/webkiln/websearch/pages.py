"""Asking a provider for page after page until there is enough, and reading what it says."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

from webkiln.websearch.query import Found, Hit, ProviderFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from webkiln.websearch.query import Query

_LONGEST_TEXT = 5_000
_LONGEST_URL = 8_000
# What engines mark the words of a query with, and break lines with; `vector<int>` is no tag.
_MARKS: Final = re.compile(r"</?(?:b|strong|em|i|u|mark|span|font|wbr)(?:\s[^<>]{0,200})?/?>", re.IGNORECASE)
_BREAKS: Final = re.compile(r"</?(?:br|p|div|li)(?:\s[^<>]{0,200})?/?>", re.IGNORECASE)


async def gather_pages(
    query: Query,
    ask: Callable[[int], Awaitable[Sequence[Hit]]],
    *,
    most: int,
    short: int = 0,
    notes: Iterable[str] = (),
) -> Found:
    """Call `ask` with 1, 2, … `most` until `query.limit` hits are admitted or a page brings no new ones.

    A page of fewer than `short` hits is the last. Hits on sections of one page are one hit, the first.

    Raises ProviderFailed when the first page fails; when a later one does, the hits so far are the
    answer and a note says so.
    """
    told = list(notes)
    admitted: dict[str, Hit] = {}
    seen: set[str] = set()
    for page in range(1, most + 1):
        try:
            hits = await ask(page)
        except ProviderFailed as failure:
            if not admitted:
                raise
            told.append(f"page {page} of its results could not be had: {failure}")
            break
        fresh: dict[str, Hit] = {}
        for hit in hits:
            if (page_url := _page_of(hit.url)) not in seen:
                fresh.setdefault(page_url, hit)
        seen.update(fresh)
        admitted |= {page_url: hit for page_url, hit in fresh.items() if query.admits(hit.url)}
        if not fresh or len(hits) < short or len(admitted) >= query.limit:
            break
    return Found(tuple(admitted.values()), tuple(told))


def _page_of(address: str) -> str:
    """Return an address without the place on its page; a hash route is a page of its own."""
    page, _, fragment = address.partition("#")
    return address if fragment.startswith(("/", "!/")) else page


def rows_of(answer: dict[str, Any], *path: str) -> list[dict[str, Any]]:
    """Return the list of objects at `path`; nothing there is an empty list.

    Raises ProviderFailed when there is something else.
    """
    found: Any = answer
    for name in path:
        found = found.get(name) if isinstance(found, dict) else found
    if found is None:
        return []
    if not isinstance(found, list):
        raise ProviderFailed("its answer has another form than it should")
    return [row for row in found if isinstance(row, dict)]


def inner(row: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object under `name`, or an empty one."""
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def text(value: object) -> str:
    """Return a text of at most 5,000 characters; anything else is an empty one."""
    return " ".join(value[:_LONGEST_TEXT].split()) if isinstance(value, str) else ""


def plain(value: object) -> str:
    """Return what a reader sees of a text that may have marks and character references of HTML."""
    if not isinstance(value, str):
        return ""
    shown = value[:_LONGEST_TEXT]
    if "<" in shown:
        shown = _BREAKS.sub(" ", _MARKS.sub("", shown))
    return text(html.unescape(shown) if "&" in shown else shown)


def url(value: object) -> str:
    """Return a URL as it is, or an empty text: longer than any real one, or none at all."""
    return value.strip() if isinstance(value, str) and len(value) <= _LONGEST_URL else ""


def maybe(value: object) -> str | None:
    """Return a text that is not empty, or None."""
    return text(value) or None


def number(value: object) -> int | None:
    """Return a whole number, also one in digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:  # noqa: PLR2004
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
