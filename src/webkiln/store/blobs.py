"""Blobs: screenshots and downloads, each under a name that says until when it is kept."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from webkiln import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")

_HOUR_S = 3600
_TOKEN_BYTES = 20  # 160 bits: nobody guesses a name, and no two are the same
_BINARY = "bin"  # whatever has no place in the table
_MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "html": "text/html",
    "json": "application/json",
    "txt": "text/plain",
    _BINARY: "application/octet-stream",
}
_EXTENSIONS = {media_type: extension for extension, media_type in _MEDIA_TYPES.items()}
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}")
_NAME = re.compile(rf"({_HOUR.pattern})/[0-9a-f]{{{2 * _TOKEN_BYTES}}}\.({'|'.join(_MEDIA_TYPES)})")
_UNFINISHED = "."  # before the name of a file that is still being written
_PROBE = b"Webkiln looks whether blobs come back as they were put."


@dataclass(frozen=True, slots=True)
class Blob:
    """The bytes of a blob and what they are."""

    data: bytes
    media_type: str


class BlobStore(Protocol):
    """Keeps bytes under names that nobody can guess, until they expire.

    Every method raises errors.Unavailable when the store cannot be used at the moment.
    """

    async def put(self, data: bytes, media_type: str, *, expires_at: float) -> str:
        """Store a blob whole or not at all; return its name.

        It is readable at least until `expires_at` and at most an hour longer. A media type that has no
        extension of its own comes back as `application/octet-stream`, parameters do not come back.
        """
        ...

    async def get(self, name: str, *, now: float) -> Blob | None:
        """Return the blob, or None: expired, deleted, or nothing that `put` ever returned.

        `name` may come from a stranger.
        """
        ...

    async def delete(self, name: str) -> None:
        """Delete a blob; one that is not there is no mistake."""
        ...

    async def prune(self, now: float, limit: int) -> int:
        """Delete up to `limit` expired blobs; return how many, 0 when none is left."""
        ...

    async def check(self, now: float) -> None:
        """Do once everything that is ever done here; raises errors.Unavailable saying what does not work."""
        ...

    async def close(self) -> None:
        """Let go of what is open."""
        ...


def new_name(media_type: str, expires_at: float) -> str:
    """Return a name for a blob: the full hour at which it is gone, a secret, what it is."""
    hour = datetime.fromtimestamp(math.ceil(expires_at / _HOUR_S) * _HOUR_S, UTC)
    extension = _EXTENSIONS.get(media_type.partition(";")[0].strip().lower(), _BINARY)
    return f"{hour:%Y-%m-%dT%H}/{secrets.token_hex(_TOKEN_BYTES)}.{extension}"


def media_type_of(name: str, now: float = -math.inf) -> str | None:
    """Return what the blob of this name is; None for a text that is no name, or one expired by `now`."""
    end = gone_at(name)
    return None if end is None or end <= now else _MEDIA_TYPES[name.rpartition(".")[2]]


def gone_at(name: str) -> float | None:
    """Return the Unix time from which a blob of this name is gone; None for a text that is no name."""
    found = _NAME.fullmatch(name)
    return None if found is None else _moment(found[1])


def is_name(name: str) -> bool:
    """Return whether a text is a name, expired or not; nothing else may reach a path or a key."""
    return media_type_of(name) is not None


def has_passed(hour: str, now: float) -> bool:
    """Return whether everything named under this hour has expired; what is no hour never does."""
    end = _moment(hour)
    return end is not None and end <= now


def _moment(hour: str) -> float | None:
    if _HOUR.fullmatch(hour) is None:  # there are other spellings of a date
        return None
    try:
        return datetime.fromisoformat(f"{hour}+00:00").timestamp()
    except ValueError:
        return None


async def round_trip(store: BlobStore, now: float) -> None:
    """Put, get, look for expired ones and delete; raises errors.Unavailable where that goes wrong."""
    name = await store.put(_PROBE, _MEDIA_TYPES[_BINARY], expires_at=now + _HOUR_S)
    found = await store.get(name, now=now)
    if found is None or found.data != _PROBE:
        raise errors.Unavailable("what was put did not come back")
    await store.prune(now, 1)  # listing is a right of its own in S3
    await store.delete(name)


class LocalBlobs:
    """A folder for each hour in a folder that only this user can read."""

    def __init__(self, folder: Path) -> None:
        """Keep blobs in `folder`, which is made when the first one comes."""
        self._folder = folder

    async def put(self, data: bytes, media_type: str, *, expires_at: float) -> str:
        """Store a blob; when this returns, it is on disk."""
        name = new_name(media_type, expires_at)
        await _in_thread(_write, self._folder / name, data)
        return name

    async def get(self, name: str, *, now: float) -> Blob | None:
        """Return the blob, or None."""
        media_type = media_type_of(name, now)
        if media_type is None:
            return None
        data = await _in_thread(_read, self._folder / name)
        return None if data is None else Blob(data, media_type)

    async def delete(self, name: str) -> None:
        """Delete a blob if it is there."""
        if is_name(name):
            await _in_thread((self._folder / name).unlink, missing_ok=True)

    async def prune(self, now: float, limit: int) -> int:
        """Delete up to `limit` expired blobs, and what killed processes left unfinished beside them."""
        return await _in_thread(_prune, self._folder, now, limit)

    async def check(self, now: float) -> None:
        """Do a round trip."""
        try:
            await round_trip(self, now)
        except errors.Unavailable as error:
            raise errors.Unavailable(f"The folder {self._folder}: {error.message}") from error

    async def close(self) -> None:
        """Do nothing: no file stays open."""


async def _in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Run file work off the event loop; what the disk refuses is an outage."""
    try:
        return await asyncio.to_thread(work, *given, **named)
    except OSError as error:
        raise errors.Unavailable(f"The blob store cannot be used: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    """Make a file that is either whole or not there under its name, whenever the power goes."""
    _make_folder(path.parent)
    making = path.with_name(f"{_UNFINISHED}{path.name}")
    try:
        with open(making, "xb", opener=_private) as file:  # which Path.open does not take
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        making.rename(path)
    except OSError:
        with contextlib.suppress(OSError):
            making.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for this user only."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Put a folder's list of names on disk: a file's own fsync does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prune(folder: Path, now: float, limit: int) -> int:
    try:
        hours = sorted(hour for hour in os.listdir(folder) if has_passed(hour, now))  # noqa: PTH208 (names are enough)
    except FileNotFoundError:
        return 0
    gone = 0
    for hour in hours:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder / hour) as found:
            for entry in found:
                if not is_name(f"{hour}/{entry.name.removeprefix(_UNFINISHED)}"):
                    continue  # not ours
                if gone == limit:
                    return gone
                with contextlib.suppress(FileNotFoundError):  # somebody else prunes too
                    os.unlink(entry)  # noqa: PTH108 (an entry is no Path)
                gone += 1
        with contextlib.suppress(OSError):  # not empty
            (folder / hour).rmdir()
    return gone
