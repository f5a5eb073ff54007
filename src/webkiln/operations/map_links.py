"""What was found of a site as a map shows it: in order, each page once, cut to the limit; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webkiln.frontier.identity import visited_key
from webkiln.frontier.relevance import Candidate, by_relevance
from webkiln.urls import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Entry:
    """A page that was found: its URL as it is fetched, and what it or a sitemap says it is."""

    url: str
    title: str | None = None
    description: str | None = None


def start_after(start: str, final: str) -> str:
    """Return where a map starts whose start page was found at `final`: there, with the path asked for.

    Where the redirect leaves that path, the path of the page holds instead.
    """
    asked, found = parts_of(start), parts_of(final)
    path = asked.path if found.path.startswith(asked.path) else found.path
    return found.origin + path


def shown_url(url: str, *, ignore_query: bool) -> str:
    """Return a URL as a map shows it: without one trailing slash, and without its query if that is ignored.

    The route of a page that lives behind `#` stays.
    """
    if ignore_query and "?" in url:
        before, _, after = url.partition("?")
        _, mark, fragment = after.partition("#")
        url = f"{before}{mark}{fragment}"
    return url.removesuffix("/") if "?" not in url and "#" not in url else url


def listed(
    entries: Iterable[Entry], *, search: str | None, ignore_query: bool, limit: int
) -> list[dict[str, str]]:
    """Return the links of the answer (contract §8): the best matches first when `search` is given.

    Of two spellings of a page the first is shown, with the title of whichever has one.
    """
    shown: dict[int, Entry] = {}
    for entry in entries:
        url = shown_url(entry.url, ignore_query=ignore_query)
        own = not ignore_query or "?" not in entry.url  # else the title is that of one of many
        title, description = (entry.title, entry.description) if own else (None, None)
        first = shown.setdefault(visited_key(url, similar=True), Entry(url))
        first.title = first.title or title
        first.description = first.description or description
    found = list(shown.values())
    if search is not None:
        candidates = [Candidate(entry.url, entry.title, entry.description) for entry in found]
        found = [found[place] for place in by_relevance(search, candidates)]
    return [_link(entry) for entry in found[:limit]]


def _link(entry: Entry) -> dict[str, str]:
    link = {"url": entry.url}
    if entry.title:
        link["title"] = entry.title
    if entry.description:
        link["description"] = entry.description
    return link
