"""The pages that an earlier crawl of the same start met and this one did not: hidden ones (contract §5).

What a crawl does not meet is known at its end. So a task of it waits until it is the last one, and then
adds those pages; each is a task of a spec that calls it hidden.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from webkiln.engine.discovering import most_wanted
from webkiln.engine.outcome import Completed, Found, NextTask, Snoozed
from webkiln.frontier.rules import Link
from webkiln.scraping.snapshots import crawl_key
from webkiln.store import jobs, snapshots

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.engine.outcome import Outcome
    from webkiln.operations.crawl_site import CrawledSite
    from webkiln.store.database import Database
    from webkiln.store.tasks import ClaimedTask

MEMORY: Final = "memory"
"""The payload of the task that waits, and no page's URL."""

_BEHIND: Final = 2_000_000  # whatever a sitemap lists
_PAUSE_S: Final = 1.0
_MOST: Final = 20_000


class CrawlMemory:
    """Adds to crawls what only earlier ones have found."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """Look in `database`."""
        self._database = database
        self._now = clock

    @staticmethod
    def at_start(site: CrawledSite) -> list[NextTask]:
        """Return the task that waits for the end of a crawl; none where changes are not tracked."""
        if not site.spec.page.options.wants("changeTracking"):
            return []
        key = int.from_bytes(blake2b(MEMORY.encode(), digest_size=8).digest(), "big", signed=True)
        return [NextTask(MEMORY, key, priority=_BEHIND)]

    async def recall(self, task: ClaimedTask, site: CrawledSite) -> Outcome:
        """Do the task: wait while there are others, then add the pages that were not met."""
        left = await self._database.read(lambda connection: jobs.count_open(connection, task.job_id))
        if left > 1:
            return Snoozed(self._now() + _PAUSE_S, tries=0)
        key = crawl_key(site.spec.start, site.spec.page.options)
        if key is None:
            return Completed()
        most = min(most_wanted(site.spec.limit), _MOST)
        urls = await self._database.read(
            lambda connection: snapshots.urls_of_crawl(connection, task.team_id, key, limit=most)
        )
        judged = [site.rules.judge(url, found_on=None) for url in urls]
        links = [link for link in judged if isinstance(link, Link)]
        tasks = await site.tasks(links, site.spec.origin, depth=0, priority=_BEHIND)
        found = Found(tuple(tasks), replace(site.spec, hidden=True).encode())
        return Completed(found=found if tasks else Found())
