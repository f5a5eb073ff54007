"""Requests that count once, however often they are sent: idempotency keys (contract §1.6)."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.store.requests import Once, find

if TYPE_CHECKING:
    from webkiln.operations.caller import Caller
    from webkiln.store.database import Database
    from webkiln.store.requests import Earlier

_KEY_CHARACTERS = 255


class Repeat:
    """One request under its key: the same body again gets the first one's answer, another is refused."""

    def __init__(self, key: str, fingerprint: bytes) -> None:
        """Hold the key as it is stored, and the digest of the body."""
        self._key = key
        self._fingerprint = fingerprint

    @classmethod
    async def of(cls, key: str | None, body: bytes) -> Repeat | None:
        """Return what recognises the request by its key; None when it has none."""
        if key is None:
            return None
        return cls(_short(key), await asyncio.to_thread(lambda: hashlib.sha256(body).digest()))

    async def earlier(self, database: Database, caller: Caller) -> bytes | None:
        """Return the answer of the request that used the key before; raises Conflict for another body."""
        found = await database.read(lambda connection: find(connection, caller.team_id, self._key))
        return None if found is None else self.replay(found)

    def once(self, answer: bytes) -> Once:
        """Return what makes the job of this request remember its answer."""
        return Once(self._key, self._fingerprint, answer)

    def replay(self, earlier: Earlier) -> bytes:
        """Return the answer given before; raises Conflict when that was to another body."""
        if earlier.fingerprint != self._fingerprint:
            raise errors.Conflict("Idempotency key already used")
        return earlier.answer


def _short(key: str) -> str:
    """Keep keys as they are as long as they fit; any text is a key (contract §1.6)."""
    if len(key) <= _KEY_CHARACTERS:
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
