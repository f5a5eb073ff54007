"""What the tasks of a request share, read once and kept while its tasks run."""

from __future__ import annotations

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

    `deadline` is Unix time, only for a request that waits for its page.
    """

    __slots__ = ("deadline", "options", "outbox_id", "page_events", "warnings")

    def __init__(
        self,
        options: ScrapeOptions,
        *,
        warnings: tuple[str, ...] = (),
        outbox_id: str | None = None,
        page_events: bool = False,
        deadline: float | None = None,
    ) -> None:
        """Hold the parts; `page_events` says whether the receiver wants an event per page."""
        self.options = options
        self.warnings = warnings
        self.outbox_id = outbox_id
        self.page_events = page_events
        self.deadline = deadline

    def encode(self) -> bytes:
        """Return the JSON it is stored as."""
        return orjson.dumps(
            {
                "options": self.options.to_wire(),
                "warnings": self.warnings,
                "outbox_id": self.outbox_id,
                "page_events": self.page_events,
                "deadline": self.deadline,
            }
        )

    @classmethod
    def decode(cls, kept: dict[str, Any]) -> PageSpec:
        """Read back what `encode` gave."""
        return cls(
            ScrapeOptions.from_wire(kept["options"]),
            warnings=tuple(kept["warnings"]),
            outbox_id=kept["outbox_id"],
            page_events=kept["page_events"],
            deadline=kept["deadline"],
        )


class Specs:
    """Reads specs by id and remembers the last few: they never change."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database
        self._raw: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._pages: OrderedDict[str, PageSpec] = OrderedDict()

    async def raw(self, spec_id: str) -> dict[str, Any] | None:
        """Return a spec as it was stored; None when its job is gone."""
        if spec_id not in self._raw:
            body = await self._database.read(lambda connection: jobs.read_spec(connection, spec_id))
            if body is None:
                return None
            _remember(self._raw, spec_id, orjson.loads(body))
        return self._raw[spec_id]

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
