"""Every statement that runs often finds its rows by an index, however full the tables are."""

import sqlite3

import pytest
from sqlalchemy import Connection, event

from engine.one_store import sqlite_store
from engine.scenes import TEAM, WORKER, outbox, submission
from webkiln.engine.outcome import Completed, Event, Failed, Snoozed
from webkiln.engine.settling import settle
from webkiln.engine.submitting import Submission
from webkiln.errors import SiteFailed
from webkiln.store import (
    candidates,
    claims,
    documents,
    job_lists,
    jobs,
    leases,
    pages,
    requests,
    tasks,
    teams,
)
from webkiln.store.hosts import HostLimits

__all__ = ["sqlite_store"]

# Tables with a row for each worker, duty or team: reading all of one costs nothing.
# The last ones are what others found.
SMALL = {"workers", "leaders", "teams", "runnable", "ranked", "foremost", "line"}
KINDS = ["pages"]


NO_LIMITS = HostLimits()


def take(connection, clock, **more):
    given = {"kinds": KINDS, "slots": 9, "team_limit": 0, "host_limits": NO_LIMITS, "now": clock(), **more}
    return claims.claim(connection, WORKER, **given)


class Watched:
    """Runs work over the database and keeps the statements it sent."""

    def __init__(self, database):
        self.database = database
        self.sent = []

    async def plans(self, *works):
        """Return (statement, step of its plan) for everything that `works` ran."""
        self.sent.clear()
        event.listen(Connection, "before_cursor_execute", self._keep)
        try:
            for work in works:
                await self.database.write(work)
        finally:
            event.remove(Connection, "before_cursor_execute", self._keep)
        assert self.sent
        return await self.database.read(self._explain)

    def _keep(self, _connection, _cursor, statement, parameters, _context, many):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self.sent.append((statement, parameters[0] if many else parameters))

    def _explain(self, connection):
        return [
            (statement, row[3])
            for statement, parameters in self.sent
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.fixture
async def watched(database):
    return Watched(database)


def whole_tables(plans):
    """Return the steps that read a whole table, or a whole index that holds all of its rows."""
    found = []
    for statement, step in plans:
        words = step.split()
        if (
            words[0] == "SCAN"
            and words[1] not in SMALL
            and words[1] != "CONSTANT"
            and not words[1].startswith("(")
        ):
            partial = any(
                name in step
                for name in ("ix_jobs_runnable", "ix_jobs_unswept", "ix_jobs_running", "ix_tasks_claimed")
            )
            if not partial:
                found.append((step, statement))
    return found


async def running(lifecycle, clock, count=3, **more):
    made = submission(clock, count, **more)
    await lifecycle.submit(made)
    return made.job.id, await lifecycle.claim(WORKER, KINDS, count)


async def test_a_claim(watched, lifecycle, clock):
    await lifecycle.submit(submission(clock, 3))
    await lifecycle.submit(submission(clock, 3, fifo=True))

    def claim(connection, limit, hosts=NO_LIMITS):
        return take(connection, clock, team_limit=limit, host_limits=hosts)

    plans = await watched.plans(
        lambda connection: claim(connection, 0),
        lambda connection: claim(connection, 100),
        lambda connection: candidates.next_due(connection, KINDS),
        lambda connection: leases.holds(connection, WORKER),
    )
    assert whole_tables(plans) == []
    assert any("ix_tasks_available" in step for _, step in plans)


async def test_a_claim_that_finds_everything_due_later(watched, lifecycle, clock):
    _, held = await running(lifecycle, clock, 1)
    await lifecycle.finish(WORKER, [(held[0], Snoozed(clock() + 60))])
    await watched.database.write(lambda connection: jobs.set_runnable(connection, held[0].job_id, clock()))
    plans = await watched.plans(lambda connection: take(connection, clock))
    assert whole_tables(plans) == []


async def test_a_finish(watched, lifecycle, clock):
    box = outbox(clock)
    made = submission(clock, 3, outbox_id=box.job.id, announce_end=True, key_id=TEAM)
    await lifecycle.submit(Submission(made.job, b"{}", made.payloads, box))
    held = await lifecycle.claim(WORKER, KINDS, 3)
    outcomes = [
        Completed(b"{}", credits=1, events=(Event(box.job.id, "{}"),)),
        Failed(SiteFailed("no")),
        Snoozed(clock() + 1),
    ]
    plans = await watched.plans(
        lambda connection: settle(
            connection, WORKER, list(zip(held, outcomes, strict=True)), now=clock(), ttl_s=60
        )
    )
    assert whole_tables(plans) == []


async def test_a_cancel_and_the_sweep_behind_it(watched, lifecycle, clock):
    job_id, _ = await running(lifecycle, clock)
    plans = await watched.plans(
        lambda connection: tasks.lock_jobs(connection, [job_id]),
        lambda connection: jobs.cancel(connection, job_id, now=clock(), ttl_s=60),
        jobs.needs_sweep,
        lambda connection: jobs.sweep_cancelled(connection, limit=10, now=clock()),
        lambda connection: jobs.not_running(connection, [job_id]),
    )
    assert whole_tables(plans) == []
    sweeps = [step for statement, step in plans if statement.startswith("UPDATE tasks") and "SEARCH" in step]
    assert any("ix_tasks_available" in step for step in sweeps)
    assert not any(
        "ix_tasks_job" in step for step in sweeps
    )  # that would pass over the finished ones each time


async def test_pruning(watched, lifecycle, clock):
    await running(lifecycle, clock)
    made = submission(clock, 2)
    await lifecycle.submit(Submission(made.job, b"{}", made.payloads, once=requests.Once("k", b"f", b"[]")))
    await lifecycle.finish(
        WORKER, [(task, Completed(b"{}")) for task in await lifecycle.claim(WORKER, KINDS, 2)]
    )
    clock.advance(90_000)
    now = clock()
    plans = await watched.plans(
        lambda connection: jobs.needs_prune(connection, now=now, abandoned_before=now - 600),
        lambda connection: jobs.prune(connection, now=now, abandoned_before=now - 600, limit=100),
        lambda connection: requests.needs_prune(connection, now=now),
        lambda connection: requests.prune(connection, now=now, limit=100),
    )
    assert whole_tables(plans) == []


async def test_leases(watched, lifecycle, clock):
    await running(lifecycle, clock)
    plans = await watched.plans(
        leases.all_workers,
        lambda connection: leases.renew(connection, WORKER, clock() + 15),
        lambda connection: tasks.rescue(connection, WORKER, suspects=[], now=clock()),
        lambda connection: leases.count_alive(connection, clock()),
    )
    assert whole_tables(plans) == []


async def test_reading_how_a_job_stands(watched, lifecycle, clock):
    job_id, held = await running(lifecycle, clock, 2)
    single, _ = await running(lifecycle, clock, 1)
    await lifecycle.finish(WORKER, [(held[0], Completed(b"{}")), (held[1], Failed(SiteFailed("no")))])
    plans = await watched.plans(
        lambda connection: jobs.read_job(connection, job_id, team_id=TEAM, kinds=KINDS, now=clock()),
        lambda connection: documents.read_documents(connection, job_id, skip=0, limit=9, max_bytes=99),
        lambda connection: documents.read_document(connection, held[0].id, team_id=TEAM, now=clock()),
        lambda connection: documents.read_outcome(connection, single),
        lambda connection: documents.read_failures(connection, job_id),
        lambda connection: documents.forget(connection, job_id),
        lambda connection: jobs.read_spec(connection, held[0].spec_id),
        lambda connection: jobs.spec_of(connection, job_id),
    )
    assert whole_tables(plans) == []
    assert any("documents USING INDEX sqlite_autoindex_documents_1" in step for _, step in plans)
    assert any("ix_tasks_failed" in step for _, step in plans)
    assert not any("TEMP B-TREE" in step for statement, step in plans if "FROM specs" not in statement)


async def test_the_figures_of_a_team(watched, clock):
    plans = await watched.plans(
        lambda connection: job_lists.queue_counts(connection, TEAM, KINDS),
        job_lists.open_tasks,
        lambda connection: job_lists.recent(
            connection, TEAM, KINDS, since=0, before=(clock(), TEAM), limit=9
        ),
        lambda connection: teams.find_key(connection, b"digest"),
        lambda connection: teams.add_usage(connection, {(TEAM, TEAM): 1}, "2026-11"),
        lambda connection: teams.used(connection, TEAM, "2026-11"),
        lambda connection: teams.history(connection, TEAM, by_key=True),
        lambda connection: requests.find(connection, TEAM, "key"),
    )
    assert whole_tables(plans) == []


async def test_stored_pages(watched):
    page = pages.StoredPage(b"k" * 16, 1.0, 200, b"{}", b"body")
    plans = await watched.plans(
        lambda connection: pages.find_entries(connection, [b"k" * 16, b"l" * 16]),
        lambda connection: pages.insert_pages(connection, [page] * 7),
        lambda connection: pages.read_page(connection, 1),
        lambda connection: pages.shrink(connection, max_bytes=1, limit=10),
    )
    allowed = (
        "SCAN pages USING COVERING INDEX ix_pages_size",
        "SCAN pages",
    )  # the sum; the oldest in order of id
    assert [step for step, _ in whole_tables(plans) if step not in allowed] == []
    sums = [step for statement, step in plans if "sum(" in statement]
    assert set(sums) == {"SCAN pages USING COVERING INDEX ix_pages_size"}


async def steps_of(database, work):
    """Return how many steps of SQLite's machine a transaction takes."""

    def counted(connection):
        raw = connection.connection.driver_connection
        steps = [0]

        def step():
            steps[0] += 1

        raw.set_progress_handler(step, 1)
        try:
            work(connection)
        finally:
            raw.set_progress_handler(None, 0)
        return steps[0]

    return await database.write(counted)


@pytest.mark.parametrize("what", ["cancel", "claim", "finish", "status"])
async def test_what_it_costs_does_not_grow_with_the_batch(lifecycle, clock, database, what):
    costs = []
    for count in (100, 20_000):
        made = submission(clock, count)
        await lifecycle.submit(made)
        held = await lifecycle.claim(WORKER, KINDS, 20)
        works = {
            "cancel": lambda connection, job=made.job.id: jobs.cancel(connection, job, now=clock(), ttl_s=60),
            "claim": lambda connection: take(connection, clock, slots=20),
            "finish": lambda connection, held=held: settle(
                connection, WORKER, [(task, Completed(b"{}")) for task in held], now=clock(), ttl_s=60
            ),
            "status": lambda connection, job=made.job.id: jobs.read_job(
                connection, job, team_id=TEAM, kinds=KINDS, now=clock()
            ),
        }
        costs.append(await steps_of(database, works[what]))
        await lifecycle.cancel(made.job.id)
    assert costs[1] <= costs[0] * 1.5 + 100
    assert sqlite3.sqlite_version_info >= (3, 35)  # RETURNING
