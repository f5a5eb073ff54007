"""Which task has the processor right now, readable after the process died.

A page that crashes its worker takes dozens of innocent tasks down with it. This small mapped
file says whose work was being done at that moment, so that only the culprit is charged.
"""

from __future__ import annotations

import contextlib
import mmap
from typing import TYPE_CHECKING

from webkiln import ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BYTES = 36
_NOBODY = b" " * _BYTES
_BESIDE = 8  # child processes that are told apart
_SIZE = _BYTES * (1 + _BESIDE)


class Suspect:
    """The marks of the worker in one slot: what its event loop works on, and what its child processes do."""

    def __init__(self, folder: Path, slot: str) -> None:
        """Map the slot's file in `folder`, keeping what a dead predecessor left in it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / slot
        if not self.path.exists() or self.path.stat().st_size != _SIZE:
            self.path.write_bytes(_NOBODY * (1 + _BESIDE))
        with self.path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        self._free = [slice(start, start + _BYTES) for start in range(_BYTES, _SIZE, _BYTES)]

    @contextlib.contextmanager
    def marking(self, task_id: str) -> Iterator[None]:
        """Name `task_id` while the block has the event loop; it waits for nothing."""
        self._map[:_BYTES] = task_id.encode("ascii")
        try:
            yield
        finally:
            self._map[:_BYTES] = _NOBODY

    @contextlib.contextmanager
    def beside(self, task_id: str) -> Iterator[None]:
        """Name `task_id` while a child process works for it; more children than eight are not told apart."""
        if not self._free:
            yield
            return
        place = self._free.pop()
        self._map[place] = task_id.encode("ascii")
        try:
            yield
        finally:
            self._map[place] = _NOBODY
            self._free.append(place)

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def read_suspects(folder: Path, slot: str) -> list[str]:
    """Return the tasks that a dead worker's slot names.

    Whoever had its event loop is the only one. If nobody had, it may have died of what its children took.
    """
    loop, *beside = _marks(folder / slot)
    return [loop] if loop is not None else [task_id for task_id in beside if task_id is not None]


def at_work(path: Path) -> str | None:
    """Return the task that has the event loop of the worker whose marks are in a file."""
    return _marks(path)[0]


def wipe_suspects(folder: Path, slot: str) -> None:
    """Clear a slot's marks, once the crash is charged."""
    with contextlib.suppress(OSError), (folder / slot).open("r+b") as file:
        file.write(_NOBODY * (1 + _BESIDE))


def _marks(path: Path) -> list[str | None]:
    try:
        marked = path.read_text("ascii", "replace")
    except OSError:
        marked = ""
    return [ids.parse_id(marked[start : start + _BYTES]) for start in range(0, _SIZE, _BYTES)]
