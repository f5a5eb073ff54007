"""Telling other processes at once that something changed; a lost ring costs a poll, never truth."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_MESSAGE_BYTES = 256


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
    """Unix datagrams between the processes of one machine that share one SQLite file."""

    def __init__(self, database: Path) -> None:
        """Derive the meeting place from the database's path; socket paths must be short."""
        name = hashlib.blake2b(str(database.resolve()).encode(), digest_size=8).hexdigest()
        self._folder = Path(tempfile.gettempdir()) / f"webkiln-{os.geteuid()}-{name}"
        self._ears: list[tuple[socket.socket, Path]] = []
        self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sender.setblocking(False)  # noqa: FBT003 (the socket module's signature)

    async def open(self, hear: Callable[[str], None]) -> None:
        """Listen, or stay deaf where the folder is not ours alone: polling is the net."""
        if not self._own_folder():
            return
        path = self._folder / f"{os.getpid()}-{os.urandom(4).hex()}"
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ear.setblocking(False)  # noqa: FBT003 (the socket module's signature)
        ear.bind(str(path))
        self._ears.append((ear, path))

        def receive() -> None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    hear(ear.recv(_MESSAGE_BYTES).decode("ascii", "replace"))

        asyncio.get_running_loop().add_reader(ear, receive)

    def ring(self, message: str) -> None:
        """Send to every socket in the folder; one that nobody holds any more is removed."""
        try:
            doors = os.listdir(self._folder)  # noqa: PTH208 (half the cost of iterdir on a hot path)
        except OSError:
            return
        for door in doors:
            try:
                self._sender.sendto(message.encode(), f"{self._folder}/{door}")
            except ConnectionRefusedError:
                with contextlib.suppress(OSError):
                    os.unlink(f"{self._folder}/{door}")  # noqa: PTH108 (no Path is built on this path)
            except OSError:
                continue  # a full or vanished ear hears of it at its next poll

    async def close(self) -> None:
        """Remove our own sockets."""
        for ear, path in self._ears:
            asyncio.get_running_loop().remove_reader(ear)
            ear.close()
            path.unlink(missing_ok=True)
        self._ears.clear()
        self._sender.close()

    def _own_folder(self) -> bool:
        with contextlib.suppress(FileExistsError):
            self._folder.mkdir(mode=0o700)
        found = self._folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


class SilentDoorbell:
    """Carries nothing: everything is found by polling."""

    async def open(self, hear: Callable[[str], None]) -> None:
        """Do nothing."""

    def ring(self, message: str) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
