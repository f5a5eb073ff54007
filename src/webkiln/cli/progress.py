"""What a batch looks like while it runs: a bar for people, a line now and then for logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from webkiln.cli.follow import Pace
from webkiln.cli.output import note, notes

if TYPE_CHECKING:
    from collections.abc import Callable

    from webkiln.cli.client import StatusPage

LINE_EVERY_S = 10.0


class BatchProgress:
    """Shows how a batch of `submitted` pages goes on; a context manager.

    A server leaves failed pages out of `total` (contract §3.2), so what is missing from it while
    the batch runs has failed.
    """

    def __init__(self, submitted: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.submitted = submitted
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
        self._task = self._bar.add_task("", total=submitted, rest="")

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
        if page.running:
            self.failed = max(self.submitted - page.total, 0)
        done = self.completed + self.failed
        self._pace.add(done)
        self._bar.update(self._task, completed=done, rest=self.rest)
        if self._bar.disable and self._clock() >= self._next_line:
            self._next_line = self._clock() + LINE_EVERY_S
            note(f"{done}/{self.submitted} {self.rest}")

    @property
    def rest(self) -> str:
        """The figures beside the bar: rate, done, failed, time left."""
        left = self._pace.eta_s(self.submitted - self.completed - self.failed)
        counts = f"{self.completed} done, {self.failed} failed"
        return f"{self._pace.rate:.1f} pages/s, {counts}, ETA {clock_time(left)}"


def clock_time(seconds: float | None) -> str:
    """Return seconds as 1:02:03 or 2:03, and `-:--` for nobody knows."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
