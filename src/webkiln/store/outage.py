"""When a database that does not answer was lost, and that it is back: said once each in the log."""

from __future__ import annotations

import time

import structlog

from webkiln import errors

log = structlog.get_logger(__name__)


class Outage:
    """Remembers since when there is one."""

    def __init__(self) -> None:
        """Start with a database that answers."""
        self._since: float | None = None

    def begins(self, reason: str) -> errors.Unavailable:
        """Note that the database does not answer; return the error to raise."""
        if self._since is None:
            self._since = time.monotonic()
            log.error("database lost", reason=reason)
        return errors.Unavailable(f"The database does not answer: {reason}")

    def ends(self) -> None:
        """Note that it does."""
        if self._since is not None:
            log.warning("database is back", seconds=round(time.monotonic() - self._since, 1))
            self._since = None
