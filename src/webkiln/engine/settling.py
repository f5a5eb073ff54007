"""Storing a batch of outcomes: what they change on tasks, jobs, documents, outboxes and usage, at once."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from webkiln import errors
from webkiln.engine.discovering import Discovery
from webkiln.engine.outcome import Completed, Failed, GivenBack, Snoozed, encode_error
from webkiln.store import documents, hosts, jobs, snapshots, tasks, teams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from webkiln.engine.known import Known
    from webkiln.engine.outcome import Event, Found, Outcome
    from webkiln.store.hosts import HostNews
    from webkiln.store.tasks import ClaimedTask, Tally


@dataclass(frozen=True, slots=True)
class Settled:
    """What storing a batch came to.

    `dropped` counts the outcomes that nobody wants any more, `rings` are to be rung once the rest is
    on disk, and `noted` is what jobs are known to have met then.
    """

    dropped: int
    rings: list[str]
    noted: dict[str, list[int]]


def settle(
    connection: Connection,
    worker_id: str,
    outcomes: Sequence[tuple[ClaimedTask, Outcome]],
    *,
    now: float,
    ttl_s: float,
    frees_hosts: bool = False,
    known: Known | None = None,
) -> Settled:
    """Store a batch of outcomes.

    `frees_hosts` says that tasks may be waiting for the hosts of these; `known` saves questions.
    """
    locked = tasks.lock_jobs(connection, _outboxes(outcomes) | {task.job_id for task, _ in outcomes})
    held = tasks.still_held(connection, worker_id, [task.id for task, _ in outcomes])
    batch = _Batch(now)
    discovery = Discovery(connection, now)
    news: list[HostNews] = []
    for task, outcome in outcomes:
        job = locked.get(task.job_id)
        # Taken off: a database that crashed may have forgotten a claim, and the worker has the task twice.
        if held.pop(task.id, None) != task.attempt or job is None or job.state != "running":
            batch.dropped += 1
            continue
        decided = _decide(discovery, task, outcome)
        batch.add(task, decided, position=job.documents)
        if isinstance(decided, Completed | Failed):
            seen = known.of(job.id) if known is not None else ()
            discovery.add(job, task.spec_id, decided.found, seen, batch.tallies[job.id])
        if not isinstance(decided, GivenBack) and decided.news is not None:
            news.append(decided.news)
        if frees_hosts and not job.fifo:  # events are no host's pages
            batch.free_host(task)
    hosts.hear(connection, news, now)
    tasks.complete_tasks(connection, batch.done, now)
    tasks.fail_tasks(connection, batch.failed, now)
    tasks.return_tasks(connection, batch.returned)
    documents.insert_documents(connection, batch.documents, now)
    snapshots.keep(connection, batch.snapshots)
    for job_id, tally in batch.tallies.items():
        tally.wake(locked[job_id], now)
        jobs.add_notes(connection, locked[job_id], batch.notes.get(job_id, ()))
    ended = tasks.settle(connection, batch.tallies, now=now, ttl_s=ttl_s)
    for job_id in ended:
        job = locked[job_id]
        if job.announce_end and job.outbox_id is not None:
            batch.announce(job.outbox_id, end_event("completed"))
    announce(connection, batch.announced, locked, now=now, ttl_s=ttl_s)
    teams.add_usage(connection, batch.usage, time.strftime("%Y-%m", time.gmtime(now)))
    awake = {locked[outbox_id].kind for outbox_id in batch.announced if outbox_id in locked}
    awake |= {locked[job_id].kind for job_id, tally in batch.tallies.items() if tally.stirs(locked[job_id])}
    rings = [*(f"ended {job_id}" for job_id in ended), *(f"work {kind}" for kind in sorted(awake))]
    return Settled(batch.dropped, rings, discovery.noted)


def _outboxes(outcomes: Sequence[tuple[ClaimedTask, Outcome]]) -> set[str]:
    """Return the ids of the outboxes that are told of outcomes, or of the end that they may bring about."""
    told = {
        event.outbox_id
        for _, outcome in outcomes
        if isinstance(outcome, Completed | Failed)
        for event in outcome.events
    }
    return told | {task.told_id for task, _ in outcomes if task.told_id is not None}


def discover(
    connection: Connection,
    worker_id: str,
    task: ClaimedTask,
    found: Found,
    *,
    now: float,
    ttl_s: float,
    known: Known,
) -> Settled | None:
    """Add what a task that is still in hand has found so far; None when nobody wants it any more."""
    job = tasks.lock_jobs(connection, [task.job_id]).get(task.job_id)
    held = tasks.still_held(connection, worker_id, [task.id])
    if job is None or job.state != "running" or held.get(task.id) != task.attempt:
        return None
    discovery = Discovery(connection, now)
    tally = tasks.Tally()
    discovery.add(job, task.spec_id, found, known.of(job.id), tally)
    tally.wake(job, now)
    tasks.settle(connection, {job.id: tally}, now=now, ttl_s=ttl_s)
    return Settled(0, [f"work {job.kind}"] if tally.added else [], discovery.noted)


def _decide(discovery: Discovery, task: ClaimedTask, outcome: Outcome) -> Outcome:
    """Return the outcome; of two pages that turned out to be the same one, the later is no document."""
    if not isinstance(outcome, Completed | Failed) or not outcome.found.identities:
        return outcome
    first = discovery.are_new(task.job_id, outcome.found.identities)
    if first or isinstance(outcome, Failed):
        return outcome
    # What it links to is kept: this may be the shorter way to it.
    found = replace(outcome.found, identities=())
    error = errors.RacedRedirect("The page redirects to one that the crawl has already.")
    return Failed(error, found=found, news=outcome.news)


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
        self.snapshots: list[snapshots.Snapshot] = []
        self.tallies: dict[str, Tally] = defaultdict(tasks.Tally)
        self.announced: dict[str, list[str]] = {}
        self.usage: dict[tuple[str, str], int] = defaultdict(int)
        self.notes: dict[str, list[str]] = defaultdict(list)

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
                if outcome.snapshot is not None:
                    self.snapshots.append(outcome.snapshot)
                self._take_events(outcome.events)
                self.notes[task.job_id] += outcome.found.notes
            case Failed():
                self.failed.append((task.id, encode_error(outcome.error)))
                tally.failed += 1
                self._take_events(outcome.events)
                self.notes[task.job_id] += outcome.found.notes
            case Snoozed():
                self.returned.append((task.id, outcome.until, outcome.tries))
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
