"""Flows go through HTTP: a real server in its own processes, over a real small web in another."""

from __future__ import annotations

import asyncio

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
def database_settings(store, request):
    """Make the settings that give a server a database of its own."""

    def fresh():
        if store == "sqlite":
            return {}
        server = request.getfixturevalue("postgres_url")
        return {"WEBKILN_DATABASE_URL": asyncio.run(new_database(server))}

    return fresh


@pytest.fixture(scope="session")
def server(web, database_settings, tmp_path_factory):
    settings = {
        **database_settings(),
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_EXTRA_CA_FILE": web.ca_file,
        "WEBKILN_WEBHOOK_SECRET": SECRET,
        "WEBKILN_WEBHOOK_RETRY_DELAYS_S": "0.2,0.2,0.2",
    }
    folder = tmp_path_factory.mktemp("flows")
    with serving(folder, settings) as running:
        url = settings.get("WEBKILN_DATABASE_URL")
        yield Api(running.url, running.key, folder / "data", url)


@pytest.fixture
def api(server):
    return server
