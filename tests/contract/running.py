"""Run `webkiln serve` in processes of its own, for tests that speak to it as clients do."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = f"fc-{'5eed' * 8}"
START_S = 180
STOP_S = 30


class NotReady(Exception):
    """The server ended, or took no work in time; the text is the end of its log."""


@dataclass(frozen=True)
class RunningServer:
    """Where a server answers, the key it takes, and the process that all of its others descend from."""

    url: str
    key: str
    pid: int


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """Return what a process needs to run, and none of the machine's own settings or proxies."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def ready(url: str) -> bool:
    """Return whether the server would take work now."""
    try:
        with urllib.request.urlopen(f"{url}/v0/health/readiness", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextlib.contextmanager
def serving(folder: Path, settings: dict[str, str], *, workers: int = 2) -> Iterator[RunningServer]:
    """Run `webkiln serve` on a fresh data folder until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "webkiln", "serve", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--data-dir", str(folder / "data")]
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean_environment(), "WEBKILN_API_KEY": KEY, **settings},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = RunningServer(f"http://127.0.0.1:{port}", KEY, process.pid)
    try:
        until = time.monotonic() + START_S
        while not ready(running.url):
            if process.poll() is not None or time.monotonic() > until:
                raise NotReady(log.read_text(errors="replace")[-4000:])
            time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
