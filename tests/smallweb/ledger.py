"""What the site saw: requests with their times, and deliveries to its webhook receiver."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Seen:
    """One request: `path` with its query, Unix times in seconds, who asked, and how it went.

    `aborted` is true when the client closed the connection before it had its answer.
    """

    host: str
    path: str
    started: float
    peer: str = ""
    ended: float | None = None
    aborted: bool = False


@dataclass(slots=True)
class Delivery:
    """One call of the webhook receiver: what came, and the status it was answered with."""

    name: str
    at: float
    headers: dict[str, str]
    body: str
    status: int


@dataclass
class Ledger:
    """Everything since the start or the last `clear`."""

    requests: list[Seen] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    most_open: int = 0
    _open: int = 0

    def begin(self, host: str, path: str, peer: str = "") -> Seen:
        """Note the start of a request from the address `peer`."""
        seen = Seen(host, path, time.time(), peer)
        self.requests.append(seen)
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        return seen

    def end(self, seen: Seen, *, aborted: bool) -> None:
        """Note its end."""
        seen.ended = time.time()
        seen.aborted = aborted
        self._open -= 1

    def clear(self) -> None:
        """Forget everything but the requests that are still open."""
        self.requests = [seen for seen in self.requests if seen.ended is None]
        self.deliveries.clear()
        self.most_open = self._open

    def hits(self, path: str) -> int:
        """Count the requests for a path, whatever their query."""
        return sum(seen.path.partition("?")[0] == path for seen in self.requests)

    def started_since(self, moment: float) -> int:
        """Count the requests that started after a Unix time in seconds."""
        return sum(seen.started > moment for seen in self.requests)

    def open_requests(self) -> int:
        """Count the requests that have started and not ended."""
        return self._open

    def delivered(self, name: str) -> list[Delivery]:
        """List what one receiver was sent, in the order it came."""
        return [delivery for delivery in self.deliveries if delivery.name == name]

    def summary(self, since: float = 0.0) -> dict[str, Any]:
        """Say in JSON's types what happened; `started_since` counts from `since`."""
        ended = [seen.ended for seen in self.requests if seen.ended is not None]
        return {
            "now": time.time(),
            "requests_started": len(self.requests),
            "requests_open": self._open,
            "requests_aborted": sum(seen.aborted for seen in self.requests),
            "most_open": self.most_open,
            "last_start": max((seen.started for seen in self.requests), default=None),
            "last_end": max(ended, default=None),
            "started_since": self.started_since(since),
            "hits": Counter(f"{seen.host}{seen.path.partition('?')[0]}" for seen in self.requests),
        }

    def requests_json(self, since: float = 0.0) -> list[dict[str, Any]]:
        """List in JSON's types the requests that started after `since` or had not ended by then."""
        return [
            asdict(seen)
            for seen in self.requests
            if seen.started > since or seen.ended is None or seen.ended > since
        ]

    def deliveries_json(self, name: str | None = None) -> list[dict[str, Any]]:
        """List deliveries in JSON's types, of one receiver or of all."""
        return [asdict(one) for one in self.deliveries if name is None or one.name == name]
