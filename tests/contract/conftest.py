"""A real server over a real small web, each in processes of their own."""

from __future__ import annotations

import pytest

from contract.node import Missing, installed, node
from contract.running import serving
from smallsearch import Entry, SmallSearch
from smallweb import PortsUnavailable, spawn

# What the client's own tests search for.
PAGES = [
    Entry("https://example.com/paris", "Paris", "Paris is the capital of France.", "1 day ago"),
    Entry("https://docs.firecrawl.dev/", "Firecrawl documentation", "How to use Firecrawl", "1 day ago"),
    Entry("https://firecrawl.dev/", "Firecrawl", "Firecrawl, a query of a test", "1 day ago"),
    Entry("https://other.test/python", "Python programming", "Learning Python", "1 day ago"),
    Entry("https://smallweb.test/ai", "Artificial intelligence", "What AI is and is not", "1 day ago"),
]


@pytest.fixture(scope="session")
def web():
    try:
        with spawn() as running:
            yield running
    except PortsUnavailable as refused:
        pytest.skip(f"the small web needs ports 80 and 443 of a loopback address: {refused}")


@pytest.fixture(scope="session")
def engines():
    with SmallSearch(PAGES) as running:
        yield running


@pytest.fixture(scope="session")
def server(web, engines, tmp_path_factory):
    settings = {
        "SEARXNG_ENDPOINT": engines.url("searxng"),
        "WEBKILN_RESOLVE": web.pins,
        "WEBKILN_ALLOW_NETWORKS": "127.0.0.0/8",
        "WEBKILN_EXTRA_CA_FILE": web.ca_file,
    }
    with serving(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


@pytest.fixture(scope="session")
def javascript():
    """Give the command that runs a script, and the folder of the official clients."""
    try:
        return node(), installed()
    except Missing as missing:
        pytest.skip(str(missing))
