"""What takes long with browsers: whether memory stays flat over 2,000 pages, and kills lose no page."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import make_app
import processes
from running import OVER, Webkiln
from webkiln_batch import Peak
from webkiln_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY, STEP = 2_000, 200
KILLED_PAGES, KILL_EACH = 500, 50
ENDS = 3  # steps at each end that growth is the difference of


class Ours(Protocol):
    """Webkiln as it is measured."""

    server: Webkiln

    def show(self, urls: list[str]) -> None:
        """Show pages; raises Refused unless all came."""
        ...


def memory(ours: Ours, origin: str) -> Iterator[Figure]:
    """Show 2,000 pages: browsers come and go, but what our own processes hold must not grow."""
    during: list[float] = []
    own: list[float] = []
    for first in range(0, MANY, STEP):
        with Peak(ours.server.pid) as peak:
            ours.show(make_app.urls(origin, STEP, first))
        during.append(peak.mean)
        own.append(processes.memory([one for one in ours.server.pids() if _is_ours(one)]).pss)
    for name, values in (("everything, mean while they are shown", during), ("our own processes", own)):
        trend = " ".join(f"{value:.0f}" for value in values)
        grown = statistics.median(values[-ENDS:]) - statistics.median(values[:ENDS])
        yield Figure(f"memory every {STEP} shown pages: {name}", f"{trend} MiB: {grown:+.0f}", "flat")


def kills(
    server: Webkiln,
    origin: str,
    options: dict[str, Any],
    documents: Callable[[Webkiln, str], set[str]],
) -> Iterator[Figure]:
    """Kill one of Chromium's processes, any, each 50 pages of a batch; then count its documents."""
    chance = random.Random(KILLED_PAGES)
    urls = make_app.urls(origin, KILLED_PAGES)
    job = server.start(urls, **options)
    killed: list[str] = []
    while (state := server.status(job))["status"] not in OVER:
        if state["completed"] >= KILL_EACH * (len(killed) + 1):
            victims = [one for one in server.pids() if _kind(one)]
            if victims:
                victim = chance.choice(victims)
                killed.append(_kind(victim))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
        time.sleep(0.1)
    lost = len(set(urls) - documents(server, job))
    kinds = ", ".join(f"{killed.count(kind)} {kind}" for kind in dict.fromkeys(killed))
    yield Figure(
        f"pages of {KILLED_PAGES} lost over {len(killed)} kill -9 in Chromium",
        f"{lost} ({kinds})",
        "0",
    )


def _command(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return []


def _is_ours(pid: int) -> bool:
    """Return whether a process is Webkiln's own: neither a browser's nor its driver's."""
    return any(word.startswith("webkiln") for word in _command(pid)[:4])


def _kind(pid: int) -> str:
    """Return which of Chromium's processes this is, nothing for any other program's."""
    words = _command(pid)
    if not words or "chrom" not in Path(words[0].partition(" ")[0]).name:
        return ""
    # Chromium's children write their command line anew, with spaces.
    given = " ".join(words).split(" ")
    return next((word.partition("=")[2] for word in given if word.startswith("--type=")), "browser")
