"""Storing a batch of outcomes: what they change on tasks, jobs, documents, outboxes and usage, at once."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import orjson

from webkiln.engine.outcome import Completed, Failed, GivenBack, Snoozed, encode_error
from webkiln.store import documents, jobs, tasks, teams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from webkiln.engine.outcome import Event, Outcome
    from webkiln.store.tasks import ClaimedTask, Tally


def settle(
    connection: Connection,
    worker_id: str,
    outcomes: Sequence[tuple[ClaimedTask, Outcome]],
    *,
    now: float,
    ttl_s: float,
    frees_hosts: bool = False,
) -> tuple[int, list[str]]:
    """Return how many outcomes were dropped, and what to ring once the rest is on disk.

    `frees_hosts` says that tasks may be waiting for the hosts of these.
    """
    outboxes = {
        event.outbox_id
        for _, outcome in outcomes
        if isinstance(outcome, Completed | Failed)
        for event in outcome.events
    }
    outboxes |= {task.told_id for task, _ in outcomes if task.told_id is not None}
    locked = tasks.lock_jobs(connection, outboxes | {task.job_id for task, _ in outcomes})
    held = tasks.still_held(connection, worker_id, [task.id for task, _ in outcomes])
    batch = _Batch(now)
    for task, outcome in outcomes:
        job = locked.get(task.job_id)
        # Taken off: a database that crashed may have forgotten a claim, and the worker has the task twice.
        if held.pop(task.id, None) != task.attempt or job is None or job.state != "running":
            batch.dropped += 1
        else:
            batch.add(task, outcome, position=job.documents)
            if frees_hosts and not job.fifo:  # events are no host's pages
                batch.free_host(task)
    tasks.complete_tasks(connection, batch.done, now)
    tasks.fail_tasks(connection, batch.failed, now)
    tasks.return_tasks(connection, batch.returned)
    documents.insert_documents(connection, batch.documents, now)
    ended = tasks.settle(connection, batch.tallies, now=now, ttl_s=ttl_s)
    for job_id in ended:
        job = locked[job_id]
        if job.announce_end and job.outbox_id is not None:
            batch.announce(job.outbox_id, end_event("completed"))
    announce(connection, batch.announced, locked, now=now, ttl_s=ttl_s)
    teams.add_usage(connection, batch.usage, time.strftime("%Y-%m", time.gmtime(now)))
    awake = {locked[outbox_id].kind for outbox_id in batch.announced if outbox_id in locked}
    awake |= {locked[job_id].kind for job_id, tally in batch.tallies.items() if tally.stirs(locked[job_id])}
    return batch.dropped, [
        *(f"ended {job_id}" for job_id in ended),
        *(f"work {kind}" for kind in sorted(awake)),
    ]


def announce(
    connection: Connection,
    announced: Mapping[str, list[str]],
    locked: Mapping[str, Row[tuple[Any, ...]]],
    *,
    now: float,
    ttl_s: float,
) -> None:
    """Put events at the end of their outboxes, whose rows are among those locked."""
    for outbox_id, payloads in sorted(announced.items()):
        outbox = locked.get(outbox_id)
        spec_id = None if outbox is None else jobs.spec_of(connection, outbox_id)
        if outbox is None or spec_id is None:
            continue  # the outbox is pruned: nobody can be told any more
        jobs.insert_tasks(connection, outbox_id, spec_id, payloads, run_at=now, first=outbox.submitted)
        jobs.grow(connection, outbox_id, count=len(payloads), runnable_at=now, expires_at=now + ttl_s)


def end_event(state: str) -> str:
    """Return the payload that announces a job's end in `state`."""
    return orjson.dumps({"event": "ended", "state": state}).decode()


class _Batch:
    """One batch of outcomes, sorted into what each table needs."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.dropped = 0
        self.done: list[str] = []
        self.failed: list[tuple[str, bytes]] = []
        self.returned: list[tuple[str, float, int]] = []
        self.documents: list[documents.NewDocument] = []
        self.tallies: dict[str, Tally] = defaultdict(tasks.Tally)
        self.announced: dict[str, list[str]] = {}
        self.usage: dict[tuple[str, str], int] = defaultdict(int)

    def add(self, task: ClaimedTask, outcome: Outcome, *, position: int) -> None:
        """Sort one outcome in; `position` is the job's count of documents before the batch."""
        tally = self.tallies[task.job_id]
        match outcome:
            case Completed():
                self.done.append(task.id)
                tally.completed += 1
                tally.credits += outcome.credits
                self.usage[task.team_id, task.key_id or task.team_id] += outcome.credits
                if outcome.document is not None:
                    place = position + tally.documents
                    self.documents.append(
                        documents.NewDocument(task.job_id, task.id, place, outcome.document)
                    )
                    tally.documents += 1
                self._take_events(outcome.events)
            case Failed():
                self.failed.append((task.id, encode_error(outcome.error)))
                tally.failed += 1
                self._take_events(outcome.events)
            case Snoozed():
                self.returned.append((task.id, outcome.until, 1))
                self._returned(tally, outcome.until)
            case GivenBack():
                self.returned.append((task.id, self.now, 0))
                self._returned(tally, self.now)
                tally.given_back = True

    def free_host(self, task: ClaimedTask) -> None:
        """Let what waits for the host of a task be looked at now."""
        tally = self.tallies[task.job_id]
        tally.given_back = True
        tally.due = self.now

    def announce(self, outbox_id: str, payload: str) -> None:
        """Queue one event for an outbox."""
        self.announced.setdefault(outbox_id, []).append(payload)

    def _take_events(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self.announce(event.outbox_id, event.payload)

    @staticmethod
    def _returned(tally: Tally, due: float) -> None:
        tally.returned += 1
        tally.due = due if tally.due is None else min(tally.due, due)
