"""A worker's sign that its event loop turns, in memory that its supervisor sees as well.

The supervisor makes it and the worker inherits its descriptor. It needs nothing of the worker but a few
bytes now and then, so whatever holds the interpreter also holds the sign.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import struct
from pathlib import Path
from typing import Self

_COUNT = struct.Struct("=Q")
_PATH = 1024  # where the path of the worker's marks begins
_SIZE = 4096 + _PATH
_VARIABLE = "WEBKILN_HEARTBEAT"


class Heartbeat:
    """A number that grows while a worker's event loop turns; 0 before it does and after it has ended."""

    def __init__(self, descriptor: int) -> None:
        """Use the memory behind a descriptor, which stays open."""
        self.descriptor = descriptor
        self._map = mmap.mmap(descriptor, _SIZE)

    @classmethod
    def make(cls) -> Self:
        """Make one that a child process can inherit."""
        descriptor = os.memfd_create("webkiln-heartbeat")
        os.ftruncate(descriptor, _SIZE)
        return cls(descriptor)

    @classmethod
    def inherited(cls) -> Self | None:
        """Return the one that this process's supervisor watches, if it has a supervisor."""
        descriptor = os.environ.pop(_VARIABLE, None)  # it is no descriptor of this process's children
        return None if descriptor is None else cls(int(descriptor))

    def environment(self) -> dict[str, str]:
        """Return what a child's environment says of it; the child inherits `descriptor` too."""
        return {_VARIABLE: str(self.descriptor)}

    @property
    def count(self) -> int:
        """How often the loop has turned, 0 while nothing is to be expected of it."""
        found: int = _COUNT.unpack_from(self._map)[0]
        return found

    @property
    def marks(self) -> Path:
        """The file that says which task the loop works on (`engine/suspect.py`)."""
        return Path(os.fsdecode(self._map[_PATH:].partition(b"\0")[0]))

    async def beat(self, marks: Path, *, every_s: float) -> None:
        """Count the turns of this event loop until cancelled."""
        self._map[_PATH:] = os.fsencode(marks)[:4095].ljust(_SIZE - _PATH, b"\0")
        count = self.count
        try:
            while True:
                count += 1
                _COUNT.pack_into(self._map, 0, count)
                await asyncio.sleep(every_s)
        finally:
            _COUNT.pack_into(self._map, 0, 0)

    def close(self) -> None:
        """Let go of the memory."""
        self._map.close()
        os.close(self.descriptor)
