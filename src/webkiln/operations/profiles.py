"""What a team may do about its profiles, besides using them: delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.store import profiles

if TYPE_CHECKING:
    from webkiln.operations.caller import Caller
    from webkiln.store.database import Database

_NUL = "\0"  # PostgreSQL has no text with it, so nothing is named so


class TeamProfiles:
    """The profiles of a team."""

    def __init__(self, database: Database) -> None:
        """Find them in `database`."""
        self._database = database

    async def delete(self, caller: Caller, name: str) -> None:
        """Forget what is remembered under a name; raises NotFound when the team has no such profile."""
        if _NUL in name or not await self._database.write(
            lambda connection: profiles.forget(connection, caller.team_id, name)
        ):
            raise errors.NotFound("Profile not found.")
