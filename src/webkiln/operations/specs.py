"""What the tasks of a request share, read once and kept while its tasks run."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import orjson

from webkiln.contract.scrape import ScrapeOptions
from webkiln.store import jobs

if TYPE_CHECKING:
    from webkiln.store.database import Database

_KEPT = 256


class PageSpec:
    """How the pages of a request are scraped and where their events go.

    `deadline` is Unix time, only for a request that waits for its page. `base_url` is what links
    into this server begin with.
    """

    __slots__ = ("base_url", "deadline", "options", "outbox_id", "page_events", "warnings")

    def __init__(
        self,
        options: ScrapeOptions,
        *,
        warnings: tuple[str, ...] = (),
        outbox_id: str | None = None,
        page_events: bool = False,
        deadline: float | None = None,
        base_url: str = "",
    ) -> None:
        """Hold the parts; `page_events` says whether the receiver wants an event per page."""
        self.options = options
        self.warnings = warnings
        self.outbox_id = outbox_id
        self.page_events = page_events
        self.deadline = deadline
        self.base_url = base_url

    def to_json(self) -> dict[str, Any]:
        """Return what `decode` reads back."""
        return {
            "options": self.options.to_wire(),
            "warnings": self.warnings,
            "outbox_id": self.outbox_id,
            "page_events": self.page_events,
            "deadline": self.deadline,
            "base_url": self.base_url,
        }

    def encode(self) -> bytes:
        """Return the JSON it is stored as."""
        return orjson.dumps(self.to_json())

    @classmethod
    def decode(cls, kept: dict[str, Any]) -> PageSpec:
        """Read back what `encode` gave."""
        return cls(
            ScrapeOptions.from_wire(kept["options"]),
            warnings=tuple(kept["warnings"]),
            outbox_id=kept["outbox_id"],
            page_events=kept["page_events"],
            deadline=kept["deadline"],
            base_url=kept.get("base_url", ""),  # an older release did not keep it
        )


class Specs:
    """Reads specs by id and remembers the last few: they never change."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database
        self._raw: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._pages: OrderedDict[str, PageSpec] = OrderedDict()
        self._asked: dict[str, asyncio.Task[dict[str, Any] | None]] = {}

    async def raw(self, spec_id: str) -> dict[str, Any] | None:
        """Return a spec as it was stored; None when its job is gone."""
        if spec_id in self._raw:
            return self._raw[spec_id]
        # The tasks of a batch begin together: one of them asks, for all.
        asked = self._asked.get(spec_id)
        if asked is None:
            asked = self._asked[spec_id] = asyncio.create_task(self._read(spec_id))
            asked.add_done_callback(lambda _: self._asked.pop(spec_id))
        return await asyncio.shield(asked)

    async def _read(self, spec_id: str) -> dict[str, Any] | None:
        body = await self._database.read(lambda connection: jobs.read_spec(connection, spec_id))
        if body is None:
            return None
        found: dict[str, Any] = orjson.loads(body)
        _remember(self._raw, spec_id, found)
        return found

    async def page(self, spec_id: str) -> PageSpec | None:
        """Return the spec of scrape tasks; None when its job is gone."""
        if spec_id not in self._pages:
            kept = await self.raw(spec_id)
            if kept is None:
                return None
            _remember(self._pages, spec_id, PageSpec.decode(kept))
        return self._pages[spec_id]


def _remember(kept: OrderedDict[str, Any], key: str, value: object) -> None:
    kept[key] = value
    while len(kept) > _KEPT:
        kept.popitem(last=False)
