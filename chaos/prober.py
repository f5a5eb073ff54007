"""Clients that never stop asking, and take down every answer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from chaos.client import BATCHES, Answer, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from chaos.client import Client

_STOP_S = 30.0


@dataclass(frozen=True)
class Probe:
    """One request: what it was for, what came (0: nothing), when, and the Retry-After of a 503."""

    what: str
    status: int
    began: float
    seconds: float
    retry_after: str | None = None
    trouble: str = ""
    refused: bool = False

    @property
    def ended(self) -> float:
        """When the answer was complete."""
        return self.began + self.seconds


class Prober:
    """Threads that each repeat one kind of request until the block ends; `probes` is what they saw."""

    def __init__(self, kinds: dict[str, Callable[[int], Answer]], *, pause_s: float = 0.1) -> None:
        """Repeat each of `kinds`, called with 0, 1, 2 …, with a pause after each answer."""
        self.probes: list[Probe] = []
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(what, ask), name=f"probe {what}", daemon=True)
            for what, ask in kinds.items()
        ]

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the present requests."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(_STOP_S)

    def first_success(self, what: str, since: float, *, within_s: float) -> float | None:
        """Return when the first good answer to a kind of request came after a moment, None if none does."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            for probe in list(self.probes):
                if probe.what == what and probe.status == 200 and probe.ended >= since:
                    return probe.ended
            time.sleep(0.02)
        return None

    def _repeat(self, what: str, ask: Callable[[int], Answer]) -> None:
        for number in count():
            if self._stopping.is_set():
                return
            self.probes.append(_probe(what, ask, number))
            self._stopping.wait(self._pause_s)


def _probe(what: str, ask: Callable[[int], Answer], number: int) -> Probe:
    try:
        answer = ask(number)
    except NoAnswer as none:
        return Probe(what, 0, none.began, none.seconds, trouble=str(none), refused=none.refused)
    trouble = "" if answer.status == 200 else str(answer.body)[:200]
    return Probe(
        what, answer.status, answer.began, answer.seconds, answer.headers.get("retry-after"), trouble
    )


def usual(
    client: Client, page: Callable[[int], str], job: Callable[[], str]
) -> dict[str, Callable[[int], Answer]]:
    """Return the kinds of requests that everybody makes: a scrape, a batch's start, and a batch's status."""
    return {
        "status": lambda _: client.call("GET", f"{BATCHES}/{job()}?limit=1"),
        "submit": lambda number: client.call("POST", BATCHES, {"urls": [page(2 * number + 1)], "maxAge": 0}),
        "scrape": lambda number: client.call("POST", "/v2/scrape", {"url": page(2 * number), "maxAge": 0}),
    }
