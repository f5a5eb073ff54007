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
    """The mark of one worker; tasks that run in other threads at the same time are not told apart."""

    def __init__(self, folder: Path, worker_id: str) -> None:
        """Create the mark's file in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / worker_id
        self._path.write_bytes(_NOBODY)
        with self._path.open("r+b") as file:
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
        """Remove the mark: the worker ends in good order."""
        self._map.close()
        self._path.unlink(missing_ok=True)


def take_suspect(folder: Path, worker_id: str) -> str | None:
    """Return the task a dead worker was busy with, if any is known, and remove the mark."""
    path = folder / worker_id
    try:
        marked = path.read_text("ascii", "replace")
        path.unlink(missing_ok=True)
    except OSError:
        return None
    return ids.parse_id(marked)
