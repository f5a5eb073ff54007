"""What a tree of processes uses, read from /proc: CPU with all children, and memory."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_LONGEST_WORD = 20
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One line of /proc: parent, session, and CPU seconds of itself and its reaped children."""

    pid: int
    parent: int
    session: int
    cpu_s: float


@dataclass(frozen=True)
class Memory:
    """MiB of memory: `pss` shares pages that several processes map, `rss` counts them in each."""

    pss: float
    rss: float


def _read(pid: int) -> Process | None:
    with contextlib.suppress(OSError):
        # The name may hold spaces and brackets; fields count from its closing bracket (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return Process(pid, int(fields[1]), int(fields[3]), sum(map(int, fields[11:15])) / TICKS)
    return None


def tree(root: int) -> list[Process]:
    """Return a process, its descendants, and whatever shares its session, oldest first."""
    everyone = [
        one for entry in Path("/proc").iterdir() if entry.name.isdigit() and (one := _read(int(entry.name)))
    ]
    members = {root}
    while True:
        more = {one.pid for one in everyone if one.parent in members or one.session == root} - members
        if not more:
            return sorted((one for one in everyone if one.pid in members), key=lambda one: one.pid)
        members |= more


def cpu_s(root: int) -> float:
    """Return the CPU seconds of a whole tree, finished children included."""
    return sum(one.cpu_s for one in tree(root))


def memory(pids: list[int]) -> Memory:
    """Return the memory of some processes together."""
    total = {"Pss": 0, "Rss": 0}
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, amount = line.partition(":")
                if name in total:
                    total[name] += int(amount.split()[0])
    return Memory(total["Pss"] / 1024, total["Rss"] / 1024)


def role(pid: int) -> str:
    """Return what a process of Webkiln does, as its command line says it after the module's name."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        place = next((n for n, word in enumerate(words) if word.startswith("webkiln")), 0)
        return " ".join(word for word in words[place + 1 : place + 3] if len(word) < _LONGEST_WORD)
    return "gone"
