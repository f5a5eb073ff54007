"""A team's snapshots of pages: what the format `changeTracking` compares a page with (contract §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import structlog

from webkiln import errors
from webkiln.contract.formats import ChangeTrackingFormat
from webkiln.scraping.change_tracking import Remembered, Tracking
from webkiln.scraping.storable import is_momentary
from webkiln.store import snapshots
from webkiln.store.pages import digest
from webkiln.store.snapshots import Snapshot

if TYPE_CHECKING:
    from webkiln.contract.scrape import ScrapeOptions
    from webkiln.fetching.page import Page
    from webkiln.store.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Followed:
    """A page of a team by the URL that was asked for, `crawl` the start of the crawl that met it.

    One that is `forgotten` leaves no snapshot. A `hidden` one is linked to no more.
    """

    team_id: str
    url: str
    crawl: str | None = None
    hidden: bool = False
    forgotten: bool = False


class Snapshots:
    """Finds what a page was, and says what is to be kept of it."""

    def __init__(self, database: Database) -> None:
        """Look in `database`; what is kept is stored with the document."""
        self._database = database

    async def tracking(
        self, followed: Followed, page: Page, options: ScrapeOptions
    ) -> tuple[Tracking | None, tuple[str, ...]]:
        """Return what a page is to be compared with, None for not at all, and what there is to warn of."""
        wanted = options.format("changeTracking")
        if not isinstance(wanted, ChangeTrackingFormat):
            return None, ()
        if is_momentary(page.status):
            why = f"the site answered {page.status}, which says nothing of the page"
            return None, (f"changeTracking is left out: {why}",)
        key = _key(followed.url, wanted.tag)
        try:
            found = await self._database.read(
                lambda connection: snapshots.read(connection, followed.team_id, key)
            )
        except errors.Unavailable as error:
            log.warning("cannot look for a snapshot", error=error.message)
            return None, ("changeTracking is left out: the earlier page could not be looked for",)
        tracking = Tracking(
            None if found is None else Remembered(found.fingerprint, found.markdown),
            None if found is None else _iso(found.taken_at),
            followed.hidden,
            "git-diff" in wanted.modes,
        )
        if followed.forgotten:
            return tracking, ("changeTracking remembers nothing of this scrape: zeroDataRetention",)
        return tracking, ()

    @staticmethod
    def snapshot(
        followed: Followed, page: Page, options: ScrapeOptions, remembered: Remembered | None
    ) -> Snapshot | None:
        """Return what is to be kept of a page with its document; None for nothing."""
        wanted = options.format("changeTracking")
        if remembered is None or followed.forgotten or not isinstance(wanted, ChangeTrackingFormat):
            return None
        return Snapshot(
            followed.team_id,
            _key(followed.url, wanted.tag),
            page.fetched_at,
            page.status,
            remembered.fingerprint,
            followed.url,
            remembered.markdown,
            None if followed.crawl is None else crawl_key(followed.crawl, options),
        )


def crawl_key(start: str, options: ScrapeOptions) -> bytes | None:
    """Return what pages are marked with that were met from a start; None where changes are not tracked."""
    wanted = options.format("changeTracking")
    return _key(start, wanted.tag) if isinstance(wanted, ChangeTrackingFormat) else None


def _key(url: str, tag: str | None) -> bytes:
    """Return what the page of exactly this URL is known by under a tag."""
    return digest(orjson.dumps([url.encode("utf-8", "replace").decode(), tag]).decode())


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
