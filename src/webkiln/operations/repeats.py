"""Requests that count once, however often they are sent: idempotency keys (contract §1.6)."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any, Final

import orjson

from webkiln import errors
from webkiln.store.requests import Once, find

if TYPE_CHECKING:
    from webkiln.operations.caller import Caller
    from webkiln.store.database import Database
    from webkiln.store.requests import Earlier

_KEY_CHARACTERS = 255
_EXACT: Final = 2.0**53  # whole numbers that a float holds exactly


class Repeat:
    """One request under its key: what says the same gets the first one's answer, another is refused."""

    def __init__(self, key: str, fingerprint: bytes) -> None:
        """Hold the key as it is stored, and the digest of the body."""
        self._key = key
        self._fingerprint = fingerprint

    @classmethod
    async def of(cls, key: str | None, body: bytes) -> Repeat | None:
        """Return what recognises the request by its key; None when it has none."""
        if key is None:
            return None
        return cls(_short(key), await asyncio.to_thread(_fingerprint, body))

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


def _fingerprint(body: bytes) -> bytes:
    """Return the digest of what a JSON body says, however it is spelled.

    Blanks, the order of keys and the spelling of numbers and texts do not count; the order of lists does.
    """
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return hashlib.sha256(body).digest()
    return hashlib.sha256(orjson.dumps(_plain(told), option=orjson.OPT_SORT_KEYS)).digest()


def _plain(value: Any) -> Any:
    """Return a JSON value with 1 for 1.0: JSON has one kind of number. Bodies are never nested deeply."""
    if type(value) is float and value.is_integer():
        return int(value) if abs(value) < _EXACT else value
    if type(value) is dict:
        return {key: _plain(one) for key, one in value.items()}
    if type(value) is list:
        return [one if type(one) is str else _plain(one) for one in value]
    return value


def _short(key: str) -> str:
    """Keep keys as they are as long as they fit; any text is a key (contract §1.6)."""
    if len(key) <= _KEY_CHARACTERS:
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
