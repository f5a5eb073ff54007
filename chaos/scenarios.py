"""Every scenario by its name, and how one is performed."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

from chaos import crawl, r1, r3, r4, r5, r7, r10, r11, r14
from chaos.clocks import NoClock
from chaos.leftovers import swept
from chaos.scenario import Run, Scenario
from smallpg import Unavailable

SEED = 20261123
SCENARIOS = {module.SCENARIO.name: module.SCENARIO for module in (r1, r3, r4, r5, r7, r10, r11, r14, crawl)}


class CannotRun(Exception):
    """Something that a scenario needs is not there; the text says what."""


def perform(
    scenario: Scenario,
    *,
    seed: int = SEED,
    short: bool = False,
    database: str | None = None,
    timed: bool = True,
) -> Run:
    """Run a scenario; raises CannotRun when something it needs is not there.

    Unless it is `timed` nothing is demanded of the clock.
    The logs of a run that has not passed stay where its notes say.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{scenario.name}-"))
    folder.chmod(0o755)
    run = Run(seed, short, database or scenario.databases[0], folder, uuid4().hex, timed=timed)
    try:
        with swept(run.mark):
            scenario.run(run)
    except (Unavailable, NoClock) as missing:
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotRun(str(missing)) from missing
    except BaseException as error:
        if not isinstance(error, Exception):  # an interrupt is nobody's finding
            shutil.rmtree(folder, ignore_errors=True)
            raise
        run.broken.append(f"{type(error).__name__}: {error}")
    if run.broken:
        run.notes.insert(0, f"logs: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return run
