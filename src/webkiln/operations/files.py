"""Files that documents name: pictures and prints, under names that nobody can guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.store.blobs import gone_at

if TYPE_CHECKING:
    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.store.blobs import BlobStore


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of a file, what they are, and how many seconds they will still be here."""

    data: bytes
    media_type: str
    left_s: float


class Files:
    """Reads what workers have put into the blob store."""

    def __init__(self, lifecycle: Lifecycle, blobs: BlobStore) -> None:
        """Read from `blobs`, by the installation's time."""
        self._lifecycle = lifecycle
        self._blobs = blobs

    async def read(self, name: str) -> File:
        """Return a file by its name, which may come from a stranger and is all that it takes.

        Raises NotFound, always alike, for what has expired, never was or is no name; Unavailable when
        the store does not answer.
        """
        now = self._lifecycle.now()
        end = gone_at(name)  # before anything else: what is no name reaches neither a path nor a bucket
        found = None if end is None else await self._blobs.get(name, now=now)
        if end is None or found is None:
            raise errors.NotFound("File not found.")
        return File(found.data, found.media_type, end - now)
