"""The composition root: settings in, running parts out; the only module that names concrete classes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from webkiln import errors, ids
from webkiln.api.app import create_app
from webkiln.api.auth import Auth, RateLimit
from webkiln.api.parts import Parts
from webkiln.engine.handlers import Lane
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.maintenance import Maintenance
from webkiln.engine.suspect import Suspect
from webkiln.engine.waiting import EndOfJobs
from webkiln.engine.worker import Worker
from webkiln.fetching.decoding import decode
from webkiln.fetching.egress import EgressGuard
from webkiln.fetching.http import HttpFetcher
from webkiln.fetching.sender import WebhookSender
from webkiln.operations import batch_scrape, scrape, webhooks
from webkiln.operations.account import Account
from webkiln.operations.batch_scrape import BatchScrape
from webkiln.operations.health import Health
from webkiln.operations.job_status import JobStatus
from webkiln.operations.keys import Keys
from webkiln.operations.page_task import PageHandler
from webkiln.operations.scrape import Scrape
from webkiln.operations.specs import Specs
from webkiln.operations.targets import Targets
from webkiln.operations.webhooks import WebhookHandler
from webkiln.scraping.page_cache import PageCache
from webkiln.scraping.scraper import Scraper
from webkiln.store import upgrade
from webkiln.store.doorbell import LocalDoorbell
from webkiln.store.sqlite import SqliteDatabase
from webkiln.telemetry import Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from webkiln.settings import Settings
    from webkiln.store.database import Database
    from webkiln.store.doorbell import Doorbell

log = structlog.get_logger(__name__)

_MB = 1024 * 1024
# Slots besides those of batches, so that neither a client who waits nor a receiver queues behind them.
_INTERACTIVE_SLOTS = 16
_DELIVERY_SLOTS = 16


class WrongSchema(Exception):
    """The database is at another step than this program needs."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every process stands on."""

    database: Database
    doorbell: Doorbell
    lifecycle: Lifecycle


@contextlib.asynccontextmanager
async def foundation(settings: Settings, *, migrate: bool = False) -> AsyncIterator[Foundation]:
    """Open the database and the doorbell.

    With `migrate` the schema is brought up to date first; without, another schema than this
    program's raises WrongSchema before anything is touched.
    """
    if settings.storage.database_url is not None:
        raise errors.Unavailable(
            "Only SQLite is available in this release; leave WEBKILN_DATABASE_URL unset."
        )
    path = settings.storage.data_dir / "webkiln.db"
    database = SqliteDatabase(path)
    doorbell = LocalDoorbell(path)
    try:
        if migrate:
            await database.write(upgrade.upgrade)
        found, needed = await database.read(upgrade.current), upgrade.newest()
        if found != needed:
            raise WrongSchema(
                f"The database is at step {found}, this program needs {needed}; run `webkiln db upgrade`."
            )
        lifecycle = Lifecycle(
            database,
            doorbell,
            result_ttl_s=settings.storage.result_ttl_s,
            team_limit=settings.engine.max_concurrency,
        )
        yield Foundation(database, doorbell, lifecycle)
    finally:
        await doorbell.close()
        await database.close()


@contextlib.asynccontextmanager
async def api(settings: Settings, base: Foundation) -> AsyncIterator[ASGIApp]:
    """Build the API of one process."""
    waiting = EndOfJobs()
    await base.doorbell.open(waiting.hear)
    keys = Keys(base.database)
    everybody = await keys.default_caller() if settings.server.auth == "none" else None
    targets = Targets(EgressGuard(settings.fetch), frozenset(settings.fetch.resolve))
    metrics = Metrics()
    yield create_app(
        Parts(
            auth=Auth(keys, RateLimit(settings.server.rate_limit_per_minute), everybody=everybody),
            scrape=Scrape(
                base.lifecycle, waiting, targets, default_timeout_s=settings.fetch.scrape_timeout_s
            ),
            batch_scrape=BatchScrape(
                base.lifecycle,
                targets,
                start_grace_s=settings.engine.start_grace_ms / 1000,
                default_webhook=settings.webhook.webhook_url,
            ),
            job_status=JobStatus(base.lifecycle),
            account=Account(
                base.lifecycle,
                max_concurrency=settings.engine.max_concurrency,
                worker_concurrency=settings.engine.worker_concurrency,
            ),
            health=Health(base.lifecycle, metrics),
            metrics=metrics,
            max_body_bytes=settings.server.max_body_mb * _MB,
            public_url=settings.server.public_url,
        )
    )


async def run_worker(settings: Settings, base: Foundation, *, slot: str, stop: asyncio.Event) -> None:
    """Be the worker in `slot` until `stop` is set, then drain."""
    suspects = settings.storage.data_dir / "suspects"
    suspect = Suspect(suspects, slot)
    fetcher = HttpFetcher(settings.fetch)
    sender = WebhookSender(settings.fetch)
    page_limit = settings.fetch.max_page_mb * _MB
    cache = PageCache(base.database, lambda wire, coding: decode(wire, coding, page_limit)[0])
    specs = Specs(base.database)
    pages = PageHandler(
        specs,
        Scraper(fetcher, cache, marking=suspect.marking),
        default_timeout_s=settings.fetch.scrape_timeout_s,
        max_tries=settings.engine.max_tries,
        allow_names=frozenset(settings.fetch.resolve),
    )
    deliveries = WebhookHandler(base.database, specs, sender, settings.webhook)
    slots = settings.engine.worker_concurrency
    worker = Worker(
        base.lifecycle,
        [
            Lane("batches", slots, {batch_scrape.KIND: pages}, ahead=slots),
            Lane("interactive", _INTERACTIVE_SLOTS, {scrape.KIND: pages}, urgent=True),
            Lane("deliveries", _DELIVERY_SLOTS, {webhooks.KIND: deliveries}),
        ],
        host=socket.gethostname(),
        slot=slot,
        lease_s=settings.engine.lease_s,
        drain_s=settings.engine.drain_s,
        suspects=suspects,
    )
    maintenance = Maintenance(
        base.lifecycle,
        holder=ids.new_id(),
        suspects=suspects,
        cache_max_bytes=settings.storage.cache_max_mb * _MB,
    )
    await base.doorbell.open(worker.hear)
    async with asyncio.TaskGroup() as group:
        background = [group.create_task(maintenance.run()), group.create_task(cache.run())]
        working = group.create_task(worker.run())
        await asyncio.wait([working, group.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        worker.stop()
        stop.set()
        await working
        for task in background:
            task.cancel()
    await cache.flush()
    await sender.close()
    await fetcher.close()
    suspect.close()
