"""Tavily (https://docs.tavily.com/documentation/api-reference/endpoint/search)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webkiln.websearch.operators import with_operators
from webkiln.websearch.pages import gather_pages, maybe, plain, url
from webkiln.websearch.query import Found, Hit, ProviderFailed, Query, unheeded

if TYPE_CHECKING:
    from webkiln.websearch.asking import Asking

ADDRESS: Final = "https://api.tavily.com"
_MOST_AT_ONCE = 20
_HEEDED = ("tbs",)


class Tavily:
    """Asks Tavily, which knows no operators but filters by domain itself."""

    name = "tavily"

    def __init__(self, asking: Asking, key: str, *, address: str = ADDRESS) -> None:
        """Ask with an API key."""
        self._asking = asking
        self._headers = {"Authorization": f"Bearer {key}"}
        self._address = f"{address.rstrip('/')}/search"

    async def search(self, query: Query) -> Found:
        """Ask once: there are no further pages."""
        body, notes = _body(query)

        async def ask(_page: int) -> list[Hit]:
            answer = await self._asking.post(self._address, body, self._headers)
            found = answer.get("images" if query.source == "images" else "results") or []
            if not isinstance(found, list):
                raise ProviderFailed("its answer has another form than it should")
            return [_hit(row, query) for row in found]

        notes += [f"'{name}' has no effect there" for name in unheeded(query, _HEEDED)]
        return await gather_pages(query, ask, most=1, notes=notes)


def _body(query: Query) -> tuple[dict[str, Any], list[str]]:
    notes = []
    # One list of domains is all it has: with both, ours are filtered by afterwards.
    body: dict[str, Any] = {
        "query": query.text,
        "max_results": min(query.wanted, _MOST_AT_ONCE),
        "topic": "news" if query.source == "news" else "general",
        "include_domains": list(query.include_domains or (() if query.file_type else query.sites)),
        "exclude_domains": list(query.exclude_domains),
    }
    if query.file_type is not None:
        body["query"] = with_operators(query, domains=False)
        notes.append("it may pass over the type of files that was asked for")
    if query.source == "images":
        body |= {"include_images": True, "include_image_descriptions": True}
    freshness = query.freshness
    if freshness is not None:
        if freshness.span is not None:
            body["time_range"] = "day" if freshness.span == "hour" else freshness.span
        if freshness.start is not None:
            body["start_date"] = freshness.start.isoformat()
        if freshness.end is not None:
            body["end_date"] = freshness.end.isoformat()
        if freshness.span == "hour":
            notes.append("of 'tbs' it knows no hour, so a day was asked for")
        if freshness.by_date:
            notes.append("it does not sort by date")
    return body, notes


def _hit(row: object, query: Query) -> Hit:
    if isinstance(row, str):  # a picture without a description is its address alone
        row = {"url": row}
    if not isinstance(row, dict):
        return Hit("")
    if query.source == "images":
        picture = url(row.get("url"))
        return Hit(url=picture, title=plain(row.get("description")), image_url=picture or None)
    return Hit(
        url=url(row.get("url")),
        title=plain(row.get("title")),
        text=plain(row.get("content")),
        date=maybe(row.get("published_date")),
    )
