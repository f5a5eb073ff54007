"""The time that all processes of an installation agree on, whatever happens to the clocks of their hosts."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import structlog

from webkiln.store import clock as statements
from webkiln.store import leases
from webkiln.store.step import check_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from webkiln.store.database import Database

log = structlog.get_logger(__name__)

DUTY = "maintenance"
_JUMP_S = 1.0  # a larger difference than this is no drift: somebody set a clock
_BELIEVED = 3  # looks in a row after which a jump that the leader has not undone is taken for true
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_CATCH_UP = 0.1  # how much faster or slower time runs until the installation is on its database's time again


def _read(connection: Connection) -> tuple[float, float]:
    check_step(connection)
    return statements.read_clock(connection)


def steady_time() -> float:
    """Return seconds that no setting of the clock changes and that go on while the machine sleeps."""
    return time.clock_gettime(_STEADY)


class SteadyClock:
    """Unix time by the database's clock, which goes on evenly when that clock is set.

    Between two looks at the database this host's steady clock tells the time, never its wall clock. When
    the database's clock jumps, the leader of the rounds moves the installation's distance from it by as
    much, and from then on time runs a little faster or slower until the distance is gone.
    """

    def __init__(self, database: Database, *, steady: Callable[[], float] = steady_time) -> None:
        """Tell the time of `database`, once `look` was called."""
        self._database = database
        self._steady = steady
        self._anchor: float | None = None
        self._looked_at = 0.0
        self._jumps = 0

    def __call__(self) -> float:
        """Return the time in Unix seconds."""
        assert self._anchor is not None  # noqa: S101 (the foundation looks first)
        return self._steady() + self._anchor

    async def look(self, *, holder: str | None = None) -> None:
        """Compare with the database; `holder` may be the leader of the rounds.

        Raises Unavailable, and WrongSchema when the database is no longer ours to work on.
        """
        begun = self._steady()
        wall, ahead = await self._database.read(_read)
        ended = self._steady()
        middle = (begun + ended) / 2
        there = wall + ahead - middle
        elapsed, self._looked_at = ended - self._looked_at, ended
        if self._anchor is None:
            self._anchor = there
            return
        difference = there - self._anchor
        if abs(difference) <= _JUMP_S + (ended - begun):
            self._jumps = 0
            if abs(difference) > (ended - begun) / 2:
                self._anchor = there
            if holder is not None and ahead:
                step = min(abs(ahead), elapsed * _CATCH_UP, _JUMP_S / 2)  # others must not take it for a jump
                await self._move(holder, ahead, ahead - step if ahead > 0 else ahead + step)
            return
        self._jumps += 1
        if holder is not None and await self._move(holder, ahead, ahead - difference):
            log.warning("the database's clock was set; time goes on as before", seconds=round(difference, 1))
        elif self._jumps >= _BELIEVED:
            # Nobody who saw the time go by contradicts it: it was this host that stood still.
            log.warning("this host's clock stood still", seconds=round(difference, 1))
            self._anchor = there
            self._jumps = 0

    async def _move(self, holder: str, before: float, after: float) -> bool:
        return await self._database.write(
            partial(self._move_if_leading, holder=holder, before=before, after=after), durable=False
        )

    def _move_if_leading(self, connection: Connection, *, holder: str, before: float, after: float) -> bool:
        if leases.leader(connection, DUTY, self()) != holder:
            return False
        return statements.move_clock(connection, before=before, after=after)
