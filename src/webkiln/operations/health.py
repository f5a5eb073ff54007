"""Whether this installation can do its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webkiln import errors
from webkiln.store import job_lists, leases

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webkiln.engine.lifecycle import Lifecycle
    from webkiln.telemetry.metrics import Metrics


class Health:
    """Asks the database, and through it for workers."""

    def __init__(self, lifecycle: Lifecycle, metrics: Metrics, *, browser: bool) -> None:
        """Refresh the gauges of `metrics` on demand; `browser` says whether pages can be shown in one."""
        self._lifecycle = lifecycle
        self._metrics = metrics
        self.browser = browser
        metrics.browser.set(browser)

    async def problem(self) -> str | None:
        """Return why no work can be done right now, or None when all is well."""
        now = self._lifecycle.now()
        try:
            alive = await self._lifecycle.database.read(
                lambda connection: leases.count_alive(connection, now)
            )
        except errors.Unavailable as error:
            return error.message
        return None if alive else "No worker is alive."

    async def metrics(self) -> bytes:
        """Return every counter in the Prometheus text format; raises Unavailable."""
        now = self._lifecycle.now()

        def work(connection: Connection) -> tuple[int, int, int]:
            opened, running = job_lists.open_tasks(connection)
            return opened, running, leases.count_alive(connection, now)

        opened, running, alive = await self._lifecycle.database.read(work)
        self._metrics.tasks.labels("running").set(running)
        self._metrics.tasks.labels("waiting").set(opened - running)
        self._metrics.workers.set(alive)
        return self._metrics.text()
