"""R14: a process of the browser is killed every two seconds while it shows pages."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.checking import check
from chaos.client import until
from chaos.cluster import cluster
from chaos.ledger import Ledger
from chaos.processes import descendants
from chaos.scenario import Run, Scenario
from webkiln.fetching.browser.installed import find_chromium
from webkiln.fetching.browser.memory import own_bytes

if TYPE_CHECKING:
    from chaos.cluster import Cluster

_EVERY_S = 2.0
_GROWN = 1.15  # of the memory before
_LEAST_MB = 150  # what is too little to be told from the noise
_GONE_S = 10.0


def _run(run: Run) -> None:
    if find_chromium(None) is None:
        run.demand(kept=False, what="there is a browser on this machine")
        return
    pages = 40 if run.short else 500
    scratch = run.folder / "tmp"
    scratch.mkdir()
    scratch.chmod(0o1777)
    settings = {"TMPDIR": str(scratch), "WEBKILN_BROWSER_PAGES": "3"}
    with cluster(run, workers=1, settings=settings) as under:
        ledger = Ledger(run.folder / "ledger")
        _show(under, ledger, range(100_000, 100_012))  # every worker has its browser then
        before = _memory(under)
        killed = _while_killing(run, under, lambda: _show(under, ledger, range(pages)))
        _show(under, ledger, range(200_000, 200_012))
        after = _memory(under)
        findings = check(under.client, under.web, ledger.batches, within_s=60)
        browsers = _browsers(under)
        under.apis[0].terminate()
        under.apis[0].ended(within_s=30)
        left = _left(browsers)
    run.figures |= findings.figures()
    run.notes += findings.notes
    profiles = [path.name for path in scratch.glob("playwright*")]
    run.figures |= {"killed": killed, "memory_mb": [before, after], "left": left, "profiles": len(profiles)}
    run.demand(findings.failed + findings.lost <= pages // 100, "99 of 100 pages are there")
    run.demand(not findings.stuck and not findings.duplicated, "nothing is stuck, nothing is there twice")
    run.demand(left == 0, f"no process of a browser is left ({left} are)")
    run.demand(not profiles, f"no profile of a browser is left ({len(profiles)} are)")
    run.demand(after <= max(before * _GROWN, before + _LEAST_MB), "the memory is what it was, and 15 % more")


def _show(under: Cluster, ledger: Ledger, numbers: range) -> None:
    """Have pages shown in the browser and wait for them."""
    batch = ledger.submit(under.client, under.urls(numbers, "/i/{n}?ms=50"), waitFor=1)
    until(
        lambda: under.client.status(batch.id)["status"],
        lambda seen: seen == "completed",
        within_s=60 + 2.0 * len(numbers),
        what="all pages were shown",
        every_s=0.2,
    )


def _while_killing(run: Run, under: Cluster, work: object) -> int:
    """Do something while processes die; return how many."""
    killed = 0
    over = threading.Event()
    working = threading.Thread(target=lambda: (work(), over.set()), daemon=True)  # type: ignore[operator]
    working.start()
    while not over.wait(_EVERY_S):
        if not working.is_alive():
            break
        victims = _browsers(under)
        if victims:
            try:
                os.kill(run.dice.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed += 1
    working.join(1)
    run.demand(over.is_set(), "the batch came to its end")
    return killed


def _browsers(under: Cluster) -> list[int]:
    """Return the living processes of browsers."""
    return [pid for pid in descendants(under.apis[0].pid) if _is_browser(pid)]


def _is_browser(pid: int) -> bool:
    try:
        return b"chrom" in Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]
    except OSError:
        return False


def _left(pids: list[int]) -> int:
    """Return how many of these processes are still there after a while."""
    end = time.monotonic() + _GONE_S
    while (left := [pid for pid in pids if _is_browser(pid)]) and time.monotonic() < end:
        time.sleep(0.1)
    return len(left)


def _memory(under: Cluster) -> int:
    """Return what all processes hold when they rest, in MiB."""
    time.sleep(2)
    root = under.apis[0].pid
    return sum(map(own_bytes, [root, *descendants(root)])) >> 20


SCENARIO = Scenario(
    "r14",
    "a process of the browser killed every 2 s during 500 pages: 99 of 100 succeed, no process and no profile"
    " is left, memory within 15 % of before",
    ("sqlite",),
    _run,
)
