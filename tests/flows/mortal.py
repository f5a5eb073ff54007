"""A server whose processes can be killed at any moment, and started again on the same data."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from contract.running import KEY, clean_environment, free_port, ready
from flows.client import Api, until

if TYPE_CHECKING:
    from collections.abc import Iterator


class MortalServer:
    """`webkiln serve` with a way to end any of its processes at once (SIGKILL)."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.port = free_port()
        self.folder = folder
        self.api = Api(f"http://127.0.0.1:{self.port}", KEY, folder / "data")
        self._environment = {**clean_environment(), "WEBKILN_API_KEY": KEY, **settings}
        self._log = (folder / "server.log").open("ab")
        self.process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return self._start("serve", "--port", str(self.port), "--workers", "2")

    @contextlib.contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker beside those of the server, once that is ready."""
        process = self._start("worker")
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "webkiln", *arguments, "--data-dir", str(self.folder / "data")],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def until_ready(self, within_s: float = 90) -> None:
        until(lambda: ready(self.api.url), bool, within_s=within_s)

    def children(self) -> dict[int, str]:
        """Return the living child processes: pid to command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    stat = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(stat[1]) == self.process.pid and stat[0] != "Z":
                        found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        return found

    def kill_one(self, dice: random.Random) -> str:
        """Kill the API, a worker, or the supervisor and with it everything; say which."""
        children = self.children()
        victim = dice.choice([*children, self.process.pid])
        if victim == self.process.pid:
            self.kill_all()
            self.process = self._spawn()
            return "everything"
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return children[victim].partition("webkiln ")[2].strip()

    def kill_all(self) -> None:
        """Kill the supervisor and all its children."""
        children = self.children()
        self.process.kill()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask for an orderly end; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        """End everything, whatever state it is in."""
        self.kill_all()
        self._log.close()

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")


@contextlib.contextmanager
def mortal(folder, settings):
    server = MortalServer(folder, settings)
    try:
        server.until_ready()
        yield server
    finally:
        server.close()


def patient(ask, within_s: float = 30):
    """Repeat a call while nobody answers it."""
    end = time.monotonic() + within_s
    while True:
        try:
            return ask()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
