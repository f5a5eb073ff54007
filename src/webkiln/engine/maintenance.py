"""What one process does for all: sweeping and pruning."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from webkiln import errors
from webkiln.engine.clock import DUTY
from webkiln.store import (
    hosts,
    jobs,
    leases,
    page_texts,
    pages,
    profiles,
    requests,
    snapshots,
    space,
    staging,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.store.blobs import BlobStore

log = structlog.get_logger(__name__)

_TICK_S = 5.0
_CHUNK = 2_000
_PAGES_CHUNK = 100  # their bodies take their time
_BLOBS_CHUNK = 1_000
_BLOBS_TICK_S = 600.0
_BREATH_S = 0.02  # between chunks, so that nobody waits long behind a clean-up
_FORGOTTEN_S = 3600.0  # after which a host of the web that nobody asked counts as new
_PROFILE_S = 2_592_000.0
_SNAPSHOT_S = 31_536_000.0
_SNAPSHOTS_BYTES = 1 << 30
_ABANDONED_S = 600.0  # what is still staged after this long lost its API process


class Maintenance:
    """Runs in every worker process; only the leader acts."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        *,
        holder: str,
        cache_max_bytes: int,
        texts_max_size: int,
        blobs: BlobStore,
        profile_ttl_s: float = _PROFILE_S,
        snapshot_ttl_s: float = _SNAPSHOT_S,
        snapshots_max_bytes: int = _SNAPSHOTS_BYTES,
    ) -> None:
        """Act as `holder`; keep stored pages below `cache_max_bytes`, and texts below a sum of characters.

        Profiles are kept for `profile_ttl_s` after their last use, snapshots for `snapshot_ttl_s` and
        below `snapshots_max_bytes`.
        """
        self._snapshot_ttl_s = snapshot_ttl_s
        self._snapshots_max_bytes = snapshots_max_bytes
        self._profile_ttl_s = profile_ttl_s
        self._lifecycle = lifecycle
        self._holder = holder
        self._cache_max_bytes = cache_max_bytes
        self._texts_max_size = texts_max_size
        self._blobs = blobs

    async def run(self) -> None:
        """Do the rounds until cancelled."""
        while True:
            try:
                if await self._leads():
                    await self.round()
            except errors.Unavailable as error:
                log.warning("cannot do the rounds", error=error.message)
            await asyncio.sleep(_TICK_S)

    async def prune_blobs(self) -> None:
        """Delete expired blobs until cancelled.

        Every worker does, for a folder of its own host is nobody else's to tidy, and apart from the
        rounds, for a store that is far away may take longer than a leader may be silent.
        """
        while True:
            try:
                deleted = await self._blobs.prune(self._lifecycle.now(), _BLOBS_CHUNK)
            except errors.Unavailable as error:
                log.warning("cannot prune blobs", error=error.message)
                deleted = 0
            await asyncio.sleep(_BREATH_S if deleted else _BLOBS_TICK_S)

    async def round(self) -> None:
        """Do each duty once, in chunks."""
        now = self._lifecycle.now()
        before = now - _ABANDONED_S
        await self._repeat(
            lambda connection: jobs.sweep_cancelled(connection, limit=_CHUNK, now=now), jobs.needs_sweep
        )
        await self._repeat(
            lambda connection: jobs.prune(connection, now=now, abandoned_before=before, limit=_CHUNK),
            lambda connection: jobs.needs_prune(connection, now=now, abandoned_before=before),
        )
        await self._repeat(
            lambda connection: staging.prune(connection, before=before, limit=_CHUNK),
            lambda connection: staging.needs_prune(connection, before=before),
        )
        await self._repeat(
            lambda connection: requests.prune(connection, now=now, limit=_CHUNK),
            lambda connection: requests.needs_prune(connection, now=now),
        )
        unused_since = now - self._profile_ttl_s
        await self._repeat(
            lambda connection: profiles.prune(connection, now=now, before=unused_since, limit=_PAGES_CHUNK),
            lambda connection: profiles.needs_prune(connection, now=now, before=unused_since),
        )
        if self._lifecycle.host_limits:
            await self._lifecycle.database.write(
                lambda connection: hosts.prune(connection, before=now - _FORGOTTEN_S, limit=_CHUNK),
                durable=False,
            )
        await self._repeat(
            lambda connection: pages.shrink(connection, max_bytes=self._cache_max_bytes, limit=_PAGES_CHUNK),
            lambda connection: pages.total_bytes(connection) > self._cache_max_bytes,
        )
        await self._repeat(
            lambda connection: page_texts.shrink(
                connection, max_size=self._texts_max_size, limit=_PAGES_CHUNK
            ),
            lambda connection: page_texts.total_size(connection) > self._texts_max_size,
        )
        await self._prune_snapshots(now - self._snapshot_ttl_s)
        await self._repeat(space.give_back, lambda connection: space.excess(connection) > 0)

    async def _prune_snapshots(self, before: float) -> None:
        most = self._snapshots_max_bytes
        await self._repeat(
            lambda connection: snapshots.prune(connection, before=before, limit=_PAGES_CHUNK),
            lambda connection: snapshots.needs_prune(connection, before=before),
        )
        await self._repeat(
            lambda connection: snapshots.shrink(connection, max_bytes=most, limit=_PAGES_CHUNK),
            lambda connection: snapshots.total_bytes(connection) > most,
        )

    async def _leads(self) -> bool:
        now = self._lifecycle.now()
        leader = await self._lifecycle.database.read(lambda connection: leases.leader(connection, DUTY, now))
        if leader not in (None, self._holder):
            return False
        return await self._lifecycle.database.write(
            lambda connection: leases.lead(
                connection, DUTY, self._holder, now=now, lease_until=now + 3 * _TICK_S
            ),
            durable=False,
        )

    async def _repeat(self, step: Callable[[Connection], int], needed: Callable[[Connection], bool]) -> None:
        """Repeat a writing step while reading says it is needed; idle rounds take no lock."""
        while await self._lifecycle.database.read(needed):
            if await self._lifecycle.database.write(step, durable=False) == 0:
                return
            await asyncio.sleep(_BREATH_S)
