"""Ends what a run left behind, whatever became of the run itself.

Every process of a run bears the run's mark in its environment, and gives it to its children.
`python -m chaos.leftovers MARK` waits until its standard input ends, as it does when the run's own
process is gone, and then sweeps.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from chaos import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "CHAOS_RUN"
_ROUNDS = 50  # somebody may be starting somebody else just now
_PAUSE_S = 0.1


def marked(mark: str) -> list[int]:
    """Return the living processes that bear a mark."""
    wanted = f"{VARIABLE}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def sweep(mark: str) -> int:
    """Kill every process that bears the mark; return how many there were."""
    killed = 0
    for _ in range(_ROUNDS):
        found = marked(mark)
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        time.sleep(_PAUSE_S)
    return killed


@contextlib.contextmanager
def swept(mark: str) -> Iterator[None]:
    """Leave nothing with this mark behind the block, even when this process is killed inside it."""
    watch = subprocess.Popen(
        [sys.executable, "-m", "chaos.leftovers", mark],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is for the run; the watch ends after it
    )
    try:
        yield
    finally:
        try:
            sweep(mark)
        finally:
            assert watch.stdin is not None
            watch.stdin.close()
            watch.wait(30)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    sweep(sys.argv[1])
