"""What a scenario is: seeded dice, demands, figures, and one line at the end."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.checking import Findings

_MOST_NOTES = 10


@dataclass(frozen=True)
class Scenario:
    """A named script with the goal it checks, and the databases it can run on, the usual one first."""

    name: str
    goal: str
    databases: tuple[str, ...]
    run: Callable[[Run], None]


@dataclass
class Run:
    """One run of a scenario: what it was asked for, and what it has found so far.

    Unless it is `timed`, on a machine that has other things to do, being late is noted and no failure.
    """

    seed: int
    short: bool
    database: str
    folder: Path
    mark: str
    timed: bool = True
    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Make the dice that every choice of the run is made with."""
        self.dice = random.Random(self.seed)

    def demand(self, kept: object, what: str) -> None:
        """Take down what the goal demands; unless it was kept, the run has not passed."""
        if not kept:
            self.broken.append(what)

    def demand_in_time(self, kept: object, what: str) -> None:
        """Take down what the goal demands of the clock."""
        if self.timed:
            self.demand(kept, what)
        elif not kept:
            self.notes.append(f"late: {what}")

    def demand_faultless(self, findings: Findings) -> None:
        """Take down what a checker found."""
        self.figures |= findings.figures()
        self.notes += findings.notes[:_MOST_NOTES]
        self.demand(findings.faultless, "every page exactly once, with its own content, and true counters")

    def line(self, scenario: Scenario) -> dict[str, Any]:
        """Return what is printed at the end."""
        line: dict[str, Any] = {
            "name": scenario.name,
            "database": self.database,
            "seed": self.seed,
            "short": self.short,
            "passed": not self.broken,
            "seconds": round(time.monotonic() - self.began, 1),
            "load": round(os.getloadavg()[0], 1),
            "figures": self.figures,
            "goal": scenario.goal,
        }
        if self.broken:
            line["broken"] = self.broken
        if self.notes:
            line["notes"] = self.notes[:_MOST_NOTES]
        return line


def spread(values: list[float]) -> dict[str, float]:
    """Return the median and the largest of some seconds."""
    if not values:
        return {"n": 0}
    ordered = sorted(values)
    return {"n": len(ordered), "p50": round(ordered[len(ordered) // 2], 3), "max": round(ordered[-1], 3)}
