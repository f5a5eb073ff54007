"""Following a running job: its documents as they come, and how fast it goes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from webkiln.cli.client import Client, Job, StatusPage
    from webkiln.cli.output import Sink

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 1.0
WINDOW_S = 10.0

Seen: TypeAlias = Callable[["StatusPage"], None]


async def follow(client: Client, job: Job, sink: Sink | None, seen: Seen) -> StatusPage:
    """Read a job until it has ended and every document is written; return its last page.

    `seen` is called with each page. Without a sink the documents stay on the server. Only one page
    is in memory at a time.
    """
    pause = FIRST_PAUSE_S
    received = 0
    page = await client.status(job, limit=None if sink else 1)
    while True:
        if sink is not None:
            for document in page.documents:
                sink.write(document)
            received += len(page.documents)
        seen(page)
        more = sink is not None and bool(page.documents) and page.next is not None
        if not page.running and not more:
            return page
        if more:
            pause = FIRST_PAUSE_S
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
        page = await _next(client, job, page, received, with_documents=sink is not None)


async def _next(
    client: Client, job: Job, page: StatusPage, received: int, *, with_documents: bool
) -> StatusPage:
    """Read on where the server says, or, when it does not say, after what has been received."""
    if not with_documents:
        return await client.status(job, limit=1)
    if page.next is not None:
        return await client.page(page.next)
    return await client.status(job, skip=received)


class Pace:
    """How many pages a second lately, and how long the rest will take.

    `clock` gives seconds; the rate is taken over the last ten of them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque([(clock(), 0)])

    def add(self, done: int) -> None:
        """Note that `done` pages have ended so far."""
        now = self._clock()
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] <= now - WINDOW_S:  # noqa: PLR2004 (two ends)
            self._marks.popleft()

    @property
    def rate(self) -> float:
        """Pages a second."""
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began) if ended > began else 0.0

    def eta_s(self, left: int) -> float | None:
        """Seconds until `left` more pages are done, or None while nothing moves."""
        return left / self.rate if self.rate > 0 else None
