"""Notices workers that are dead: those of whom nothing was heard for the length of a lease."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from webkiln.store.leases import Worker


class Silence:
    """Measures how long each worker's lease has stayed as it was, on this process's own steady clock.

    Clocks of different hosts are never compared. Time in which this process did not look, because it
    was frozen itself or the database was away, counts for little: others could not be heard then.
    """

    def __init__(
        self, lease_s: float, interval_s: float, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Take a worker for dead after `lease_s`, looking every `interval_s`."""
        self._lease_s = lease_s
        self._most_s = 2 * interval_s
        self._now = now
        self._looked_at = now()
        self._heard: dict[Worker, tuple[float, float]] = {}

    def look(self, leases: Mapping[Worker, float]) -> dict[Worker, float]:
        """Take the leases as they are now; return those of the dead."""
        now = self._now()
        passed, self._looked_at = min(now - self._looked_at, self._most_s), now
        heard: dict[Worker, tuple[float, float]] = {}
        for worker, lease in leases.items():
            before, silent_s = self._heard.get(worker, (lease, -passed))
            heard[worker] = (lease, silent_s + passed if before == lease else 0.0)
        self._heard = heard
        return {worker: lease for worker, (lease, silent_s) in heard.items() if silent_s >= self._lease_s}
