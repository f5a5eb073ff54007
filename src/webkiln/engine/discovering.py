"""Adding to a job what its own tasks found: each thing once, and no more than it has a use for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webkiln.engine.outcome import encode_error
from webkiln.store import jobs, visited
from webkiln.store.visited import NewTask

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row

    from webkiln.engine.outcome import Found, NextTask
    from webkiln.store.tasks import Tally

_SPARE = 1_000


class Discovery:
    """What one transaction adds to the jobs whose rows it holds.

    `noted` are the keys that are in the database once it is committed.
    """

    def __init__(self, connection: Connection, now: float) -> None:
        """Add with `connection`, whose transaction holds the rows of the jobs."""
        self.noted: dict[str, list[int]] = {}
        self._connection = connection
        self._now = now

    def are_new(self, job_id: str, identities: Sequence[int]) -> bool:
        """Note what a task turned out to be; say whether its job had met none of it before."""
        self.noted.setdefault(job_id, []).extend(identities)
        return visited.note(self._connection, job_id, identities) == set(identities)

    def add(
        self, job: Row[tuple[Any, ...]], spec_id: str, found: Found, known: Collection[int], tally: Tally
    ) -> None:
        """Insert the tasks a job had not met before, and count them in its tally."""
        wanted = [task for task in found.tasks if task.key not in known]
        fresh = self._fresh(job, wanted, _room(job, tally))
        if not fresh:
            return
        if found.spec is not None:
            spec_id = jobs.insert_spec(self._connection, job.id, found.spec)
        visited.insert_found(
            self._connection, job.id, spec_id, [_new_task(task) for task in fresh], now=self._now
        )
        recorded = sum(task.error is not None for task in fresh)
        tally.recorded += recorded
        tally.added += len(fresh) - recorded

    def _fresh(self, job: Row[tuple[Any, ...]], wanted: Sequence[NextTask], room: int) -> list[NextTask]:
        """Note as many of the tasks as there is room for; return those that are new."""
        fresh: list[NextTask] = []
        start = 0
        while start < len(wanted) and len(fresh) < room:
            chunk = wanted[start : start + room - len(fresh)]
            start += len(chunk)
            keys = [task.key for task in chunk]
            new = visited.note(self._connection, job.id, keys)
            self.noted.setdefault(job.id, []).extend(keys)
            for task in chunk:
                if task.key in new:
                    new.discard(task.key)  # the second of two alike is none
                    fresh.append(task)
        return fresh


def most_wanted(documents: int) -> int:
    """Return how many tasks a job has a use for that wants so many documents: twice that, and some spare."""
    return 2 * documents + _SPARE


def _room(job: Row[tuple[Any, ...]], tally: Tally) -> int:
    """Return how many more tasks a job may have, of which some will fail.

    A job of ten pages does not keep the hundred thousand links that its first page has.
    """
    if job.page_limit is None:
        return 2**31
    waiting: int = job.open + tally.added - tally.completed - tally.failed
    wanted: int = job.page_limit - job.documents - tally.documents
    return max(most_wanted(wanted) - waiting, 0)


def _new_task(task: NextTask) -> NewTask:
    error = None if task.error is None else encode_error(task.error)
    return NewTask(task.payload, task.priority, task.depth, task.host, error)
