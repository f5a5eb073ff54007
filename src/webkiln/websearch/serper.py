"""Serper: results of Google (https://serper.dev)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from webkiln.websearch.operators import with_operators
from webkiln.websearch.pages import gather_pages, maybe, number, plain, rows_of, url
from webkiln.websearch.query import Found, Hit, Query, unheeded

if TYPE_CHECKING:
    from webkiln.websearch.asking import Asking

ADDRESS: Final = "https://google.serper.dev"
_MOST_AT_ONCE = 100
_MOST_PAGES = 5
_PAGE = 10  # what Google shows on one
_PATHS = {"web": ("search", "organic"), "news": ("news", "news"), "images": ("images", "images")}
_HEEDED = ("tbs", "lang", "country", "location")


class Serper:
    """Asks Serper."""

    name = "serper"

    def __init__(self, asking: Asking, key: str, *, address: str = ADDRESS) -> None:
        """Ask with an API key."""
        self._asking = asking
        self._key = key
        self._address = address.rstrip("/")

    async def search(self, query: Query) -> Found:
        """Ask for everything in one go, and for more while too little of it will do."""
        path, name = _PATHS[query.source]
        body: dict[str, Any] = {
            "q": with_operators(query),
            "num": min(query.wanted, _MOST_AT_ONCE),
            "hl": query.language,
        }
        if query.region is not None:
            body["gl"] = query.region
        if query.location is not None:
            body["location"] = query.location
        if query.freshness is not None:
            body["tbs"] = query.freshness.tbs

        async def ask(page: int) -> list[Hit]:
            answer = await self._asking.post(
                f"{self._address}/{path}", {**body, "page": page}, {"X-API-KEY": self._key}
            )
            return [_hit(row) for row in rows_of(answer, name)]

        notes = [f"'{option}' has no effect there" for option in unheeded(query, _HEEDED)]
        return await gather_pages(query, ask, most=_MOST_PAGES, short=_PAGE, notes=notes)


def _hit(row: dict[str, Any]) -> Hit:
    return Hit(
        url=url(row.get("link")),
        title=plain(row.get("title")),
        text=plain(row.get("snippet")),
        date=maybe(row.get("date")),
        image_url=url(row.get("imageUrl")) or None,
        image_width=number(row.get("imageWidth")),
        image_height=number(row.get("imageHeight")),
    )
