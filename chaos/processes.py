"""Processes of Webkiln that can be killed, frozen, told to end, and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GONE_S = 10.0


class StillThere(Exception):
    """A process did not end in the time it had."""


def state(pid: int) -> tuple[int, str] | None:
    """Return a living process's parent and state letter, None when it is gone or only waits to be reaped."""
    with contextlib.suppress(OSError, IndexError):
        # The name may hold spaces and brackets; fields count from its closing bracket (proc(5)).
        letter, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        if letter not in {"Z", "X"}:
            return int(parent), letter
    return None


def descendants(root: int) -> list[int]:
    """Return the living processes below one, children before their own children."""
    parents = {
        int(entry.name): found[0]
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (found := state(int(entry.name)))
    }
    found: list[int] = []
    level = {root}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level}
        found += sorted(level)
    return found


def kill(pids: Sequence[int]) -> None:
    """Kill processes (SIGKILL) and wait until they are gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + _GONE_S
    while any(state(pid) for pid in pids):
        if time.monotonic() > end:
            raise StillThere(f"{[pid for pid in pids if state(pid)]} outlived a SIGKILL")
        time.sleep(0.002)


class Process:
    """`webkiln` with some arguments, on a data folder of its own: to its installation, a host."""

    def __init__(
        self, name: str, arguments: Sequence[str], *, folder: Path, environment: dict[str, str]
    ) -> None:
        """Describe the process; `start` starts it. Its log goes on over all its lives."""
        self.name = name
        self.data_dir = folder / name
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.environment = environment
        self.prefix: Sequence[str] = ()
        self._arguments = [*arguments, "--data-dir", str(self.data_dir)]
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of its first process."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs, or is frozen."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, again if need be."""
        with self._log.open("ab") as sink:
            self._process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "webkiln", *self._arguments],
                cwd=self.data_dir,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def tree(self) -> list[int]:
        """Return its living processes, the first of them first."""
        return [self.pid, *descendants(self.pid)] if self.alive else []

    def kill(self) -> None:
        """Kill all its processes at once (SIGKILL)."""
        if self._process is not None:
            kill(self.tree())
            self._process.wait(_GONE_S)

    def freeze(self) -> None:
        """Stop all its processes where they are (SIGSTOP)."""
        for pid in self.tree():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on (SIGCONT)."""
        for pid in self.tree():
            os.kill(pid, signal.SIGCONT)

    def terminate(self) -> None:
        """Ask for an orderly end (SIGTERM)."""
        os.kill(self.pid, signal.SIGTERM)

    def ended(self, within_s: float) -> int:
        """Wait for its end; return the exit status. Raises StillThere."""
        assert self._process is not None
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise StillThere(f"{self.name} did not end within {within_s:g} s") from None

    def log(self) -> str:
        """Return everything it has logged."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""
