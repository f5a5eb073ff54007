"""Searching the pages that a team has scraped (an addition of ours to contract §9)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from webkiln import errors
from webkiln.content.plain_text import plain_text
from webkiln.operations.excerpts import beginning, excerpt
from webkiln.store import page_texts
from webkiln.store.search_query import parse_query
from webkiln.urls import InvalidUrl, host_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from webkiln.operations.caller import Caller
    from webkiln.store.database import Database
    from webkiln.store.page_texts import FoundText
    from webkiln.store.search_query import SearchQuery

_BATCH = 32  # everybody else who writes waits while a batch is indexed, some 15 ms
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class LocalHit:
    """One page that was found; `description` is plain text around what was looked for, or the page's own."""

    url: str
    title: str
    description: str


class LocalSearch:
    """Finds pages among those that the caller's team has scraped and this server still knows."""

    def __init__(self, database: Database, *, enabled: bool, clock: Callable[[], float]) -> None:
        """Search `database`, if `enabled`; `clock` bounds how long a search waits for the index."""
        self._database = database
        self._enabled = enabled
        self._now = clock
        self._indexing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(
        self,
        caller: Caller,
        query: str,
        *,
        limit: int,
        include_domains: tuple[str, ...] = (),
        exclude_domains: tuple[str, ...] = (),
    ) -> list[LocalHit]:
        """Return up to `limit` pages that have all words of `query`, or else some of them, the best first.

        Words may be `"exact phrases"` and `-excluded`; any text has an answer. A domain stands for its
        subdomains too. Raises BadRequest when pages are not indexed here, Unavailable.
        """
        if not self._enabled:
            raise errors.BadRequest(
                "Scraped pages cannot be searched: this server does not index them"
                " (WEBKILN_SEARCH_INDEX is false)."
            )
        lacking = await self._database.read(page_texts.lacking)
        if lacking is not None:
            raise errors.BadRequest(lacking)
        wanted = parse_query(query)
        if not wanted.wanted or limit < 1:
            return []
        await self._catch_up(caller.team_id)
        look = partial(
            page_texts.find_texts,
            team_id=caller.team_id,
            query=wanted,
            limit=limit,
            of_host=_host_filter(include_domains, exclude_domains),
        )
        return [_hit(found, wanted) for found in await self._database.read(look)]

    async def _catch_up(self, team_id: str) -> None:
        """Index what the team has scraped since its last search; searches of one moment share the work.

        What takes longer than ten seconds is left to the next search; the newest pages come first.
        """

        def step(connection: Connection) -> int:
            return page_texts.index_texts(connection, team_id, plain_text, limit=_BATCH)

        ends_at = self._now() + _PATIENCE_S
        async with self._indexing.setdefault(team_id, asyncio.Lock()):
            if not await self._database.read(partial(page_texts.waits, team_id=team_id)):
                return
            indexed = _BATCH
            while indexed == _BATCH and self._now() < ends_at:
                indexed = await self._database.write(step, durable=False)


def _hit(found: FoundText, query: SearchQuery) -> LocalHit:
    description = excerpt(found.text, query) or found.description or beginning(found.text)
    return LocalHit(found.url, found.title, description)


def _host_filter(include: tuple[str, ...], exclude: tuple[str, ...]) -> Callable[[str], bool] | None:
    if not include and not exclude:
        return None
    wanted, unwanted = _names(include), _names(exclude)

    def fits(host: str) -> bool:
        parents = set(_parents(host))
        return (not include or not wanted.isdisjoint(parents)) and unwanted.isdisjoint(parents)

    return fits


def _names(domains: tuple[str, ...]) -> set[str]:
    """Return domains as hosts are stored; what is no name stands for nothing."""
    names = set()
    for domain in domains:
        try:
            names.add(host_of(f"http://{domain.strip('.')}/"))
        except InvalidUrl:
            continue
    return names


def _parents(host: str) -> list[str]:
    labels = host.split(".")
    return [".".join(labels[place:]) for place in range(len(labels))]
