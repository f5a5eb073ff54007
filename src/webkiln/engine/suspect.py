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


class Suspect:
    """The mark of the worker in one slot; work in several threads at once is not told apart."""

    def __init__(self, folder: Path, slot: str) -> None:
        """Map the slot's file in `folder`, keeping what a dead predecessor left in it."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / slot
        if not path.exists() or path.stat().st_size != _BYTES:
            path.write_bytes(_NOBODY)
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES)

    @contextlib.contextmanager
    def marking(self, task_id: str) -> Iterator[None]:
        """Name `task_id` while the block runs."""
        self._map[:] = task_id.encode("ascii")
        try:
            yield
        finally:
            self._map[:] = _NOBODY

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def read_suspect(folder: Path, slot: str) -> str | None:
    """Return the task that a dead worker's slot names, if any."""
    try:
        return ids.parse_id((folder / slot).read_text("ascii", "replace"))
    except OSError:
        return None


def wipe_suspect(folder: Path, slot: str) -> None:
    """Clear a slot's mark, once the crash is charged."""
    with contextlib.suppress(OSError), (folder / slot).open("r+b") as file:
        file.write(_NOBODY)
