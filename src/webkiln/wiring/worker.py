"""The parts of a worker process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from webkiln import ids
from webkiln.content.main_content import MainContent
from webkiln.engine.maintenance import Maintenance
from webkiln.engine.slots import host_name
from webkiln.engine.suspect import Suspect, read_suspects
from webkiln.engine.worker import Worker
from webkiln.fetching.decoding import decode
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.http import HttpFetcher
from webkiln.fetching.ladder import Ladder
from webkiln.fetching.names import Dns
from webkiln.fetching.sender import WebhookSender
from webkiln.parsing.pool import ParsingPool
from webkiln.scraping.likenesses import Likenesses
from webkiln.scraping.making import Maker
from webkiln.scraping.page_cache import PageCache
from webkiln.scraping.page_index import PageIndex
from webkiln.scraping.profiles import Profiles
from webkiln.scraping.scraper import Scraper
from webkiln.scraping.snapshots import Snapshots
from webkiln.wiring.blobs import open_blobs
from webkiln.wiring.browser import open_browser
from webkiln.wiring.lanes import lanes_of

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from webkiln.engine.heartbeat import Heartbeat
    from webkiln.settings import EngineSettings, Settings, StorageSettings
    from webkiln.store.blobs import BlobStore
    from webkiln.wiring.foundation import Foundation

_MB = 1024 * 1024
_SMALL_MB = 96  # of memory, beside the most that one page may take
_BEATS = 20  # signs of life in the length of a lease


async def run_worker(
    settings: Settings,
    base: Foundation,
    *,
    slot: str,
    stop: asyncio.Event,
    heartbeat: Heartbeat | None = None,
) -> None:
    """Be the worker in `slot` until `stop` is set, then drain; `heartbeat` is its sign of life.

    Raises WrongSchema when a newer program has changed the database meanwhile.
    """
    suspects = settings.storage.data_dir / "suspects"
    careful = bool(read_suspects(suspects, slot))  # what has killed a predecessor may have brothers
    suspect = Suspect(suspects, slot)
    pages, shown, receivers = _guards(settings)
    browser = open_browser(settings, shown, clock=base.clock)
    fetcher = Ladder(HttpFetcher(settings.fetch, pages, clock=base.clock), browser, marking=suspect.marking)
    sender = WebhookSender(settings.fetch, receivers)
    page_limit = settings.fetch.max_page_mb * _MB
    cache = PageCache(base.database, lambda wire, coding: decode(wire, coding, page_limit)[0])
    index = PageIndex(base.database, enabled=settings.storage.search_index)
    blobs = open_blobs(settings)
    profiles = Profiles(base.database, base.clock, most=settings.storage.profiles_per_team)
    pool = _pool(settings.engine, suspect)
    maker = Maker(pool, marking=suspect.marking, most_s=settings.engine.parse_timeout_s, careful=careful)
    found = MainContent(settings.reading.main_content)
    kept, alike = Snapshots(base.database), Likenesses(base.database)
    scraper = Scraper(
        fetcher, cache, index, blobs, profiles, kept, alike, maker, main_content=found, clock=base.clock
    )
    worker = Worker(
        base.lifecycle,
        lanes_of(settings, base, scraper, fetcher.http, sender, browser, pages.accepted_names),
        host=host_name(settings.storage.data_dir),
        slot=slot,
        lease_s=settings.engine.lease_s,
        drain_s=settings.engine.drain_s,
        suspects=suspects,
    )
    holder = ids.new_id()
    maintenance = _maintenance(settings.storage, base, holder, blobs)
    await base.doorbell.open(worker.hear)
    try:
        duties = [maintenance.run(), maintenance.prune_blobs(), cache.run(), index.run(), pool.run()]
        if heartbeat is not None:
            duties.append(heartbeat.beat(suspect.path, every_s=settings.engine.lease_s / _BEATS))
        await _live(worker, duties, base.attend(holder), stop)
    finally:
        await cache.flush()
        await index.flush()
        await blobs.close()
        await sender.close()
        await fetcher.close()
        await pool.close()
        suspect.close()


def _maintenance(storage: StorageSettings, base: Foundation, holder: str, blobs: BlobStore) -> Maintenance:
    return Maintenance(
        base.lifecycle,
        holder=holder,
        cache_max_bytes=storage.cache_max_mb * _MB,
        texts_max_size=storage.search_index_max_mb * _MB if storage.search_index else 0,
        blobs=blobs,
        profile_ttl_s=storage.profile_ttl_s,
        snapshot_ttl_s=storage.snapshot_ttl_s,
        snapshots_max_bytes=storage.snapshots_max_mb * _MB,
    )


def _pool(engine: EngineSettings, suspect: Suspect) -> ParsingPool:
    return ParsingPool(
        engine.parse_processes,
        most_bytes=engine.parse_memory_mb * _MB,
        small_bytes=_SMALL_MB * _MB,
        naming=suspect.beside,
    )


def _guards(settings: Settings) -> list[EgressGuard]:
    """Return the guards of pages, of pages in a browser and of receivers, each with a line of its own to DNS.

    One page in a browser can ask for any number of names, and receivers are anybody's.
    """
    dns = Dns()
    return [EgressGuard(settings.fetch, dns.line()) for _ in range(3)]


async def _live(
    worker: Worker,
    duties: Sequence[Coroutine[None, None, None]],
    attending: Coroutine[None, None, None],
    stop: asyncio.Event,
) -> None:
    """Work until told to stop, or until the database is no longer ours to work on; then drain."""
    async with asyncio.TaskGroup() as group:
        background = [group.create_task(duty) for duty in duties]
        watching = asyncio.ensure_future(attending)
        working = asyncio.ensure_future(worker.run())
        stopping = group.create_task(stop.wait())
        await asyncio.wait([working, watching, stopping], return_when=asyncio.FIRST_COMPLETED)
        worker.stop()
        stop.set()
        await asyncio.wait([working])
        for task in (watching, *background):
            task.cancel()
    for ended in await asyncio.gather(working, watching, return_exceptions=True):
        if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
            raise ended
