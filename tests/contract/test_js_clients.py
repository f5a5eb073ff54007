"""The official JavaScript client, its v1 alone and inside of it, against a running server.

The checks are the scripts in `js`; what each of them prints by name is asserted here.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess

import pytest

from contract.node import SCRIPTS
from contract.running import clean_environment

RUN_S = 150

RUNS = {
    "v2": ("v2.mjs",),
    "watch": ("watch.mjs",),
    "poll": ("poll.mjs",),
    "status": ("status.mjs",),
    "v1 inside v2": ("v1.mjs", "@mendable/firecrawl-js"),
    "v1": ("v1.mjs", "firecrawl-js-1"),
}
CHECKS = [
    (run, name)
    for run, (script, *_) in RUNS.items()
    for name in re.findall(r'^await check\("([^"]+)"', (SCRIPTS / script).read_text(), re.MULTILINE)
]


@pytest.fixture(scope="module")
def outcomes(server, javascript, tmp_path_factory):
    """Give the outcomes of a run by name; each script runs once."""
    command, modules = javascript
    folder = tmp_path_factory.mktemp("js")
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    (folder / "node_modules").symlink_to(modules)
    access = {"FIRECRAWL_API_URL": server.url, "FIRECRAWL_API_KEY": server.key}

    @functools.cache
    def outcomes_of(run: str) -> dict[str, str]:
        done = subprocess.run(
            [*command, *RUNS[run]],
            cwd=folder,
            env={**clean_environment(), **access},
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout)

    return outcomes_of


@pytest.mark.parametrize(("run", "name"), CHECKS, ids=[f"{run}: {name}" for run, name in CHECKS])
def test_the_javascript_client(outcomes, run, name):
    assert outcomes(run)[name] == "passed"


def test_nothing_is_checked_twice():
    assert len(set(CHECKS)) == len(CHECKS)
    assert {run for run, _ in CHECKS} == RUNS.keys()
