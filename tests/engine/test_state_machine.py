"""Any order of submit, claim, finish, fail, snooze, cancel, append, crash and expiry keeps the books true."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from engine.conftest import Clock, empty
from engine.scenes import TEAM, outbox, submission
from webkiln import errors, ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Event, Failed, Found, GivenBack, NextTask, Snoozed
from webkiln.engine.submitting import Addition, Submission
from webkiln.store import jobs as job_statements
from webkiln.store import leases
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.schema import documents, jobs, tasks
from webkiln.store.sqlite import SqliteDatabase
from webkiln.store.upgrade import upgrade

KINDS_OF_OUTCOMES = ["done", "failed", "snoozed", "back", "finds", "same"]
FOUND = [
    NextTask(
        f"https://site.test/found/{key}",
        key,
        depth=key % 4,
        priority=key % 4,
        error=errors.RobotsBlocked("no") if key == 5 else None,
    )
    for key in range(12)
]
COUNTERS = ("submitted", "open", "running", "completed", "failed", "cancelled", "documents", "credits")


class Books(RuleBasedStateMachine):
    """Workers hold claims in memory as real ones do; a crash forgets them, a zombie does not."""

    @initialize()
    def begin(self):
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.open()
        self.lifecycle = Lifecycle(self.database, SilentDoorbell(), result_ttl_s=1000, clock=self.clock)
        self.workers = {}
        self.zombies = []
        self.cancelled = {}
        self.boxes = {}
        self.appends = {}
        self.crawls = set()
        self.delivered = []
        for _ in range(2):
            self.new_worker()

    def open(self):
        self.database = SqliteDatabase(Path(self.folder.name) / "books.db")
        self.do(self.database.write(upgrade))

    def close(self):
        self.do(self.database.close())

    def teardown(self):
        if hasattr(self, "loop"):
            self.close()
            self.loop.close()
            self.folder.cleanup()

    def do(self, work):
        return self.loop.run_until_complete(work)

    def new_worker(self):
        worker = leases.Worker(ids.new_id(), "host", f"slot-{len(self.workers)}")
        self.do(
            self.database.write(
                lambda connection: leases.register(
                    connection, worker, now=self.clock(), lease_until=self.clock() + 15
                )
            )
        )
        self.workers[worker] = []

    def rows(self):
        return self.do(self.database.read(lambda connection: connection.execute(select(jobs)).all()))

    def a_job(self, data, *states):
        found = sorted(row.id for row in self.rows() if row.state in states and row.kind == "pages")
        return data.draw(st.sampled_from(found)) if found else None

    @rule(count=st.integers(1, 6), cap=st.none() | st.integers(1, 3), announced=st.booleans())
    def submit(self, count, cap, announced):
        box = outbox(self.clock) if announced else None
        box_id = None if box is None else box.job.id
        made = submission(self.clock, count, max_concurrency=cap, outbox_id=box_id, announce_end=announced)
        self.do(self.lifecycle.submit(Submission(made.job, b"{}", made.payloads, box)))
        if box_id is not None:
            self.boxes[made.job.id] = box_id

    @rule(limit=st.integers(1, 9), level=st.none() | st.just(0))
    def submit_crawl(self, limit, level):
        made = submission(self.clock, 1, page_limit=limit, level=level)
        self.do(self.lifecycle.submit(made))
        self.crawls.add(made.job.id)

    @rule(data=st.data(), paused=st.booleans())
    def pause(self, data, paused):
        job_id = self.a_job(data, "running", "completed", "cancelled")
        if job_id is not None:
            given = {"team_id": TEAM, "kinds": ["pages"], "paused": paused}
            state = self.do(self.lifecycle.pause(job_id, **given))
            row = next(row for row in self.rows() if row.id == job_id)
            assert state in (row.state, None)  # an expired job is not found
            if state == "running":
                assert row.paused == paused

    @rule(data=st.data(), slots=st.integers(1, 8), kind=st.sampled_from(["pages", "pages", "events"]))
    def claim(self, data, slots, kind):
        worker = data.draw(st.sampled_from(sorted(self.workers, key=lambda one: one.id)))
        paused = {row.id for row in self.rows() if row.paused}
        claimed = self.do(self.lifecycle.claim(worker.id, [kind], slots))
        self.workers[worker] += claimed
        assert not paused & {task.job_id for task in claimed}
        if kind == "events":
            assert len({task.job_id for task in claimed}) == len(claimed)  # the head of each outbox alone

    @rule(data=st.data(), kinds=st.lists(st.sampled_from(KINDS_OF_OUTCOMES), max_size=8))
    def finish(self, data, kinds):
        worker = data.draw(st.sampled_from(sorted(self.workers, key=lambda one: one.id)))
        held = self.workers[worker]
        batch = [(task, self.outcome(task, kind)) for task, kind in zip(held, kinds, strict=False)]
        self.workers[worker] = held[len(batch) :]
        self.do(self.lifecycle.finish(worker.id, batch))
        self.delivered += [
            (task.job_id, task.id) for task, outcome in batch if task.kind == "events" and self.ended(outcome)
        ]

    @staticmethod
    def ended(outcome):
        return isinstance(outcome, Completed | Failed)

    def outcome(self, task, kind):
        if task.kind == "events" and kind == "done":
            return Completed()
        if kind in ("finds", "same"):
            found = Found(
                tuple(FOUND[(task.attempt + task.depth) % 3 :]),
                identities=(99,) if kind == "same" else (),
            )
            if task.job_id in self.crawls:
                return Completed(b"{}", credits=2, found=found)
            kind = "done"
        box_id = self.boxes.get(task.job_id)
        events = () if box_id is None else (Event(box_id, f'{{"event":"page","of":"{task.id}"}}'),)
        return {
            "done": Completed(b"{}", credits=2, events=events),
            "failed": Failed(errors.SiteFailed("no")),
            "snoozed": Snoozed(self.clock() + 5),
            "back": GivenBack(),
        }[kind]

    @rule(data=st.data())
    def cancel(self, data):
        job_id = self.a_job(data, "running", "completed", "cancelled")
        if job_id is not None:
            state = self.do(self.lifecycle.cancel(job_id))
            assert state in ("completed", "cancelled")
            row = next(row for row in self.rows() if row.id == job_id)
            assert row.state == state
            if state == "cancelled":
                self.cancelled.setdefault(job_id, row.documents)

    @rule(data=st.data(), count=st.integers(1, 3))
    def append(self, data, count):
        job_id = self.a_job(data, "running", "completed", "cancelled")
        if job_id in self.crawls:
            return  # nothing is ever appended to a crawl
        expired_ids = {
            row.id for row in self.rows() if row.state == "completed" and row.expires_at <= self.clock()
        }
        if job_id is not None:
            added = self.do(self.lifecycle.append(Addition(job_id, b"{}", ["https://site.test/x"] * count)))
            expired = job_id in expired_ids
            assert added == (job_id not in self.cancelled and not expired)
            self.appends[job_id] = self.appends.get(job_id, 0) + added

    @rule(data=st.data(), wakes=st.booleans())
    def crash(self, data, wakes):
        worker = data.draw(st.sampled_from(sorted(self.workers, key=lambda one: one.id)))
        held = self.workers.pop(worker)
        if wakes:
            self.zombies.append((worker, held))
        self.do(self.lifecycle.rescue(worker, Path(self.folder.name)))
        self.new_worker()

    @rule()
    def zombies_report_late(self):
        for worker, held in self.zombies:
            late = self.do(self.lifecycle.finish(worker.id, [(task, Completed(b"late")) for task in held]))
            assert late == len(held)
            assert self.do(self.lifecycle.claim(worker.id, ["pages"], 5)) == []
        self.zombies = []

    @rule()
    def sweep(self):
        self.do(
            self.database.write(
                lambda connection: job_statements.sweep_cancelled(connection, limit=3, now=self.clock())
            )
        )

    @rule(seconds=st.sampled_from([1.0, 6.0, 2000.0]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)

    @rule()
    def prune(self):
        now = self.clock()
        running = {row.id for row in self.rows() if row.state == "running"}
        while self.do(
            self.database.write(
                lambda connection: job_statements.prune(
                    connection, now=now, abandoned_before=now - 600, limit=4
                )
            )
        ):
            continue
        assert running <= {row.id for row in self.rows()}

    @invariant()
    def books_are_true(self):
        if not hasattr(self, "loop"):
            return

        def audit(connection):
            counted = connection.execute(
                select(tasks.c.job_id, tasks.c.state, func.count()).group_by(tasks.c.job_id, tasks.c.state)
            ).all()
            placed = connection.execute(
                select(documents.c.job_id, documents.c.position, documents.c.body)
            ).all()
            return connection.execute(select(jobs)).all(), counted, placed

        rows, counted, placed = self.do(self.database.read(audit))
        for row in rows:
            states = {state: count for job_id, state, count in counted if job_id == row.id}
            assert row.submitted == row.completed + row.failed + row.cancelled + row.open
            assert all(getattr(row, name) >= 0 for name in COUNTERS)
            assert (row.completed, row.failed) == (states.get("completed", 0), states.get("failed", 0))
            assert sorted(place for job_id, place, _ in placed if job_id == row.id) == list(
                range(row.documents)
            )
            if row.kind == "pages":
                assert row.documents == row.completed
                assert row.credits == 2 * row.completed
            if row.page_limit is not None:
                assert row.documents + row.running <= row.page_limit
            if row.state == "running":
                assert row.open == states.get("available", 0) + states.get("running", 0) > 0
                assert row.running == states.get("running", 0)
                assert row.max_concurrency is None or row.running <= row.max_concurrency
            else:
                assert (row.open, row.running) == (0, 0)
            if row.id in self.cancelled:
                assert (row.state, row.documents) == ("cancelled", self.cancelled[row.id])
        assert b"late" not in [body for _, _, body in placed]
        self.nothing_is_met_twice()
        self.events_are_true({row.id: row for row in rows})

    def nothing_is_met_twice(self):
        query = (
            select(tasks.c.job_id, tasks.c.payload)
            .where(tasks.c.job_id.in_(sorted(self.crawls)))
            .group_by(tasks.c.job_id, tasks.c.payload)
            .having(func.count() > 1)
        )
        assert self.do(self.database.read(lambda connection: connection.execute(query).all())) == []

    def events_are_true(self, rows):
        """Every end is announced once, and what is announced goes out in the order it was made."""

        def audit(connection):
            query = select(tasks.c.job_id, tasks.c.id, tasks.c.priority, tasks.c.payload, tasks.c.state)
            return connection.execute(query.where(tasks.c.job_id.in_(list(self.boxes.values())))).all()

        events = self.do(self.database.read(audit))
        for job_id, box_id in self.boxes.items():
            mine = sorted((event for event in events if event.job_id == box_id), key=lambda one: one.priority)
            if box_id not in rows or job_id not in rows:
                continue  # pruned
            assert [event.priority for event in mine] == list(range(rows[box_id].submitted))
            ends = [event.payload for event in mine if '"ended"' in event.payload]
            assert sum('"cancelled"' in end for end in ends) == (rows[job_id].state == "cancelled")
            assert (rows[job_id].state == "completed") <= ('"completed"' in (ends or [""])[-1])
            assert len(ends) <= 1 + self.appends.get(job_id, 0)
            pages = [event.payload for event in mine if '"page"' in event.payload]
            assert len(pages) == len(set(pages)) == rows[job_id].completed
            order = [event.id for event in mine]
            sent = [task_id for box, task_id in self.delivered if box == box_id]
            assert sent == order[: len(sent)]


class Patient:
    """A database that begins again what its server cut off because this process had no turn for a second."""

    def __init__(self, database):
        self._database = database

    async def read(self, work):
        return await self._again(self._database.read, work)

    async def write(self, work, *, durable=True):
        return await self._again(partial(self._database.write, durable=durable), work)

    async def _again(self, run, work):
        for _ in range(3):
            with contextlib.suppress(errors.Unavailable):
                return await run(work)
        return await run(work)


class PostgresBooks(Books):
    """The same books, on the session's PostgreSQL."""

    shared = None

    def open(self):
        self.database = Patient(self.shared)
        self.do(self.database.write(empty))

    def close(self):
        """The next example empties it."""


@pytest.fixture(scope="module", autouse=True)
def shared(postgres):
    PostgresBooks.shared = postgres
    yield
    PostgresBooks.shared = None


TestBooks = Books.TestCase
TestPostgresBooks = PostgresBooks.TestCase
TestBooks.settings = TestPostgresBooks.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
