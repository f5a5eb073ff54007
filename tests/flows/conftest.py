"""Flows go through HTTP: a real server in its own processes, over a real small web in another."""

from __future__ import annotations

import pytest

from contract.running import serving
from flows.client import Api
from smallweb import spawn

SECRET = "glaze-and-slip"


@pytest.fixture(scope="session")
def web():
    with spawn(http_port=0, https_port=0) as running:
        yield running


@pytest.fixture(scope="session")
def server(web, tmp_path_factory):
    settings = {
        "WEBKILN_ALLOW_NETWORKS": f"{web.address}/32",
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_EXTRA_CA_FILE": web.ca_file,
        "WEBKILN_WEBHOOK_SECRET": SECRET,
        "WEBKILN_WEBHOOK_RETRY_DELAYS_S": "0.2,0.2,0.2",
    }
    folder = tmp_path_factory.mktemp("flows")
    with serving(folder, settings) as running:
        yield Api(running.url, running.key, folder / "data")


@pytest.fixture
def api(server):
    return server
