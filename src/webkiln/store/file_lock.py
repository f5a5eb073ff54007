"""A lock between processes on a file, with an end to the wait for it."""

from __future__ import annotations

import contextlib
import fcntl
import threading
from typing import IO


class FileLock:
    """One lock for one thread, which takes it and lets it go in turn.

    The kernel hands `flock` on at once when it is let go, but lets nobody wait with an end. So where the
    lock is not free, a thread beside waits for it. That thread cannot be called back: what it gets when
    nobody waits any more, it lets go.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Lock `file`; closing it lets go."""
        self._file = file
        self._changed = threading.Condition()
        self._waiting = False  # the thread beside
        self._wanted = False
        self._got = False

    def take(self, timeout_s: float | None) -> bool:
        """Take the lock; False when it was not free within the time, without one it is waited for."""
        with self._changed:
            if not self._waiting:
                if self._take_if_free():
                    return True
                if not self._start_waiting():
                    return False
            self._wanted = True
            self._changed.wait_for(lambda: self._got or not self._waiting, timeout_s)
            got, self._got, self._wanted = self._got, False, False
            return got

    def let_go(self) -> None:
        """Give the lock to whoever waits for it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def _take_if_free(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _start_waiting(self) -> bool:
        thread = threading.Thread(target=self._wait, name="file-lock", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine has no thread to give
            return False
        self._waiting = True
        return True

    def _wait(self) -> None:
        had = False
        with contextlib.suppress(OSError, ValueError):  # the file was closed meanwhile
            fcntl.flock(self._file, fcntl.LOCK_EX)
            had = True
        with self._changed:
            self._waiting = False
            self._got = had and self._wanted
            if had and not self._wanted:
                with contextlib.suppress(OSError, ValueError):
                    self.let_go()
            self._changed.notify()
