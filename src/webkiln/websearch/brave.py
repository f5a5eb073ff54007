"""Brave Search (https://api-dashboard.search.brave.com/api-reference/web/search/get)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from webkiln.websearch.operators import with_operators
from webkiln.websearch.pages import gather_pages, inner, maybe, number, plain, rows_of, url
from webkiln.websearch.query import Found, Hit, ProviderFailed, Query, unheeded

if TYPE_CHECKING:
    from webkiln.websearch.asking import Asking

ADDRESS: Final = "https://api.search.brave.com"
_MOST_AT_ONCE = {"web": 20, "news": 50, "images": 200}
_MOST_PAGES = {"web": 10, "news": 10, "images": 1}
_ROWS = {"web": ("web", "results"), "news": ("results",), "images": ("results",)}
_LONGEST = 400
_MOST_WORDS = 50
_SPANS = {"hour": "pd", "day": "pd", "week": "pw", "month": "pm", "year": "py"}
_COUNTRIES = frozenset(
    """
    ar at au be br ca ch cl cn de dk es fi fr gb gr hk id in it jp kr mx my nl no nz ph pl pt ru sa se
    tr tw us za
    """.split()  # noqa: SIM905 (a table of two-letter words reads best without quotes)
)
_LANGUAGES = {"ja": "jp", "no": "nb", "pt": "pt-pt", "zh": "zh-hans"}
"""Where Brave's code is not the language's own."""


class Brave:
    """Asks Brave."""

    name = "brave"

    def __init__(self, asking: Asking, key: str, *, address: str = ADDRESS) -> None:
        """Ask with an API key."""
        self._asking = asking
        self._headers = {"X-Subscription-Token": key}
        self._address = f"{address.rstrip('/')}/res/v1"

    async def search(self, query: Query) -> Found:
        """Ask for pages of 20 (news 50, images 200) while too few of them will do."""
        asked = with_operators(query)
        if len(asked) > _LONGEST or len(asked.split()) > _MOST_WORDS:
            raise ProviderFailed(
                f"it takes queries of {_LONGEST} characters and {_MOST_WORDS} words, with operators"
            )
        heeded = ["lang", "safe"]
        params = {
            "q": asked,
            "search_lang": _LANGUAGES.get(query.language, query.language),
            "count": str(min(query.wanted, _MOST_AT_ONCE[query.source])),
            "safesearch": "strict" if query.safe else "off",
        }
        if query.region is not None:
            known = query.region in _COUNTRIES
            params["country"] = query.region.upper() if known else "ALL"
            heeded += ["country"] if known else []
        if query.source != "images":
            heeded.append("tbs")
            params |= _freshness(query)
        if query.source == "web":
            params |= {"text_decorations": "false", "result_filter": "web"}

        async def ask(page: int) -> list[Hit]:
            place = {} if query.source == "images" else {"offset": str(page - 1)}
            address = f"{self._address}/{query.source}/search"
            answer = await self._asking.get(address, {**params, **place}, self._headers)
            return [_hit(row, query) for row in rows_of(answer, *_ROWS[query.source])]

        notes = [f"'{name}' has no effect there" for name in unheeded(query, heeded)]
        if query.source != "images" and query.freshness is not None:
            if query.freshness.span == "hour":
                notes.append("of 'tbs' it knows no hour, so a day was asked for")
            if query.freshness.by_date:
                notes.append("it does not sort by date")
        return await gather_pages(query, ask, most=_MOST_PAGES[query.source], notes=notes)


def _freshness(query: Query) -> dict[str, str]:
    freshness = query.freshness
    if freshness is None:
        return {}
    if freshness.span is not None:
        return {"freshness": _SPANS[freshness.span]}
    if freshness.ranged:
        first, last = freshness.days(dt.datetime.now(dt.UTC).date())
        return {"freshness": f"{first.isoformat()}to{last.isoformat()}"}
    return {}


def _hit(row: dict[str, Any], query: Query) -> Hit:
    title, description = (plain(row.get(name)) for name in ("title", "description"))
    if query.source == "images":
        picture = inner(row, "properties")
        return Hit(
            url=url(row.get("url")),
            title=title,
            image_url=url(picture.get("url")) or None,
            image_width=number(picture.get("width")),
            image_height=number(picture.get("height")),
        )
    return Hit(
        url=url(row.get("url")),
        title=title,
        text=description,
        date=maybe(row.get("age")) or maybe(row.get("page_age")),
        image_url=url(inner(row, "thumbnail").get("src")) or None,
    )
