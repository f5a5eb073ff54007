"""Hosts that asked this process to leave them alone for a while, known before the database knows."""

from __future__ import annotations

from collections import OrderedDict

_MOST = 10_000


class Resting:
    """Until when hosts rest (Unix seconds); those heard of longest ago are forgotten first.

    What all workers know stands in the database. Here it is known at once, so that the pages of a host
    which are in hand already are not asked for.
    """

    def __init__(self) -> None:
        """Know of none."""
        self._until: OrderedDict[str, float] = OrderedDict()

    def until(self, host: str) -> float:
        """Return the moment from which a host may be asked again; it may have passed."""
        return self._until.get(host, 0.0)

    def rest(self, host: str, until: float) -> None:
        """Leave a host alone until then."""
        self._until[host] = max(until, self.until(host))
        self._until.move_to_end(host)
        while len(self._until) > _MOST:
            self._until.popitem(last=False)
