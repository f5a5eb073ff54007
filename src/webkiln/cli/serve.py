"""`webkiln serve`: one port, one API process, any number of workers, kept alive."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import typer

from webkiln.engine.supervisor import Child, Supervisor
from webkiln.telemetry import set_up_logging

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from webkiln.settings import Settings

PROCESSES = "webkiln.cli.processes"
_BACKLOG = 1024
# A few threads a process need no heap of their own each.
_FRUGAL = {"MALLOC_ARENA_MAX": "2"}


def serve(settings: Settings, environment: dict[str, str]) -> int:
    """Serve until a signal says stop; return the exit status.

    `environment` gives the child processes what the command line said.
    """
    set_up_logging(level=settings.log.log_level, form=settings.log.log_format, process="serve")
    lock = _lock(settings.storage.data_dir)
    if lock is None:
        typer.echo(f"Another `webkiln serve` is using {settings.storage.data_dir}.", err=True)
        return 1
    host = settings.server.host or "127.0.0.1"
    try:
        listener = _listen(host, settings.server.port)
    except OSError as error:
        typer.echo(f"Cannot listen on {host}:{settings.server.port}: {error.strerror}.", err=True)
        return 1
    if settings.server.auth == "none":
        typer.echo(
            "WARNING: API keys are switched off (WEBKILN_AUTH=none); who reaches the port may use it.",
            err=True,
        )
    with lock, listener:
        base_url = f"http://{_written(host)}:{listener.getsockname()[1]}"
        prepared = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-m", PROCESSES, "prepare", base_url],
            env={**os.environ, **environment},
            check=False,
        )
        if prepared.returncode:
            return prepared.returncode
        asyncio.run(
            Supervisor(_children(settings, listener, environment), drain_s=settings.engine.drain_s).run()
        )
    return 0


def _children(settings: Settings, listener: socket.socket, environment: dict[str, str]) -> list[Child]:
    count = settings.engine.workers if settings.engine.workers is not None else len(os.sched_getaffinity(0))
    descriptor = listener.fileno()
    api = Child("api", ("_api", str(descriptor)), {**environment, "WEBKILN_CHILD": "1"}, (descriptor,))
    workers = [
        Child(
            f"worker-{number}", ("worker", "--slot", f"serve-{number}"), {**environment, "WEBKILN_CHILD": "1"}
        )
        for number in range(1, count + 1)
    ]
    return [api, *workers]


def _lock(data_dir: Path) -> IO[bytes] | None:
    """Take the data folder for this server alone: its slots are known to have no other tenant."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = (data_dir / "serve.lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    # Listening here keeps clients waiting, not refused, while the API process starts (again).
    listener.listen(_BACKLOG)
    return listener


def _written(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 (recognised, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
