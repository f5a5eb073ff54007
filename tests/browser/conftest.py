"""Pages in a real Chromium: a real server, a site of our own in a thread, and plain HTTP between them."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from browser.client import BrowserApi
from browser.site import running_site
from contract.running import serving
from webkiln.fetching.browser.installed import find_chromium


@pytest.fixture(scope="session")
def site():
    if find_chromium(None) is None:
        pytest.skip("there is no Chromium on this machine")
    with running_site() as running:
        yield running


@contextlib.contextmanager
def serve(site, folder: Path, **more: str):
    settings = {"WEBKILN_ALLOW_NETWORKS": f"{site.address}/32", "WEBKILN_RESOLVE": site.pins, **more}
    with serving(folder, settings, workers=1) as running:
        yield BrowserApi(running.url, running.key, folder / "data", pid=running.pid)


@pytest.fixture(scope="session")
def server(site, tmp_path_factory):
    with serve(site, tmp_path_factory.mktemp("shown"), WEBKILN_BROWSER_PAGES="5") as api:
        yield api


@pytest.fixture
def api(server, site):
    site.log.clear()
    return server


@pytest.fixture(scope="session")
def plain_api(site, tmp_path_factory):
    """A server that has no browser."""
    with serve(site, tmp_path_factory.mktemp("plain"), WEBKILN_BROWSER="off") as api:
        yield api


@pytest.fixture(scope="module")
def together(server):
    """Scrape several pages at once, for each would take its time alone; give the answers by name."""

    def scrape(**wanted):
        with ThreadPoolExecutor(5) as pool:
            asked = {name: pool.submit(server.scrape, **options) for name, options in wanted.items()}
            return {name: answer.result() for name, answer in asked.items()}

    return scrape
