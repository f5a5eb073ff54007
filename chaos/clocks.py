"""Wall clocks that can be set, for single processes: libfaketime with its offset in a file."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

_PLACES = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)
_DAY_S = 86_400.0
JUMPS: dict[str, float] = {"+1h": 3600.0, "-1h": -3600.0, "+30d": 30 * _DAY_S, "-30d": -30 * _DAY_S}
_2038 = datetime(2038, 1, 19, 3, 14, 0, tzinfo=UTC).timestamp()  # seconds before 32 bits are used up


class NoClock(Exception):
    """Clocks cannot be set here; the text says why."""


def seconds(jump: str) -> float:
    """Return how far from the true time a jump leads."""
    return _2038 - time.time() if jump == "2038" else JUMPS[jump]


def library() -> str:
    """Return the path of libfaketime; raises NoClock."""
    for place in _PLACES:
        for found in Path("/").glob(place.removeprefix("/")):
            return str(found)
    raise NoClock("libfaketime is not installed (Debian: apt-get install faketime)")


class Clock:
    """A wall clock for every process that is started with its `environment`; steady clocks stay true."""

    def __init__(self, file: Path) -> None:
        """Keep the offset in a file; the clock is right at first. Raises NoClock."""
        self._file = file
        self.environment = {
            "LD_PRELOAD": library(),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            # Without a cache the file is read for every look at the clock, and that is most of what is done.
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",  # a killed process would leave it behind
        }
        self.set(0.0)

    def set(self, offset_s: float) -> None:
        """Set the clock, for all its processes at once, to the true time and so many seconds."""
        # Put there whole: the processes read it at any moment.
        made = self._file.with_suffix(".new")
        made.write_text(f"{offset_s:+.0f}s")
        made.chmod(0o644)  # PostgreSQL runs as another user
        made.rename(self._file)
