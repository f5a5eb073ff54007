"""A real server over a real small web, each in processes of their own."""

from __future__ import annotations

import pytest

from contract.running import serving
from smallweb import PortsUnavailable, spawn


@pytest.fixture(scope="session")
def web():
    try:
        with spawn() as running:
            yield running
    except PortsUnavailable as refused:
        pytest.skip(f"the small web needs ports 80 and 443 of a loopback address: {refused}")


@pytest.fixture(scope="session")
def server(web, tmp_path_factory):
    settings = {
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_ALLOW_NETWORKS": "127.0.0.0/8",
        "WEBKILN_EXTRA_CA_FILE": web.ca_file,
    }
    with serving(tmp_path_factory.mktemp("server"), settings) as running:
        yield running
