"""Telling other processes at once that something changed; a lost ring costs a poll, never truth."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_PIPE = ".bell"
_PIPE_BYTES = 65_536


class Doorbell(Protocol):
    """Carries short messages between the processes of one installation, with no promise."""

    async def open(self, hear: Callable[[str], None]) -> None:
        """Start listening; `hear` is called in the event loop with each message.

        May be called more than once: every listener hears everything.
        """
        ...

    def ring(self, message: str) -> None:
        """Send a message to every listening process, this one included; never fails, never waits."""
        ...

    async def close(self) -> None:
        """Stop listening."""
        ...


class LocalDoorbell:
    """Named pipes between the processes of one machine that share one SQLite file.

    Each listener has a pipe of its own, which holds over a thousand rings while it is busy; the
    datagram sockets that look made for this hold ten.
    """

    def __init__(self, database: Path) -> None:
        """Derive the meeting place from the database's path."""
        name = hashlib.blake2b(str(database.resolve()).encode(), digest_size=8).hexdigest()
        self._folder = Path(tempfile.gettempdir()) / f"webkiln-{os.geteuid()}-{name}"
        self._ears: list[_Ear] = []

    async def open(self, hear: Callable[[str], None]) -> None:
        """Listen, or stay deaf where no folder is ours alone: polling is the net."""
        try:
            with contextlib.suppress(FileExistsError):
                self._folder.mkdir(mode=0o700)
            if not self._is_ours():
                return
            ear = _Ear(self._folder, hear)
        except OSError:
            return
        self._ears.append(ear)
        asyncio.get_running_loop().add_reader(ear.descriptor, ear.listen)

    def ring(self, message: str) -> None:
        """Write to every pipe in the folder; one that nobody listens to any more is removed."""
        try:
            doors = os.listdir(self._folder) if self._is_ours() else []  # noqa: PTH208 (half iterdir's cost)
        except OSError:
            return
        line = message.encode() + b"\n"
        for door in doors:
            if door.endswith(_PIPE):
                _write(f"{self._folder}/{door}", line)

    async def close(self) -> None:
        """Remove our own pipes."""
        for ear in self._ears:
            asyncio.get_running_loop().remove_reader(ear.descriptor)
            ear.close()
        self._ears.clear()

    def _is_ours(self) -> bool:
        """Return whether the folder is one that no other user can put things into."""
        found = os.lstat(self._folder)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


class _Ear:
    """One listener's pipe, under a name of its own."""

    def __init__(self, folder: Path, hear: Callable[[str], None]) -> None:
        self._hear = hear
        self._rest = b""
        name = f"{os.getpid()}-{os.urandom(4).hex()}"
        making = folder / name
        self._path = folder / f"{name}{_PIPE}"
        os.mkfifo(making, 0o600)
        self.descriptor = os.open(making, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        # A writing end of our own, so that the pipe never ends.
        self._held = os.open(making, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        # Only now may others see it: a pipe without a reader is taken for a dead process's.
        making.rename(self._path)

    def listen(self) -> None:
        """Hear what is in the pipe by now, at most as much as it holds; the loop asks again for more."""
        *lines, self._rest = (self._rest + os.read(self.descriptor, _PIPE_BYTES)).split(b"\n")
        for line in lines:
            self._hear(line.decode("ascii", "replace"))

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self.descriptor)
        os.close(self._held)


def _write(path: str, line: bytes) -> None:
    """Write a line to a pipe if somebody reads it; a full or vanished ear hears at its next poll."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a pipe that nobody reads
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108 (no Path is built on this path)
        return
    try:
        os.write(descriptor, line)  # a line is far below PIPE_BUF: written whole or not at all
    except OSError:
        pass
    finally:
        os.close(descriptor)


class SilentDoorbell:
    """Carries nothing: everything is found by polling."""

    async def open(self, hear: Callable[[str], None]) -> None:
        """Do nothing."""

    def ring(self, message: str) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
