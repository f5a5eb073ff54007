"""A worker's place among the others: its registration, its lease, and an eye on theirs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from webkiln import errors, ids
from webkiln.engine.silence import Silence
from webkiln.store import leases
from webkiln.store.step import check_step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from webkiln.engine.lifecycle import Lifecycle

log = structlog.get_logger(__name__)

_BEATS = 5  # renewals in the length of a lease


class Lease:
    """What makes a worker one that may claim; all others lose theirs when they fall silent.

    `id` changes when the lease was lost: what was begun under the old one belongs to others.
    """

    def __init__(self, lifecycle: Lifecycle, *, host: str, slot: str, lease_s: float, suspects: Path) -> None:
        """Take the place `slot` of `host`, whose earlier holders are known to be dead."""
        self.id = ids.new_id()
        self._lifecycle = lifecycle
        self._place = (host, slot)
        self._lease_s = lease_s
        self._beat_s = lease_s / _BEATS
        self._suspects = suspects
        self._silence = Silence(lease_s, self._beat_s)

    async def sign_on(self) -> None:
        """Rescue what predecessors in this place held, and register; raises WrongSchema and Unavailable."""
        host, slot = self._place
        for dead in await self._lifecycle.database.read(
            lambda connection: leases.of_slot(connection, host, slot)
        ):
            rescued = await self._lifecycle.rescue(dead, self._suspects)
            log.warning("took over from a dead worker", dead=dead.id, tasks=rescued)
        now = self._lifecycle.now()
        me = leases.Worker(self.id, host, slot)

        def register(connection: Connection) -> None:
            check_step(connection)
            leases.register(connection, me, now=now, lease_until=now + self._lease_s)

        await self._lifecycle.database.write(register)
        log.info("worker ready", worker=self.id, host=host, slot=slot)

    async def keep(self, lost: Callable[[], Awaitable[None]]) -> None:
        """Renew the lease and watch those of others until cancelled; `lost` is called when it was taken."""
        while True:
            await asyncio.sleep(self._beat_s)
            until = self._lifecycle.now() + self._lease_s
            try:
                kept = await self._lifecycle.database.write(
                    partial(leases.renew, worker_id=self.id, lease_until=until), durable=False
                )
                if kept:
                    await self._rescue_the_silent()
            except errors.Unavailable as error:
                log.warning("cannot renew the lease", error=error.message)
                continue
            if not kept:
                log.warning("lease lost, starting over", worker=self.id)
                self.id = ids.new_id()
                await lost()

    async def _rescue_the_silent(self) -> None:
        dead = self._silence.look(await self._lifecycle.database.read(leases.all_workers))
        for worker, lease in dead.items():
            if worker.id == self.id:
                continue
            # Slots of other hosts have the same names as ours, and their marks are not in our folder.
            suspects = self._suspects if worker.host == self._place[0] else None
            rescued = await self._lifecycle.rescue(worker, suspects, lease=lease)
            if rescued is not None:
                log.warning(
                    "rescued a silent worker's tasks", dead=worker.id, host=worker.host, tasks=rescued
                )
