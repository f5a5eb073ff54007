"""What a job looks like while it runs: a bar for people, a line now and then for logs."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from webkiln.cli.follow import Pace
from webkiln.cli.output import note, notes

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.cli.client import StatusPage

LINE_EVERY_S = 10.0


class JobProgress(ABC):
    """Shows how a job goes on; a context manager.

    `completed` and `failed` count pages. A kind of jobs says what its status pages mean.
    """

    counts_failures = False
    """Whether `failed` comes from elsewhere than the status pages."""

    def __init__(self, known: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.known = known
        self.completed = 0
        self.failed = 0
        self._clock = clock
        self._pace = Pace(clock)
        self._next_line = clock() + LINE_EVERY_S
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rest]}", markup=False),
            console=notes,
            disable=not notes.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=known, rest="")

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away; the summary follows."""
        self._bar.stop()

    def pause(self) -> None:
        """Stop drawing, for a question."""
        self._bar.stop()

    def resume(self) -> None:
        """Draw again."""
        self._bar.start()

    def seen(self, page: StatusPage) -> None:
        """Take in what a status page says."""
        self.completed = page.completed
        self._count(page)
        done = self.completed + self.failed
        self._pace.add(done)
        self._bar.update(self._task, completed=done, total=self.known, rest=self.rest)
        if self._bar.disable and self._clock() >= self._next_line:
            self._next_line = self._clock() + LINE_EVERY_S
            note(f"{done}/{self.known} {self.rest}")

    @abstractmethod
    def _count(self, page: StatusPage) -> None:
        """Read the other figures."""

    @property
    def rest(self) -> str:
        """The figures beside the bar: rate, done, failed."""
        return f"{self._pace.rate:.1f} pages/s, {self.completed} done, {self.failed} failed"

    @property
    def result(self) -> str:
        """How many pages there are in the end."""
        return f"{self.completed} pages done"


class BatchProgress(JobProgress):
    """Shows how a batch of `known` pages goes on.

    A server leaves failed pages out of `total` (contract §3.2), so what is missing from it while
    the batch runs has failed.
    """

    _paused = False

    def _count(self, page: StatusPage) -> None:
        self._paused = page.paused
        if page.running:
            self.failed = max(self.known - page.total, 0)

    @property
    def rest(self) -> str:
        """The figures beside the bar, with the time left."""
        if self._paused:
            return f"{super().rest}, paused"
        left = self._pace.eta_s(self.known - self.completed - self.failed)
        return f"{super().rest}, ETA {clock_time(left)}"

    @property
    def result(self) -> str:
        """How many of the pages that were asked for there are in the end."""
        return f"{self.completed} of {self.known} pages done"


class CrawlProgress(JobProgress):
    """Shows how a crawl goes on, of which nobody knows how long it will take.

    What is known grows with every page that is read.
    """

    counts_failures = True

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(1, clock)
        self._state = "starting"

    def _count(self, page: StatusPage) -> None:
        self.known = max(page.total + self.failed, 1)
        if page.paused:
            self._state = "paused"
        elif page.running:
            self._state = "looking for pages" if page.completed == 0 else "crawling"
        else:
            self._state = page.status

    @property
    def rest(self) -> str:
        """The figures beside the bar, with what it is doing."""
        return f"{super().rest}, {self._state}"


def clock_time(seconds: float | None) -> str:
    """Return seconds as 1:02:03 or 2:03, and `-:--` for nobody knows."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
