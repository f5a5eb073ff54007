from __future__ import annotations

import ssl

import pytest
import trustme

from unit.fetching.raw_server import RawServer
from webkiln.fetching.http import HttpFetcher
from webkiln.fetching.sender import WebhookSender
from webkiln.settings import FetchSettings


def opened(**more):
    """Return settings that open loopback, where the test servers are."""
    return FetchSettings.model_validate({"allow_networks": "127.0.0.0/8", **more})


@pytest.fixture
async def serve():
    """Start raw servers; they stop with the test."""
    running = []

    async def start(answer, **options):
        server = RawServer(answer, **options)
        await server.__aenter__()
        running.append(server)
        return server

    yield start
    for server in running:
        await server.__aexit__()


@pytest.fixture
async def make_fetcher():
    made = []

    def make(guard=None, **settings):
        made.append(HttpFetcher(opened(**settings), guard))
        return made[-1]

    yield make
    for fetcher in made:
        await fetcher.close()


@pytest.fixture
async def make_sender():
    made = []

    def make(guard=None, **settings):
        made.append(WebhookSender(opened(**settings), guard))
        return made[-1]

    yield make
    for sender in made:
        await sender.close()


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def authority_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def tls(authority):
    """Return a server context whose certificate names loopback and secure.test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "secure.test").configure_cert(context)
    return context
