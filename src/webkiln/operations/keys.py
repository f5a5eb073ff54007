"""API keys: making, finding, listing and revoking them (contract §1.3)."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.operations.caller import Caller
from webkiln.store import teams

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from webkiln.store.database import Database
    from webkiln.store.teams import ApiKey

DEFAULT_TEAM = "default"
_HEX = re.compile(r"[0-9a-f]{32}")


class InvalidKey(ValueError):
    """The text is not of the form of a key."""


class Keys:
    """The keys of this installation; the key itself is shown once and never stored."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """Keep keys in `database`."""
        self._database = database
        self._now = clock

    async def create(
        self,
        *,
        team: str = DEFAULT_TEAM,
        name: str = "key",
        credit_limit: int | None = None,
        key: str | None = None,
    ) -> str:
        """Make a key of a team (made too if need be) and return it: the only time it is seen.

        `key` presets it, and makes a revoked one valid again; raises InvalidKey when it is none.
        `credit_limit` is in credits a month.
        """
        text = f"fc-{secrets.token_hex(16)}" if key is None else key
        hexadecimal = _normal(text)
        if hexadecimal is None:
            raise InvalidKey("An API key is 'fc-' and 32 hexadecimal digits.")
        shown_as = f"fc-{hexadecimal[:4]}…{hexadecimal[-4:]}"
        digest = _digest(hexadecimal)

        def work(connection: Connection) -> None:
            if teams.restore_key(connection, digest):
                return
            now = self._now()
            team_id = teams.ensure_team(connection, team, now)
            teams.insert_key(
                connection,
                team_id=team_id,
                name=name,
                digest=digest,
                shown_as=shown_as,
                credit_limit=credit_limit,
                now=now,
            )

        await self._database.write(work)
        return f"fc-{hexadecimal}"

    async def authenticate(self, token: str) -> Caller:
        """Return whose key this is; raises Unauthorized."""
        hexadecimal = _normal(token)
        if hexadecimal is None:
            raise errors.Unauthorized("Unauthorized: Invalid token")
        key = await self._database.read(lambda connection: teams.find_key(connection, _digest(hexadecimal)))
        if key is None:
            raise errors.Unauthorized("Unauthorized: Invalid token")
        return Caller(key.team_id, key.id, key.credit_limit)

    async def check_credits(self, caller: Caller, needed: int = 1) -> None:
        """Raise PaymentRequired when the key has a limit that this month leaves less than `needed` of."""
        left = await self.affordable(caller)
        if left is not None and left < needed:
            raise errors.PaymentRequired

    async def affordable(self, caller: Caller) -> int | None:
        """Return how many credits are left to the key this month; None when it has no limit."""
        key_id, limit = caller.key_id, caller.credit_limit
        if key_id is None or limit is None:
            return None
        month = time.strftime("%Y-%m", time.gmtime(self._now()))
        used = await self._database.read(lambda connection: teams.used_by_key(connection, key_id, month))
        return max(limit - used, 0)

    async def default_caller(self) -> Caller:
        """Return the caller that everybody is while keys are switched off."""
        team_id = await self._database.write(
            lambda connection: teams.ensure_team(connection, DEFAULT_TEAM, self._now())
        )
        return Caller(team_id, None)

    async def list_all(self) -> list[ApiKey]:
        """Return every key ever made, without the keys themselves."""
        return await self._database.read(teams.list_keys)

    async def revoke(self, key_id: str) -> bool:
        """End a key's validity at once; answer whether there was such a valid key."""
        return await self._database.write(
            lambda connection: teams.revoke_key(connection, key_id, self._now())
        )


def _normal(token: str) -> str | None:
    """Return the 32 hex digits of `fc-<hex>` or of a UUID, or None when the text is neither."""
    text = token.removeprefix("fc-").replace("-", "").lower()
    return text if _HEX.fullmatch(text) else None


def _digest(hexadecimal: str) -> bytes:
    """Return what a key is found by; 128 random bits need no salt and no slow hash."""
    return hashlib.sha256(b"webkiln-key:" + hexadecimal.encode()).digest()
