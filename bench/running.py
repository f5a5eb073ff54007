"""A Webkiln of its own for the benchmark: started, spoken to over HTTP, measured, stopped."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import make_site
import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = f"fc-{'be9c' * 8}"
BATCHES = "/v2/batch/scrape"
KEEP_ALIVE_S = 2
PASSED_ON = {"PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH"}
OVER = ("completed", "failed", "cancelled")


class Refused(Exception):
    """The server answered with something the benchmark cannot go on with."""


class Webkiln:
    """A running server: its address, its processes, and one kept-alive connection to it."""

    def __init__(self, pid: int, port: int) -> None:
        """Know the supervisor's process and the port."""
        self.pid = pid
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._used = time.monotonic()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Send one request; return its status and body."""
        payload = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        if time.monotonic() - self._used > KEEP_ALIVE_S:
            self._connection.close()  # the server is about to; the next request opens another
        try:
            self._connection.request(method, path, payload, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        finally:
            self._used = time.monotonic()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request and read its JSON; raises Refused unless the answer is a 200."""
        status, answer = self.call(method, path, body)
        if status != http.HTTPStatus.OK:
            raise Refused(f"{method} {path}: {status} {answer[:300]!r}")
        return json.loads(answer)

    def start(self, urls: list[str], **options: Any) -> str:
        """Start a batch; return its id."""
        return str(self.ask("POST", BATCHES, {"urls": urls, **options})["id"])

    def status(self, job: str) -> dict[str, Any]:
        """Ask for a batch's state with as few documents as can be."""
        return dict(self.ask("GET", f"{BATCHES}/{job}?limit=1"))

    def wait(self, job: str, *, every_s: float = 0.25) -> dict[str, Any]:
        """Poll until a batch is over; return its last state."""
        while (state := self.status(job))["status"] not in OVER:
            time.sleep(every_s)
        return state

    def first_error(self, job: str) -> str:
        """Return what the first failed page of a batch says, or nothing."""
        errors = self.ask("GET", f"{BATCHES}/{job}/errors")["errors"]
        return str(errors[0]["error"]) if errors else ""

    def cancel(self, job: str) -> float:
        """Cancel a batch; return how long the answer took, in milliseconds."""
        before = time.perf_counter()
        state = self.ask("DELETE", f"{BATCHES}/{job}")
        took = (time.perf_counter() - before) * 1000
        if state != {"status": "cancelled"}:
            raise Refused(f"cancel answered {state}")
        return took

    def ready(self) -> bool:
        """Return whether the server takes work."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.call("GET", "/v0/health/readiness")[0] == http.HTTPStatus.OK
        return False

    def pids(self) -> list[int]:
        """List every process of the server."""
        return [one.pid for one in processes.tree(self.pid)]

    def cpu_s(self) -> float:
        """Return the CPU seconds everything has used so far."""
        return processes.cpu_s(self.pid)

    def memory(self) -> processes.Memory:
        """Return the memory of everything."""
        return processes.memory(self.pids())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def webkiln(
    *, workers: int = 2, name: str = "data", settings: dict[str, str] | None = None
) -> Iterator[Webkiln]:
    """Run `webkiln serve` on an empty data folder under bench/out until the block ends.

    `settings` are more of its environment.
    """
    folder = make_site.OUT / "webkiln"
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / name
    shutil.rmtree(data, ignore_errors=True)
    port = _free_port()
    environment = {key: value for key, value in os.environ.items() if key in PASSED_ON}
    environment |= {"WEBKILN_API_KEY": KEY, "WEBKILN_ALLOW_NETWORKS": "127.0.0.0/8"}
    environment |= settings or {}
    command = [sys.executable, "-m", "webkiln", "serve", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--data-dir", str(data)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Webkiln(process.pid, port)
    try:
        until = time.monotonic() + 30
        while not server.ready():
            if process.poll() is not None or time.monotonic() > until:
                raise Refused(f"the server did not start; see {folder / 'server.log'}")
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(data, ignore_errors=True)
