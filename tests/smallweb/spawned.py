"""The site in a process of its own, for tests that block and for ports 80 and 443."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smallweb.server import private_address

if TYPE_CHECKING:
    from collections.abc import Iterator


class PortsUnavailable(Exception):
    """The ports cannot be bound here; the text is the system's reason."""


@dataclass(frozen=True)
class SpawnedWeb:
    """Where a spawned site answers; `pins` and `ca_file` are what a server needs to reach it by name."""

    address: str
    http_port: int
    https_port: int
    control_port: int
    ca_file: str
    pins: str

    def url(self, path: str = "/") -> str:
        """Return the plain http address of a path."""
        return f"http://{self.address}:{self.http_port}{path}"

    def summary(self, since: float = 0.0) -> dict[str, Any]:
        """Ask what happened, as `SmallWeb.summary`."""
        return self._ask(f"/stats?since={since!r}")

    def requests(self, since: float = 0.0) -> list[dict[str, Any]]:
        """Ask for every request that started after a Unix time, or was still open then."""
        return self._ask(f"/requests?since={since!r}")

    def deliveries(self, name: str = "") -> list[dict[str, Any]]:
        """Ask what one webhook receiver was sent."""
        return self._ask(f"/deliveries?name={name}")

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://{self.address}:{self.control_port}{path}", timeout=10) as answer:
            return json.load(answer)


@contextlib.contextmanager
def spawn(*, http_port: int = 80, https_port: int = 443, address: str | None = None) -> Iterator[SpawnedWeb]:
    """Run the site in a process of its own until the block ends, on `address` or a loopback one of its own.

    Raises PortsUnavailable when the system refuses the ports.
    """
    command = [sys.executable, "-m", "smallweb", "--address", address or private_address()]
    command += ["--http-port", str(http_port), "--https-port", str(https_port)]
    process = subprocess.Popen(
        command,
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            _, trouble = process.communicate(timeout=10)
            raise PortsUnavailable(trouble.strip().splitlines()[-1] if trouble.strip() else "no answer")
        yield SpawnedWeb(**json.loads(line))
    finally:
        # The site runs until its standard input closes, so it cannot outlive a killed test run.
        with contextlib.suppress(ValueError, subprocess.TimeoutExpired):
            process.communicate(timeout=10)
        if process.poll() is None:
            process.kill()
            process.communicate()
