"""The bodies that the official n8n node sends, against a running server.

They are made from the node's own description (`js/n8n/bodies.mjs`); without Node there are none.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import httpx
import pytest

from contract.node import SCRIPTS, Missing, installed, node
from contract.running import clean_environment

PATHS = {
    "scrape": "/v2/scrape",
    "batchScrape": "/v2/batch/scrape",
    "crawl": "/v2/crawl",
    "map": "/v2/map",
    "search": "/v2/search",
}
# The node puts the formats of a crawl beside its scrape options, where the published API refuses them.
SENT = [(operation, "defaults") for operation in PATHS] + [("scrape", "opened"), ("batchScrape", "opened")]


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    """Give the node's bodies by operation and by what of its form is filled in."""
    folder = SCRIPTS / "n8n"
    try:
        # The node wants the whole of n8n beside it, of which its description needs nothing.
        command, modules = node(), installed(folder, "--legacy-peer-deps")
    except Missing as missing:
        pytest.skip(str(missing))
    run = tmp_path_factory.mktemp("n8n")
    shutil.copy(folder / "bodies.mjs", run)
    (run / "node_modules").symlink_to(modules)
    done = subprocess.run(
        [*command, "bodies.mjs"],
        cwd=run,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize(("operation", "filled"), SENT)
def test_what_the_node_sends_is_served(server, bodies, operation, filled):
    body = bodies[operation][filled]
    assert body["integration"] == "n8n"
    headers = {"Authorization": f"Bearer {server.key}"}
    answer = httpx.post(f"{server.url}{PATHS[operation]}", json=body, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["success"]) == (200, True), (body, answer.text)


def test_a_form_leaves_blanks(bodies):
    """What the crawls of the node failed by; were it gone, the test above would show less than it says."""
    assert bodies["crawl"]["defaults"]["prompt"] == ""
    assert bodies["search"]["defaults"]["tbs"] == ""
