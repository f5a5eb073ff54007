"""SearchAPI: results of Google (https://www.searchapi.io/docs/google)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webkiln.websearch.operators import with_operators
from webkiln.websearch.pages import gather_pages, inner, maybe, number, plain, rows_of, url
from webkiln.websearch.query import Found, Hit, Query, unheeded

if TYPE_CHECKING:
    from webkiln.websearch.asking import Asking

ADDRESS: Final = "https://www.searchapi.io"
_MOST_AT_ONCE = 100
_MOST_PAGES = 5
_PAGE = 10  # what Google shows on one
_ENGINES = {
    "web": ("google", "organic_results"),
    "news": ("google_news", "organic_results"),
    "images": ("google_images", "images"),
}
_HEEDED = ("tbs", "lang", "country", "location", "safe", "filter")


class SearchAPI:
    """Asks SearchAPI."""

    name = "searchapi"

    def __init__(self, asking: Asking, key: str, *, address: str = ADDRESS) -> None:
        """Ask with an API key."""
        self._asking = asking
        self._headers = {"Authorization": f"Bearer {key}"}
        self._address = f"{address.rstrip('/')}/api/v1/search"

    async def search(self, query: Query) -> Found:
        """Ask for everything in one go, and for more while too little of it will do."""
        engine, name = _ENGINES[query.source]
        params = {"engine": engine, "q": with_operators(query), "hl": query.language, **_refined(query)}
        if query.source == "web":
            params["num"] = str(min(query.wanted, _MOST_AT_ONCE))

        async def ask(page: int) -> list[Hit]:
            answer = await self._asking.get(self._address, {**params, "page": str(page)}, self._headers)
            return [_hit(row, query) for row in rows_of(answer, name)]

        notes = [f"'{option}' has no effect there" for option in unheeded(query, _HEEDED)]
        if query.freshness is not None and query.freshness.by_date and query.source != "news":
            notes.append("it sorts by date only among news")
        return await gather_pages(query, ask, most=_MOST_PAGES, short=_PAGE, notes=notes)


def _refined(query: Query) -> dict[str, str]:
    params = {}
    if query.region is not None:
        params["gl"] = query.region
    if query.location is not None:
        params["location"] = query.location
    if query.safe is not None:
        params["safe"] = "active" if query.safe else "off"
    if query.duplicates is not None:
        params["filter"] = query.duplicates
    freshness = query.freshness
    if freshness is None:
        return params
    if freshness.span is not None:
        params["time_period"] = f"last_{freshness.span}"
    if freshness.start is not None:
        params["time_period_min"] = freshness.start.strftime("%m/%d/%Y")
    if freshness.end is not None:
        params["time_period_max"] = freshness.end.strftime("%m/%d/%Y")
    if freshness.by_date and query.source == "news":
        params["sort_by"] = "most_recent"
    return params


def _hit(row: dict[str, Any], query: Query) -> Hit:
    if query.source == "images":
        original = inner(row, "original")
        return Hit(
            url=url(inner(row, "source").get("link")),
            title=plain(row.get("title")),
            image_url=url(original.get("link")) or None,
            image_width=number(original.get("width")),
            image_height=number(original.get("height")),
        )
    thumbnail = url(row.get("thumbnail"))
    return Hit(
        url=url(row.get("link")),
        title=plain(row.get("title")),
        text=plain(row.get("snippet")),
        date=maybe(row.get("date")),
        # Google's own pictures come inside the answer; they are no address.
        image_url=thumbnail if thumbnail.startswith("http") else None,
    )
