"""The seam between the engine and the kinds of work; the engine itself knows none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webkiln.engine.outcome import Outcome
    from webkiln.errors import WebkilnError
    from webkiln.store.tasks import ClaimedTask


class Handler(Protocol):
    """Does the work of one kind of job.

    A handler never writes to the store and may be killed at any point; the same task may run
    again. Being cancelled (asyncio) means that nobody wants the result any more.
    """

    async def run(self, task: ClaimedTask) -> Outcome:
        """Do one task."""
        ...

    async def abandon(self, task: ClaimedTask, error: WebkilnError) -> Outcome:
        """Say how a task ends that cannot be run (again)."""
        ...


@dataclass(frozen=True, slots=True)
class Lane:
    """Kinds of jobs that share slots of a worker, so that one lane never waits behind another.

    A result of an `urgent` lane is stored at once; others wait a moment to be stored together.
    `ahead` tasks are claimed beyond the slots, so that claims are few and large. A task that takes longer
    than `limit_s` is given up: whatever its handler waits for, others wait for its slot.
    """

    name: str
    slots: int
    handlers: Mapping[str, Handler]
    urgent: bool = False
    ahead: int = 0
    limit_s: float | None = None
