"""The package `ddgs`: several public engines, without a key and without a promise (an optional extra)."""

from __future__ import annotations

import asyncio
import importlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from webkiln.websearch.operators import with_operators
from webkiln.websearch.pages import gather_pages, maybe, number, plain, url
from webkiln.websearch.query import Found, Hit, ProviderFailed, Query, unheeded

if TYPE_CHECKING:
    from collections.abc import Callable

_METHODS = {"web": "text", "news": "news", "images": "images"}
_SPANS = {"hour": "d", "day": "d", "week": "w", "month": "m", "year": "y"}
_HEEDED = ("tbs", "lang", "country", "safe")
_NOTHING = "No results found."


class Ddgs:
    """Asks through the package, in a thread: it blocks."""

    name = "ddgs"

    def __init__(self, *, timeout_s: float, client: Callable[..., Any] | None = None) -> None:
        """Give it `timeout_s` in all; `client` stands for the package's `DDGS` where it is named."""
        self._timeout_s = timeout_s
        self._client = client
        # Of its own: questions that nobody waits for any more take no threads from others.
        self._threads = ThreadPoolExecutor(8, "ddgs")

    async def search(self, query: Query) -> Found:
        """Ask once; it gathers the pages itself."""

        async def ask(_page: int) -> list[Hit]:
            try:
                async with asyncio.timeout(self._timeout_s):
                    rows = await asyncio.get_running_loop().run_in_executor(
                        self._threads, self._blocking, query
                    )
            except TimeoutError:
                raise ProviderFailed(f"no answer within {self._timeout_s:g} s") from None
            return [_hit(row, query) for row in rows if isinstance(row, dict)]

        notes = [f"'{name}' has no effect there" for name in unheeded(query, _HEEDED)]
        freshness = query.freshness
        if freshness is not None and (freshness.span in (None, "hour") or freshness.by_date):
            notes.append("of 'tbs' it knows day, week, month and year only")
        return await gather_pages(query, ask, most=1, notes=notes)

    def _blocking(self, query: Query) -> list[Any]:
        client = self._client or _installed()
        span = query.freshness.span if query.freshness is not None else None
        try:
            ask = getattr(client(timeout=max(int(self._timeout_s), 1)), _METHODS[query.source])
            return list(
                ask(
                    with_operators(query),
                    region=_region(query),
                    safesearch="on" if query.safe else "off",
                    timelimit=None if span is None else _SPANS[span],
                    max_results=query.wanted,
                )
            )
        except Exception as error:  # noqa: BLE001 (its engines fail in ways of their own)
            if str(error) == _NOTHING:
                return []
            # Its texts quote addresses.
            raise ProviderFailed(f"{type(error).__name__} in the package ddgs") from None


def _installed() -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = importlib.import_module("ddgs").DDGS
    except ImportError:
        raise ProviderFailed("the package ddgs is not installed; it comes with webkiln[ddgs]") from None
    return found


def _region(query: Query) -> str:
    """Return `us-en`, as the engines behind it write it."""
    country = {"gb": "uk", None: "wt"}.get(query.region, query.region)
    language = query.language.partition("-")[0]
    return "wt-wt" if country == "wt" else f"{country}-{language}"


def _hit(row: dict[str, Any], query: Query) -> Hit:
    return Hit(
        url=url(row.get("href" if query.source == "web" else "url")),
        title=plain(row.get("title")),
        text=plain(row.get("body")),
        date=maybe(row.get("date")),
        image_url=url(row.get("image")) or None,
        image_width=number(row.get("width")),
        image_height=number(row.get("height")),
    )
