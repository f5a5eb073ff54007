"""Asking a provider for page after page until there is enough, and reading what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webkiln.websearch.query import Found, Hit, ProviderFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from webkiln.websearch.query import Query

_LONGEST_TEXT = 5_000
_LONGEST_URL = 8_000


async def gather_pages(
    query: Query,
    ask: Callable[[int], Awaitable[Sequence[Hit]]],
    *,
    most: int,
    short: int = 0,
    notes: Iterable[str] = (),
) -> Found:
    """Call `ask` with 1, 2, … `most` until `query.limit` hits are admitted or a page brings no new ones.

    A page of fewer than `short` hits is the last.

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
        fresh = [hit for hit in hits if hit.url not in seen]
        seen.update(hit.url for hit in fresh)
        for hit in fresh:
            if query.admits(hit.url):
                admitted.setdefault(hit.url, hit)
        if not fresh or len(hits) < short or len(admitted) >= query.limit:
            break
    return Found(tuple(admitted.values()), tuple(told))


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
