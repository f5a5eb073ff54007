"""A team's named profiles around a page: read before it is shown, remembered after (contract §4)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from webkiln import errors
from webkiln.store import profiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from webkiln.contract.scrape import Profile
    from webkiln.store.database import Database

log = structlog.get_logger(__name__)

_MOST_BYTES = 8 * 1024 * 1024
_MOST = 100
_LONGER_S = 30.0  # than the page may take: what a dead worker holds is free after that


@dataclass(slots=True)
class Held:
    """A profile at the time its page is shown; who sets `after` has something to be remembered."""

    before: dict[str, Any] | None
    writes: bool
    after: dict[str, Any] | None = None


class Profiles:
    """Opens profiles, for one writer at a time and any number of readers."""

    def __init__(self, database: Database, clock: Callable[[], float], *, most: int = _MOST) -> None:
        """Keep them in `database`, at most `most` of one team."""
        self._database = database
        self._now = clock
        self._most = most

    @contextlib.asynccontextmanager
    async def open(
        self, team_id: str, wanted: Profile, *, holder: str, timeout_s: float
    ) -> AsyncIterator[Held]:
        """Hold a profile while the block runs.

        Raises ProfileBusy while somebody else writes to it, and ProfileLimit when it would be one too many.
        """
        if not wanted.save_changes:
            state = await self._database.read(
                lambda connection: profiles.read(connection, team_id, wanted.name)
            )
            if state is not None:
                await self._touch(team_id, wanted.name)
            yield Held(_decoded(state), writes=False)
            return
        now = self._now()
        got, state = await self._database.write(
            lambda connection: profiles.hold(
                connection,
                team_id,
                wanted.name,
                holder=holder,
                now=now,
                until=now + timeout_s + _LONGER_S,
                most=self._most,
            )
        )
        if not got:
            raise errors.ProfileBusy(f"The profile {wanted.name!r} is being written by another page.")
        held = Held(_decoded(state), writes=True)
        try:
            yield held
        finally:
            # Also for a page that failed or is cancelled: the next one must not wait for the lease to end.
            await self._remember(team_id, wanted.name, holder, held.after)

    async def _touch(self, team_id: str, name: str) -> None:
        now = self._now()
        with contextlib.suppress(errors.Unavailable):
            await self._database.write(
                lambda connection: profiles.touch(connection, team_id, name, now), durable=False
            )

    async def _remember(self, team_id: str, name: str, holder: str, after: dict[str, Any] | None) -> None:
        state = None if after is None else orjson.dumps(after)
        if state is not None and len(state) > _MOST_BYTES:
            log.warning("a profile is too large to be kept", profile=name, mib=len(state) >> 20)
            state = None
        now = self._now()
        with contextlib.suppress(errors.Unavailable):
            await self._database.write(
                lambda connection: profiles.part_with(
                    connection, team_id, name, holder=holder, now=now, state=state
                )
            )


def _decoded(state: bytes | None) -> dict[str, Any] | None:
    return None if state is None else dict(orjson.loads(state))
