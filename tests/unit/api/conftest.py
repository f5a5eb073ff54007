"""The door over real operations on a real database, called without a network between."""

from __future__ import annotations

import dataclasses
from contextvars import ContextVar

import httpx
import pytest

from engine.conftest import blank, clock, database, lifecycle, logs, prepared
from engine.one_store import sqlite_store
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
from webkiln.operations.map import Map
from webkiln.operations.profiles import TeamProfiles
from webkiln.operations.receivers import Receivers
from webkiln.operations.scrape import Scrape
from webkiln.operations.search import Search
from webkiln.operations.targets import Targets
from webkiln.settings import FetchSettings
from webkiln.store.blobs import LocalBlobs
from webkiln.telemetry.metrics import Metrics

__all__ = ["blank", "clock", "database", "lifecycle", "logs", "prepared", "sqlite_store"]

KEY = "fc-" + "5eed" * 8
JOB = "0198a000-0000-7000-8000-00000000abcd"


class Broken:
    """A part whose every operation fails as nobody expected."""

    def __getattr__(self, name):
        async def fail(*_args, **_more):
            raise RuntimeError("the secret cause")

        return fail


@pytest.fixture
async def parts(lifecycle, clock, tmp_path):
    keys = Keys(lifecycle.database, clock=clock)
    await keys.create(key=KEY)
    metrics = Metrics()
    targets = Targets(EgressGuard(FetchSettings()), frozenset())
    receivers = Receivers(lifecycle, targets, None)
    search = Search(lifecycle, EndOfJobs(), targets, (), local=Broken(), browser=True)
    return Parts(
        search=search,
        auth=Auth(keys, RateLimit(0, clock), everybody=None),
        scrape=Scrape(lifecycle, EndOfJobs(), targets, default_timeout_s=60, browser=True),
        batch_scrape=BatchScrape(lifecycle, targets, receivers, start_grace_s=0.25, browser=True),
        crawl=Crawl(lifecycle, targets, receivers, start_grace_s=0.25, concurrency=8, browser=True),
        map=Map(lifecycle, EndOfJobs(), targets),
        job_status=JobStatus(lifecycle),
        account=Account(lifecycle, max_concurrency=0, worker_concurrency=32),
        health=Health(lifecycle, metrics, browser=True),
        metrics=metrics,
        max_body_bytes=1_000_000,
        files=Files(lifecycle, LocalBlobs(tmp_path / "blobs")),
        profiles=TeamProfiles(lifecycle.database),
        public_url=None,
    )


_chosen = ContextVar("chosen")


class Chosen:
    """Stands for whatever parts the request at hand is meant for: building an app takes its time."""

    metrics = Metrics()
    open_to = None

    def __getattr__(self, name):
        return getattr(_chosen.get(), name)


@pytest.fixture(scope="session")
def built():
    return create_app(Chosen())


@pytest.fixture
def app_over(built):
    """Make the app of parts."""

    def over(parts):
        async def app(scope, receive, send):
            token = _chosen.set(parts)
            try:
                await built(scope, receive, send)
            finally:
                _chosen.reset(token)

        return app

    return over


@pytest.fixture
def broken(parts):
    return dataclasses.replace(
        parts, scrape=Broken(), batch_scrape=Broken(), job_status=Broken(), account=Broken(), health=Broken()
    )


@pytest.fixture
async def dial(app_over):
    """Make clients of parts; each sends the key unless told otherwise."""
    clients = []

    def connect(parts, key=KEY):
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        transport = httpx.ASGITransport(app_over(parts), raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers))
        return clients[-1]

    yield connect
    for client in clients:
        await client.aclose()


@pytest.fixture
def client(dial, parts):
    return dial(parts)
