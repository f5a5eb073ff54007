"""API keys: making, finding, listing and revoking them (contract §1.3)."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.operations.caller import Caller
from webkiln.store import budget, teams

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from webkiln.store.database import Database
    from webkiln.store.teams import ApiKey

DEFAULT_TEAM = "default"
_HEX = re.compile(r"[0-9a-f]{32}")
_CHOSEN = re.compile(r"[!-~]{8,256}")


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
        normal = _normal(f"fc-{secrets.token_hex(16)}" if key is None else key)
        if normal is None:
            raise InvalidKey("An API key is made of 8 to 256 visible ASCII characters, without spaces.")
        # Of a key of somebody's choice even the ends may be words that tell the rest.
        shown_as = f"{normal[:7]}…{normal[-4:]}" if _is_ours(normal) else "chosen"
        digest = _digest(normal)

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
        return normal

    async def authenticate(self, token: str) -> Caller:
        """Return whose key this is; raises Unauthorized."""
        normal = _normal(token)
        if normal is None:
            raise errors.Unauthorized("Unauthorized: Invalid token")
        key = await self._database.read(lambda connection: teams.find_key(connection, _digest(normal)))
        if key is None:
            raise errors.Unauthorized("Unauthorized: Invalid token")
        return Caller(key.team_id, key.id, key.credit_limit)

    async def check_credits(self, caller: Caller) -> None:
        """Raise PaymentRequired when the key has a limit and has used all of it this month.

        What is reserved counts when work is stored: the repeat of a request must find its first.
        """
        key_id, limit = caller.key_id, caller.credit_limit
        if key_id is None or limit is None:
            return
        month = self._month()
        used = await self._database.read(lambda connection: teams.used_by_key(connection, key_id, month))
        if used >= limit:
            raise errors.PaymentRequired

    async def affordable(self, caller: Caller) -> int | None:
        """Return the credits of this month that the key neither used nor reserved; None without a limit."""
        key_id, month = caller.key_id, self._month()
        if key_id is None or caller.credit_limit is None:
            return None
        return await self._database.read(lambda connection: budget.left(connection, key_id, month))

    def _month(self) -> str:
        return time.strftime("%Y-%m", time.gmtime(self._now()))

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
    """Return the one spelling of a key, or None when the text is none.

    What has 32 hexadecimal digits, as `fc-<hex>`, alone or as a UUID, is `fc-<hex>`. Any other key is
    one that somebody chose, and stays as it is.
    """
    digits = token.removeprefix("fc-").replace("-", "").lower()
    if _HEX.fullmatch(digits):
        return f"fc-{digits}"
    return token if _CHOSEN.fullmatch(token) else None


def _is_ours(normal: str) -> bool:
    """Return whether a key is of the form that this program makes."""
    return _HEX.fullmatch(normal.removeprefix("fc-")) is not None


def _digest(normal: str) -> bytes:
    """Return what a key is found by; 128 random bits need no salt and no slow hash.

    A key that somebody chose is as safe as it is long; docs/api.md says so.
    """
    if _is_ours(normal):
        return hashlib.sha256(b"webkiln-key:" + normal.removeprefix("fc-").encode()).digest()
    return hashlib.sha256(b"webkiln-chosen-key:" + normal.encode()).digest()
