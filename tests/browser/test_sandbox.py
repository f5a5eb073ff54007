"""Who a page's process is, and what it may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.client import until


class Facts:
    """What the kernel says of a process."""

    def __init__(self, pid):
        folder = Path("/proc", str(pid))
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        self.command = (folder / "cmdline").read_text()
        self.user = status["Uid"].split()[0]
        self.seccomp = status["Seccomp"].strip()
        self.namespaces = {name: (folder / "ns" / name).readlink() for name in ("user", "net", "pid")}
        self.environment = (folder / "environ").read_bytes()


@pytest.fixture(scope="module")
def processes(server, site):
    """All processes of the browser while it shows a page."""
    with ThreadPoolExecutor(1) as pool:
        showing = pool.submit(server.page, site.url("/article"), waitFor=2_000)

        def look():
            try:
                return [Facts(pid) for pid in server.chromium()]
            except FileNotFoundError:  # one has just ended
                return []

        found = until(look, lambda seen: any("--type=renderer" in one.command for one in seen))
        showing.result()
    if "gives the browser no sandbox" in (server.data_dir.parent / "server.log").read_text():
        pytest.skip("the kernel gives no sandbox here, and the log says so")
    return found


def test_a_page_runs_in_the_sandbox(processes):
    ours = Facts("self").namespaces
    for renderer in [one for one in processes if "--type=renderer" in one.command]:
        assert renderer.seccomp == "2"  # filtered
        assert not set(renderer.namespaces.values()) & set(ours.values())


def test_no_process_of_the_browser_is_root(processes):
    assert "0" not in {one.user for one in processes}


def test_the_browser_knows_no_secret_of_ours(processes, server):
    for one in processes:
        assert server.key.encode() not in one.environment
        assert b"WEBKILN" not in one.environment
