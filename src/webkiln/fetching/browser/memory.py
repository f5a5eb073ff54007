"""How much memory there is for browsers, and how much a browser takes."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from pathlib import Path

_PAGE_BYTES = 256 * 1024 * 1024  # what a usual page takes, with its share of the browser
_RESERVED_BYTES = 768 * 1024 * 1024  # for everything that is no browser
_MOST_PLACES_A_CORE = 3
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_CGROUP_CPU = Path("/sys/fs/cgroup/cpu.max")
_CGROUP_QUOTA = (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us"))


def available_bytes() -> int:
    """Return the memory this process and its children may use: the machine's, or its cgroup's limit."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):  # "max", or no such file
            return min(machine, int(path.read_text()))
    return machine


def available_cores() -> float:
    """Return how many cores this process may use: by its affinity and its cgroup's quota."""
    cores = float(len(os.sched_getaffinity(0)))
    with contextlib.suppress(OSError, ValueError):
        quota, period = _CGROUP_CPU.read_text().split()
        return min(cores, int(quota) / int(period))
    with contextlib.suppress(OSError, ValueError):
        quota_us, period_us = (int(path.read_text()) for path in _CGROUP_QUOTA)
        return min(cores, quota_us / period_us) if quota_us > 0 else cores
    return cores


def places_for(workers: int, *, cores: float, memory: int) -> int:
    """Return how many pages one of `workers` processes may have open in browsers at once."""
    by_memory = max(memory - _RESERVED_BYTES, 0) // _PAGE_BYTES
    by_cores = round(cores * _MOST_PLACES_A_CORE)
    return max(1, min(by_memory, by_cores) // max(workers, 1))


def most_bytes_for(workers: int, *, memory: int) -> int:
    """Return what the browser of one of `workers` processes may hold before it is replaced."""
    return max(memory - _RESERVED_BYTES, memory // 2) // (2 * max(workers, 1))


def tree_bytes(pid: int) -> int:
    """Return the memory of a process and all its descendants, without what they share."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                after_name = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                children[int(after_name[1])].append(int(entry.name))
    total, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        waiting.extend(children[current])
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{current}/statm").read_text().split()
            # Shared pages, libraries above all, would be counted once for every process.
            total += (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")
    return total
