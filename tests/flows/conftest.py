"""Flows go through HTTP: a real server in its own processes, over a real small web in another."""

from __future__ import annotations

import asyncio
import contextlib
from functools import cache, partial

import pytest

from contract.running import serving
from engine.conftest import BOTH, new_database, postgres_url
from flows.client import Api
from smallweb import spawn

__all__ = ["postgres_url"]

SECRET = "glaze-and-slip"


@pytest.fixture(scope="session")
def web():
    with spawn(http_port=0, https_port=0) as running:
        yield running


@pytest.fixture(scope="session", params=BOTH)
def store(request):
    """Which database the servers of a test run on."""
    return request.param


@pytest.fixture(scope="session")
def database_of(request):
    """Return the settings that give a server a database of its own, of a kind."""

    def fresh(store):
        if store == "sqlite":
            return {}
        server = request.getfixturevalue("postgres_url")
        return {"WEBKILN_DATABASE_URL": asyncio.run(new_database(server))}

    return fresh


@pytest.fixture(scope="session")
def database_settings(store, database_of):
    """Make the settings that give a server a database of its own."""
    return partial(database_of, store)


@pytest.fixture(scope="session")
def servers(web, database_of, tmp_path_factory):
    """Return the server on a kind of database: it starts once, and stays for the tests of other files."""
    with contextlib.ExitStack() as stack:

        @cache
        def on(store):
            settings = {
                **database_of(store),
                "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
                "WEBKILN_RESOLVE": web.pins,
                "WEBKILN_EXTRA_CA_FILE": web.ca_file,
                "WEBKILN_WEBHOOK_SECRET": SECRET,
                "WEBKILN_WEBHOOK_RETRY_DELAYS_S": "0.2,0.2,0.2",
            }
            folder = tmp_path_factory.mktemp("flows")
            running = stack.enter_context(serving(folder, settings))
            url = settings.get("WEBKILN_DATABASE_URL")
            return Api(running.url, running.key, folder / "data", url)

        yield on


@pytest.fixture(scope="session")
def server(servers, store):
    return servers(store)


@pytest.fixture
def api(server):
    return server
