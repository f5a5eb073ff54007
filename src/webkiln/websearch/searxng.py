"""SearXNG: a metasearch engine of one's own (https://docs.searxng.org/dev/search_api)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from webkiln.websearch.operators import with_operators
from webkiln.websearch.pages import gather_pages, maybe, number, plain, rows_of, text, url
from webkiln.websearch.query import Found, Hit, ProviderFailed, Query, unheeded

if TYPE_CHECKING:
    from webkiln.websearch.asking import Asking

_MOST_PAGES = 5
_MOST_ENGINES = 20
_LONGEST_NAME = 60
_CATEGORIES = {"web": "general", "news": "news", "images": "images"}
_HEEDED = ("tbs", "lang", "country", "safe")


class SearXNG:
    """Asks an instance that has `json` among its `search.formats`."""

    name = "searxng"

    def __init__(
        self, asking: Asking, endpoint: str, *, engines: str | None = None, categories: str | None = None
    ) -> None:
        """Ask `endpoint`; `engines` and `categories`, each comma separated, are those for web results."""
        self._asking = asking
        self._address = f"{endpoint.rstrip('/')}/search"
        self._engines = engines
        self._categories = categories

    async def search(self, query: Query) -> Found:
        """Ask for as many pages as it takes: their length is the instance's."""
        params = self._params(query)
        silent: dict[str, None] = {}

        async def ask(page: int) -> list[Hit]:
            try:
                answer = await self._asking.get(self._address, {**params, "pageno": str(page)})
            except ProviderFailed as failure:
                if str(failure) != "HTTP 403":
                    raise
                raise ProviderFailed("HTTP 403; is 'json' among search.formats of its settings?") from None
            silent.update(dict.fromkeys(_silent(answer.get("unresponsive_engines"))))
            return [_hit(row, query) for row in rows_of(answer, "results")]

        notes = [f"'{name}' has no effect there" for name in unheeded(query, _HEEDED)]
        freshness = query.freshness
        if freshness is not None and (freshness.span in (None, "hour") or freshness.by_date):
            notes.append("of 'tbs' it knows day, week, month and year only")
        found = await gather_pages(query, ask, most=_MOST_PAGES, notes=notes)
        return replace(found, silent=tuple(silent))

    def _params(self, query: Query) -> dict[str, str]:
        language = query.language
        if query.region is not None and "-" not in language:
            language = f"{language}-{query.region.upper()}"
        params = {
            "q": with_operators(query),
            "format": "json",
            "language": language,
            "safesearch": "2" if query.safe else "0",
            "categories": _CATEGORIES[query.source],
        }
        if query.source == "web":
            if self._categories:
                params["categories"] = self._categories
            if self._engines:
                params["engines"] = self._engines
                if not self._categories:
                    del params["categories"]  # it would add all engines of the category
        if query.freshness is not None and query.freshness.span is not None:
            span = query.freshness.span
            params["time_range"] = "day" if span == "hour" else span
        return params


def _hit(row: dict[str, Any], query: Query) -> Hit:
    width = height = None
    size = re.search(r"([0-9]{1,6})\s*[x×]\s*([0-9]{1,6})", text(row.get("resolution")))  # noqa: RUF001
    if size is not None:
        width, height = number(size[1]), number(size[2])
    picture = url(row.get("img_src"))
    if query.source != "images":
        picture = picture or url(row.get("thumbnail"))
    return Hit(
        url=url(row.get("url")),
        title=plain(row.get("title")),
        text=plain(row.get("content")),
        date=maybe(row.get("publishedDate")),
        image_url=_absolute(picture),
        image_width=width,
        image_height=height,
    )


def _silent(listed: object) -> list[str]:
    """Return the engines that did not answer, each with its reason: pairs, or names alone."""
    found = []
    for entry in listed[:_MOST_ENGINES] if isinstance(listed, list) else ():
        name, reason = (*entry, "", "")[:2] if isinstance(entry, list) else (entry, "")
        if text(name):
            found.append(f"{text(name)[:_LONGEST_NAME]} ({text(reason)[:_LONGEST_NAME] or 'no reason told'})")
    return found


def _absolute(address: str) -> str | None:
    """Return an address with a scheme: engines leave it out of pictures."""
    if address.startswith("//"):
        return f"https:{address}"
    return address or None
