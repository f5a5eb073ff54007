"""The parts of an API process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webkiln.api.app import create_app
from webkiln.api.auth import Auth, RateLimit
from webkiln.api.parts import Parts
from webkiln.engine.waiting import EndOfJobs
from webkiln.fetching.egress import EgressGuard
from webkiln.operations.account import Account
from webkiln.operations.batch_scrape import BatchScrape
from webkiln.operations.crawl import Crawl
from webkiln.operations.files import Files
from webkiln.operations.health import Health
from webkiln.operations.job_status import JobStatus
from webkiln.operations.keys import Keys
from webkiln.operations.local_search import LocalSearch
from webkiln.operations.map import Map
from webkiln.operations.profiles import TeamProfiles
from webkiln.operations.receivers import Receivers
from webkiln.operations.scrape import Scrape
from webkiln.operations.search import Search
from webkiln.operations.targets import Targets
from webkiln.telemetry.metrics import Metrics
from webkiln.wiring.blobs import open_blobs
from webkiln.wiring.browser_findings import recall
from webkiln.wiring.search import open_search

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from webkiln.settings import ServerSettings, Settings
    from webkiln.wiring.foundation import Foundation

_MB = 1024 * 1024


@contextlib.asynccontextmanager
async def api(settings: Settings, base: Foundation) -> AsyncIterator[ASGIApp]:
    """Build the API of one process."""
    waiting = EndOfJobs()
    await base.doorbell.open(waiting.hear)
    keys = Keys(base.database)
    everybody = await keys.default_caller() if settings.server.auth == "none" else None
    guard = EgressGuard(settings.fetch)
    targets = Targets(guard, guard.accepted_names)
    receivers = Receivers(base.lifecycle, targets, settings.webhook.webhook_url)
    metrics = Metrics()
    browser = recall(settings).problem is None
    blobs = open_blobs(settings)
    providers = open_search(settings)
    local = LocalSearch(base.database, enabled=settings.storage.search_index, clock=base.clock)
    grace_s = settings.engine.start_grace_ms / 1000
    app = create_app(
        Parts(
            auth=Auth(keys, RateLimit(settings.server.rate_limit_per_minute), everybody=everybody),
            scrape=Scrape(
                base.lifecycle,
                waiting,
                targets,
                default_timeout_s=settings.fetch.scrape_timeout_s,
                browser=browser,
            ),
            search=Search(base.lifecycle, waiting, targets, providers, local=local, browser=browser),
            batch_scrape=BatchScrape(
                base.lifecycle, targets, receivers, start_grace_s=grace_s, browser=browser
            ),
            crawl=Crawl(
                base.lifecycle,
                targets,
                receivers,
                start_grace_s=grace_s,
                concurrency=settings.engine.crawl_concurrency,
                browser=browser,
            ),
            map=Map(base.lifecycle, waiting, targets),
            job_status=JobStatus(base.lifecycle),
            account=Account(
                base.lifecycle,
                max_concurrency=settings.engine.max_concurrency,
                worker_concurrency=settings.engine.worker_concurrency,
            ),
            health=Health(base.lifecycle, metrics, browser=browser),
            metrics=metrics,
            max_body_bytes=settings.server.max_body_mb * _MB,
            files=Files(base.lifecycle, blobs),
            profiles=TeamProfiles(base.database),
            public_url=settings.server.public_url,
            open_to=_names(settings.server) if settings.server.auth == "none" else None,
        )
    )
    try:
        yield app
    finally:
        await providers.close()
        await blobs.close()


def _names(server: ServerSettings) -> tuple[str, ...]:
    """Return the names that the settings give the server."""
    names = [*server.allowed_hosts, server.host]
    if server.public_url:
        names.append(urlsplit(server.public_url).hostname)
    return tuple(name for name in names if name)
