"""Ends a worker whose event loop stands still: nobody else would, and its pages would wait for ever.

It works outside of the process, for code that holds the interpreter lets no thread of it run. The
supervisor watches its workers; one without a supervisor has a process of its own for it,
`python -m webkiln.engine.watchdog DESCRIPTOR PID SECONDS LEVEL FORM`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from webkiln.engine.heartbeat import Heartbeat
from webkiln.engine.suspect import at_work

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_S = 0.5
_MARKED_S = 2.0  # a page that is read in the worker itself takes milliseconds
_STOPPED = frozenset("tT")


@dataclass(frozen=True, slots=True)
class Stuck:
    """A worker's loop has stood still for so many seconds, under `task` if one had it."""

    seconds: float
    task: str | None


class Watchdog:
    """Looks at one worker again and again, and says when to end it.

    Only time that passed while the worker could have worked counts: not that of a process or a machine
    that was stopped, nor more than twice what is usual between two looks.
    """

    def __init__(self, heartbeat: Heartbeat, pid: int, *, silent_s: float) -> None:
        """Bear with `silent_s` of silence, and with less while one task has the loop."""
        self._heartbeat = heartbeat
        self._stat = Path(f"/proc/{pid}/stat")
        self._silent_s = silent_s
        self._count = 0
        self._looked_at: float | None = None
        self._silence = 0.0

    def look(self, now: float) -> Stuck | None:
        """Return that the worker stands still, at a moment of a clock that nobody sets (seconds)."""
        count = self._heartbeat.count
        before, self._looked_at = self._looked_at, now
        if count == 0 or count != self._count or before is None or self._is_stopped():
            self._count = count
            self._silence = 0.0
            return None
        self._silence += min(now - before, 2 * LOOK_S)
        if self._silence < min(_MARKED_S, self._silent_s):
            return None
        task = at_work(self._heartbeat.marks)
        if self._silence < self._silent_s and task is None:
            return None
        return Stuck(self._silence, task)

    def _is_stopped(self) -> bool:
        try:
            return self._stat.read_text().rpartition(")")[2].split()[0] in _STOPPED
        except (OSError, IndexError):
            return True  # it has ended


@contextlib.contextmanager
def heartbeat(*, silent_s: float, level: str, form: str) -> Iterator[Heartbeat]:
    """Give what a worker's loop is to beat in: the supervisor's, or one that a process of its own watches.

    Such a process says what it does in a log of `level` and `form`.
    """
    inherited = Heartbeat.inherited()
    if inherited is not None:
        yield inherited
        return
    own = Heartbeat.make()
    command = [sys.executable, "-m", "webkiln.engine.watchdog", str(own.descriptor), str(os.getpid())]
    process = subprocess.Popen(  # noqa: S603 (our own program)
        [*command, str(silent_s), level, form],
        stdin=subprocess.DEVNULL,
        pass_fds=(own.descriptor,),
        start_new_session=True,
    )
    try:
        yield own
    finally:
        process.kill()
        process.wait()
        own.close()


def main(descriptor: int, pid: int, silent_s: float, level: str, form: str) -> None:
    """Watch the process that started this one until it ends."""
    watchdog = Watchdog(Heartbeat(descriptor), pid, silent_s=silent_s)
    while os.getppid() == pid:
        stuck = watchdog.look(time.monotonic())
        if stuck is not None:
            _say(stuck, level, form)
            os.kill(pid, signal.SIGKILL)
            return
        time.sleep(LOOK_S)


def _say(stuck: Stuck, level: str, form: str) -> None:
    import structlog  # noqa: PLC0415 (most never have anything to say)

    from webkiln.telemetry.logs import set_up_logging  # noqa: PLC0415

    set_up_logging(level=level, form=form, process="watchdog")
    log = structlog.get_logger(__name__)
    log.error(
        "the worker's event loop stands still, ending it", seconds=round(stuck.seconds, 1), task=stuck.task
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:])
