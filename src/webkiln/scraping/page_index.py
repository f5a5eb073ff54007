"""The words of scraped pages on their way to the store that a team's own searches look in."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from webkiln import errors
from webkiln.scraping.storable import may_be_stored
from webkiln.store import page_texts
from webkiln.store.page_texts import PageText
from webkiln.store.pages import digest
from webkiln.urls import InvalidUrl, host_of, page_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webkiln.fetching.page import Page
    from webkiln.store.database import Database

_BATCH = 32
_LINGER_S = 0.25
# Beyond it pages are not noted: searches can do without them, pages cannot wait.
_MOST_WAITING = 512
_MOST_TEXT = 20_000  # characters; what a page is about is said before
_MOST_TITLE, _MOST_DESCRIPTION = 500, 1_000
_MOST_URL = 2_000
_FIRST_ERROR_STATUS = 400


class PageIndex:
    """Notes what pages say, and writes it behind them, several in a transaction."""

    def __init__(self, database: Database, *, enabled: bool) -> None:
        """Write to `database`; unless `enabled`, note nothing."""
        self._database = database
        self._enabled = enabled
        self._waiting: list[PageText] = []
        self._filled = asyncio.Event()

    def note(self, team_id: str, page: Page, document: Mapping[str, Any]) -> None:
        """Note a page that a team has scraped, by its document; it is written a moment later.

        An error's page says nothing of what is searched for; a page that must not be stored is not.
        """
        unwanted = page.status >= _FIRST_ERROR_STATUS or len(page.url) > _MOST_URL or not may_be_stored(page)
        if not self._enabled or not team_id or unwanted or len(self._waiting) >= _MOST_WAITING:
            return
        metadata = document["metadata"]
        title, description = _line(metadata, "title"), _line(metadata, "description")
        markdown = document.get("markdown")
        if not markdown and not title and not description:
            return
        with contextlib.suppress(InvalidUrl):
            self._waiting.append(
                PageText(
                    team_id,
                    digest(page_key(page.url)),
                    page.fetched_at,
                    host_of(page.url),
                    page.url,
                    title[:_MOST_TITLE],
                    description[:_MOST_DESCRIPTION],
                    _storable(markdown[:_MOST_TEXT]) if markdown else None,
                )
            )
            self._filled.set()

    async def run(self) -> None:
        """Write what is noted until cancelled."""
        while True:
            await self._filled.wait()
            if len(self._waiting) < _BATCH:
                await asyncio.sleep(_LINGER_S)
            self._filled.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write everything noted so far; a database that does not answer only costs the notes."""
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            with contextlib.suppress(errors.Unavailable):
                await self._database.write(partial(page_texts.insert_texts, texts=batch), durable=False)


def _line(metadata: Mapping[str, Any], name: str) -> str:
    value = metadata.get(name)
    return _storable(value) if isinstance(value, str) else ""


def _storable(text: str) -> str:
    """Return a text without NUL, which PostgreSQL does not take."""
    return text.replace("\0", " ") if "\0" in text else text
