"""Which task has the processor right now, readable after the process died.

A page that crashes its worker takes dozens of innocent tasks down with it. This small mapped
file says whose work was being done at that moment, so that only the culprit is charged.
"""

from __future__ import annotations

import contextlib
import mmap
import threading
from typing import TYPE_CHECKING

from webkiln import ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BYTES = 36
_NOBODY = b" " * _BYTES
_PLACES = 2  # the event loop's, and that of the one thread beside it


class Suspect:
    """The marks of the worker in one slot: what its event loop works on, and what a thread beside it."""

    def __init__(self, folder: Path, slot: str) -> None:
        """Map the slot's file in `folder`, keeping what a dead predecessor left in it.

        The thread that makes this is taken for the event loop's.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / slot
        if not path.exists() or path.stat().st_size != _BYTES * _PLACES:
            path.write_bytes(_NOBODY * _PLACES)
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES * _PLACES)
        self._loop_thread = threading.get_ident()

    @contextlib.contextmanager
    def marking(self, task_id: str) -> Iterator[None]:
        """Name `task_id` while the block runs; at most one thread besides the loop's may do so at a time."""
        start = 0 if threading.get_ident() == self._loop_thread else _BYTES
        place = slice(start, start + _BYTES)
        self._map[place] = task_id.encode("ascii")
        try:
            yield
        finally:
            self._map[place] = _NOBODY

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def read_suspects(folder: Path, slot: str) -> list[str]:
    """Return the tasks that a dead worker's slot names."""
    try:
        marked = (folder / slot).read_text("ascii", "replace")
    except OSError:
        return []
    found = [ids.parse_id(marked[start : start + _BYTES]) for start in range(0, _BYTES * _PLACES, _BYTES)]
    return [task_id for task_id in found if task_id is not None]


def wipe_suspects(folder: Path, slot: str) -> None:
    """Clear a slot's marks, once the crash is charged."""
    with contextlib.suppress(OSError), (folder / slot).open("r+b") as file:
        file.write(_NOBODY * _PLACES)
