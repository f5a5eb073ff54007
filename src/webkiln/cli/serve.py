"""`webkiln serve`: one port, one API process, any number of workers, kept alive."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import typer

from webkiln.cli.own_command import keys_command
from webkiln.engine.supervisor import Child, Plan

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from webkiln.settings import Settings

_PROCESSES = (sys.executable, "-m", "webkiln.cli.processes")
_BACKLOG = 1024
_PATIENCE_S = 1.0


def serve(settings: Settings, environment: dict[str, str]) -> int:
    """Serve until a signal says stop; returns only when it cannot begin, with the exit status.

    `environment` gives the child processes what the command line said.
    """
    try:
        lock = _lock(settings.storage.data_dir)
    except OSError as error:
        typer.echo(f"Cannot use {settings.storage.data_dir}: {error.strerror}.", err=True)
        return 1
    if lock is None:
        typer.echo(f"Another `webkiln serve` is using {settings.storage.data_dir}.", err=True)
        return 1
    host = settings.server.host or "127.0.0.1"
    with lock:
        try:
            listener = _listen(host, settings.server.port)
        except OSError as error:
            typer.echo(_cannot_listen(host, settings.server.port, error), err=True)
            return 1
        if settings.server.auth == "none":
            typer.echo(
                "WARNING: API keys are switched off (WEBKILN_AUTH=none); who reaches the port may use it.",
                err=True,
            )
        with listener:
            base_url = f"http://{_written(host)}:{listener.getsockname()[1]}"
            return _begin(settings, {**os.environ, **environment}, base_url, lock, listener)


def _begin(
    settings: Settings, environment: dict[str, str], base_url: str, lock: IO[bytes], listener: socket.socket
) -> int:
    """Prepare the database and become the supervisor; returns only when preparing fails."""
    command = [*_PROCESSES, "prepare", base_url, keys_command(settings)]
    prepared = subprocess.run(command, env=environment, check=False)  # noqa: S603 (our own program)
    if prepared.returncode:
        return prepared.returncode
    for descriptor in (lock.fileno(), listener.fileno()):
        os.set_inheritable(descriptor, True)  # noqa: FBT003 (the os module's signature)
    return _supervise(settings, environment, _children(settings, listener))


def look_for_browser(environment: dict[str, str]) -> None:
    """Find out whether this machine shows pages, in a process that ends."""
    subprocess.run([*_PROCESSES, "look"], env={**os.environ, **environment}, check=False)  # noqa: S603 (our own program)


def work_together(settings: Settings, environment: dict[str, str], count: int) -> NoReturn:
    """Become the supervisor of `count` workers, each in the first place of this host that is free."""
    workers = [
        Child(f"worker {number}", (_PROCESSES[-1], "worker", ""), watched=True)
        for number in range(1, count + 1)
    ]
    _supervise(settings, {**os.environ, **environment}, workers)


def _supervise(settings: Settings, environment: dict[str, str], children: list[Child]) -> NoReturn:
    """Go on as a process that supervises, and has loaded nothing else."""
    plan = Plan(settings.engine.drain_s, settings.engine.lease_s, children)
    log_settings = [settings.log.log_level, settings.log.log_format]
    sys.stdout.flush()
    command = [*_PROCESSES, "supervise", plan.encode(), *log_settings]
    os.execve(sys.executable, command, environment)  # noqa: S606 (our own program)


def _children(settings: Settings, listener: socket.socket) -> list[Child]:
    count = settings.engine.workers
    if count is None:
        count = len(os.sched_getaffinity(0))
    descriptor = listener.fileno()
    module = "webkiln.cli.processes"
    api = Child("api", (module, "api", str(descriptor)), descriptors=(descriptor,))
    slots = [f"serve-{number}" for number in range(1, count + 1)]
    return [api, *(Child(slot, (module, "worker", slot), watched=True) for slot in slots)]


def _lock(data_dir: Path) -> IO[bytes] | None:
    """Take the data folder for this server alone: its slots are known to have no other tenant."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
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
    patience = time.monotonic() + _PATIENCE_S
    while True:
        try:
            listener.bind((host, port))
            break
        except OSError as error:
            # A killed server's API process holds the port until it notices, a moment later.
            if error.errno != errno.EADDRINUSE or time.monotonic() > patience:
                listener.close()
                raise
            time.sleep(_PATIENCE_S / 20)
    # Listening here keeps clients waiting, not refused, while the API process starts (again).
    listener.listen(_BACKLOG)
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    """Say why nobody can listen there, and which option names another place."""
    of_the_host = error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror)
    option = "--host names another address" if of_the_host else "--port names another port"
    return f"Cannot listen on {host}:{port}: {error.strerror}; {option}."


def _written(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 (recognised, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
