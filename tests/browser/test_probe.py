"""`webkiln browser`, and a server whose driver does not start, with a real Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from browser.conftest import serve
from contract.running import clean_environment

NODE = """#!/bin/sh
echo "$0: error while loading shared libraries: libatomic.so.1: cannot open shared object file" >&2
exit 127
"""


@pytest.mark.usefixtures("site")
def test_a_page_is_shown_once_in_both_ways(tmp_path):
    told = subprocess.run(
        [sys.executable, "-m", "webkiln", "browser"],
        env={**clean_environment(), "XDG_CACHE_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout == "A page was shown in the browser, and a picture taken of it.\n"
    assert (tmp_path / "webkiln" / "browser.json").is_file()


@pytest.fixture
def without_driver(tmp_path):
    """Return a folder with a Playwright whose driver lacks a library, to be found before the real one."""
    real = Path(sysconfig.get_paths()["purelib"]) / "playwright"
    copy = tmp_path / "lib" / "playwright"
    shutil.copytree(real, copy, ignore=shutil.ignore_patterns("driver"))
    (copy / "driver").mkdir()
    (copy / "driver" / "node").write_text(NODE)
    (copy / "driver" / "node").chmod(0o755)
    return copy.parent


def test_without_its_driver_a_browser_shows_what_needs_none_and_says_the_rest(site, tmp_path, without_driver):
    more = {"PYTHONPATH": str(without_driver), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with serve(site, tmp_path, **more) as api:
        assert api.get("/v0/health/readiness").body == {"status": "ok", "browser": False}
        refused = api.scrape(site.url("/landing"), formats=["screenshot"])
        assert (refused.status, refused.body["code"]) == (400, "BAD_REQUEST")
        assert "this server has none" in refused.body["error"]
        page = api.page(site.url("/demand"))
        assert "warning" not in page, page["warning"]
    log = (tmp_path / "server.log").read_text()
    assert log.count("libatomic.so.1 is missing; `apt-get install libatomic1`") == 1
    assert "Traceback" not in log
