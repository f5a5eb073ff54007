"""How much memory there is for browsers, and how much a browser takes."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_PAGE_BYTES = 256 * 1024 * 1024  # what a usual page takes, with its share of the browser
_BROWSER_BYTES = 256 * 1024 * 1024  # what a browser takes beside its pages
_RESERVED_BYTES = 768 * 1024 * 1024  # for everything that is no browser
_MOST_PLACES_A_CORE = 3
# The processes that all pages' processes come from, and the one that all connections are in.
_VITAL = (b"--type=zygote", b"network.mojom.NetworkService")
_CHUNK = 64 * 1024  # more than the children of one thread take
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
    return sum(map(own_bytes, [pid, *descendants(pid)]))


def own_bytes(pid: int) -> int:
    """Return the memory that a process shares with no other: libraries would be counted for every one."""
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    except (OSError, ValueError):
        return 0  # it has ended
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> list[int]:
    """Return the processes under a process, parents before their children."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 (it makes no objects)
            with contextlib.suppress(OSError):
                found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def _read(path: str) -> bytes:
    """Read a file of /proc; a browser has a hundred threads, and a file object for each is a millisecond."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, _CHUNK)
    finally:
        os.close(file)


def _is_vital(pid: int) -> bool:
    """Return whether a browser goes on without this process of it, but shows no page any more."""
    try:
        command = _read(f"/proc/{pid}/cmdline")
    except OSError:
        return False
    return any(sign in command for sign in _VITAL)


class Watch:
    """Ends processes of a browser that take more memory than a page may: the machine has others to serve.

    And the browser itself when it has lost what it cannot replace: its pages would wait for nothing.
    """

    def __init__(self, pid: int, *, page_bytes: int) -> None:
        """Watch over the descendants of `pid`."""
        self._pid = pid
        self._page_bytes = page_bytes
        self._vital: set[int] = set()
        self._surely_vital: set[int] = set()
        self.strained = False
        """Whether the last look found more than half of what may be there: the next should be soon."""

    def look(self, pages: int) -> int | None:
        """End the largest process if it is too large, or all are for so many `pages`; return its size."""
        running = descendants(self._pid)
        if self._is_lame(running):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            return None
        sizes = {pid: own_bytes(pid) for pid in running}
        if not sizes:
            return None
        largest = max(sizes, key=lambda pid: sizes[pid])
        allowed = _BROWSER_BYTES + self._page_bytes * max(pages, 1)
        total = sum(sizes.values())
        self.strained = sizes[largest] > self._page_bytes // 2 or total > allowed // 2
        if sizes[largest] <= self._page_bytes and total <= allowed:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(largest, signal.SIGKILL)
        return sizes[largest]

    def _is_lame(self, running: list[int]) -> bool:
        """Return whether a process is gone that the browser cannot do without."""
        vital = {pid for pid in running if _is_vital(pid)}
        lame = not self._surely_vital <= vital
        # A page's process has its parent's command line when it is a moment old.
        self._surely_vital = vital & self._vital
        self._vital = vital
        return lame
