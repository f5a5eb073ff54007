"""With a million tasks queued, PostgreSQL finds the rows of every frequent statement by an index."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import event, text

from engine.conftest import empty
from engine.scenes import OTHER_WORKER, TEAM, WORKER, outbox, submission
from webkiln import ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.outcome import Completed, Event, Failed, Snoozed
from webkiln.engine.settling import settle
from webkiln.engine.submitting import Submission
from webkiln.errors import SiteFailed
from webkiln.store import (
    candidates,
    claims,
    documents,
    hosts,
    job_lists,
    jobs,
    leases,
    pages,
    requests,
    tasks,
    teams,
)
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.hosts import HostLimits

KINDS = ["pages"]
BATCHES, OF_EACH, OTHER_JOBS = 4, 245_000, 40_000
NOW = 1_790_000_000.0

# Hundreds of jobs, workers or hosts are read whole more quickly than by an index; the tables below grow
# with the pages.
GROWING = {"tasks", "documents", "pages", "idempotency", "jobs"}

FILL_TASKS = text("""
    INSERT INTO tasks (id, job_id, spec_id, state, run_at, payload, host)
    SELECT gen_random_uuid(), :job, :job, 'available', :now, 'https://site.test/' || n,
           CASE WHEN :hosts THEN 'host-' || n % 5000 END
    FROM generate_series(1, :count) AS n
""")
FILL_DONE = text("""
    INSERT INTO tasks (id, job_id, spec_id, state, run_at, payload)
    SELECT gen_random_uuid(), :job, :job, 'completed', :now, 'x' FROM generate_series(1, 20000) AS n
""")
FILL_DOCUMENTS = text("""
    INSERT INTO documents (job_id, task_id, position, created_at, body)
    SELECT job_id, id, row_number() OVER () - 1, :now, 'x' FROM tasks WHERE job_id = :job
""")
FILL_JOBS = text("""
    INSERT INTO jobs (id, team_id, kind, state, priority, fifo, zero_retention, created_at, runnable_at,
                      served_at, expires_at, announce_end, submitted, open, running, swept)
    SELECT gen_random_uuid(), :team, 'pages', CASE WHEN n % 20 = 0 THEN 'running' ELSE 'completed' END, 10,
           false, false, n + moment, moment, moment + n, moment + 86400 + n, false, 5,
           CASE WHEN n % 20 = 0 THEN 5 ELSE 0 END, 0, false
    FROM generate_series(1, :count) AS n, CAST(:now AS float8) AS moment
""")
FILL_PAGES = text("""
    INSERT INTO pages (key, fetched_at, status, size, head, body)
    SELECT decode(md5(n::text), 'hex'), :now, 200, 10, 'h', 'b' FROM generate_series(1, 20000) AS n
""")
FILL_KEYS = text("""
    INSERT INTO idempotency (team_id, key, fingerprint, job_id, answer, created_at)
    SELECT :team, n::text, 'f', :team, 'a', :now FROM generate_series(1, 20000) AS n
""")


def fill(connection, batches, polite):
    for job_id in batches:
        connection.execute(
            FILL_TASKS, {"job": job_id, "count": OF_EACH, "now": NOW, "hosts": job_id == polite}
        )
        connection.execute(
            text("UPDATE jobs SET open = :n, submitted = :n WHERE id = :job"), {"n": OF_EACH, "job": job_id}
        )
    connection.execute(FILL_JOBS, {"team": TEAM, "count": OTHER_JOBS, "now": NOW})
    done = ids.new_id()
    connection.execute(FILL_DONE, {"job": done, "now": NOW})
    connection.execute(FILL_DOCUMENTS, {"job": done, "now": NOW})
    connection.execute(FILL_PAGES, {"now": NOW})
    connection.execute(FILL_KEYS, {"team": TEAM, "now": NOW})


class Crowded:
    """A database with a million waiting tasks, and the plans of what is run on it."""

    def __init__(self, database, lifecycle, clock, polite):
        self.database = database
        self.lifecycle = lifecycle
        self.clock = clock
        self.polite = polite

    async def plans(self, *works):
        """Run each work and take it back; return (statement, nodes of its plan) for all they sent."""
        sent = []

        def keep(_connection, _cursor, statement, parameters, _context, many):
            sent.append((statement, parameters[0] if many else parameters))

        def run(connection):
            event.listen(connection, "before_cursor_execute", keep)
            for work in works:
                work(connection)
            event.remove(connection, "before_cursor_execute", keep)
            found = []
            for statement, parameters in sent:
                explained = connection.exec_driver_sql(
                    f"EXPLAIN (FORMAT JSON) {statement}", tuple(parameters)
                )
                found.append((statement, list(nodes(as_json(explained.scalar_one())[0]["Plan"]))))
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN")
            return found

        return await self.database.migrate(run)


def as_json(plan):
    return json.loads(plan) if isinstance(plan, str) else plan


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def whole_tables(plans, *, but=()):
    return [
        (node["Relation Name"], statement)
        for statement, found in plans
        for node in found
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING - set(but)
    ]


def indexes(plans):
    return {node["Index Name"] for _, found in plans for node in found if "Index Name" in node}


@pytest.fixture(scope="module")
def crowded_module():
    return {}


@pytest.fixture
async def crowded(postgres, clock, crowded_module):
    lifecycle = Lifecycle(postgres, SilentDoorbell(), result_ttl_s=86_400, clock=clock)
    if not crowded_module:
        await postgres.migrate(empty)
        batches = [submission(clock, 1, priority=10) for _ in range(BATCHES)]
        for made in batches:
            await lifecycle.submit(made)
        for worker_id in (WORKER, OTHER_WORKER):
            worker = leases.Worker(worker_id, "host", worker_id[-4:])
            await postgres.write(
                lambda connection, worker=worker: leases.register(
                    connection, worker, now=clock(), lease_until=clock() + 1e9
                )
            )
        crowded_module["polite"] = batches[-1].job.id
        ids_of = [made.job.id for made in batches]
        await postgres.migrate(lambda connection: fill(connection, ids_of, batches[-1].job.id))
        await postgres.migrate(lambda connection: connection.execute(text("ANALYZE")))
    return Crowded(postgres, lifecycle, clock, crowded_module["polite"])


def take(connection, clock, limits=HostLimits(), team_limit=0):  # noqa: B008 (frozen)
    return claims.claim(
        connection, WORKER, kinds=KINDS, slots=64, team_limit=team_limit, host_limits=limits, now=clock()
    )


async def test_the_claim(crowded):
    plans = await crowded.plans(
        lambda connection: take(connection, crowded.clock),
        lambda connection: take(connection, crowded.clock, team_limit=1000),
        lambda connection: candidates.next_due(connection, KINDS),
        lambda connection: leases.holds(connection, WORKER),
    )
    assert whole_tables(plans) == []
    assert "ix_tasks_available" in indexes(plans)


async def test_the_claim_where_hosts_have_limits(crowded):
    limits = HostLimits(2, 0.5)

    def work(connection):
        hosts.next_free(connection, crowded.polite, crowded.clock())
        job = tasks.lock_jobs(connection, [crowded.polite])[crowded.polite]
        claims._Taking(connection, WORKER, limits, crowded.clock()).take([(job, 64)])

    plans = await crowded.plans(work)
    assert whole_tables(plans) == []
    assert "ix_tasks_host_available" in indexes(plans)


async def test_the_finish(crowded):
    lifecycle, clock = crowded.lifecycle, crowded.clock
    box = outbox(clock)
    made = submission(clock, 3, outbox_id=box.job.id, announce_end=True, key_id=TEAM, priority=0)
    await lifecycle.submit(Submission(made.job, b"{}", made.payloads, box))
    held = await lifecycle.claim(WORKER, KINDS, 3)
    assert {task.job_id for task in held} == {made.job.id}
    outcomes = [
        Completed(b"{}", credits=1, events=(Event(box.job.id, "{}"),)),
        Failed(SiteFailed("no")),
        Snoozed(clock() + 1),
    ]
    plans = await crowded.plans(
        lambda connection: settle(
            connection, WORKER, list(zip(held, outcomes, strict=True)), now=clock(), ttl_s=60
        ),
        lambda connection: tasks.rescue(connection, WORKER, suspects=[], now=clock()),
    )
    assert whole_tables(plans) == []
    await lifecycle.cancel(made.job.id)


async def test_the_cancel_and_the_sweep_behind_it(crowded):
    clock = crowded.clock

    def work(connection):
        tasks.lock_jobs(connection, [crowded.polite])
        jobs.cancel(connection, crowded.polite, now=clock(), ttl_s=60)
        jobs.not_running(connection, [crowded.polite])
        jobs.needs_sweep(connection)
        jobs.sweep_cancelled(connection, limit=2_000, now=clock())

    assert whole_tables(await crowded.plans(work)) == []


async def test_status_documents_and_errors(crowded):
    clock, job_id = crowded.clock, crowded.polite
    plans = await crowded.plans(
        lambda connection: jobs.read_job(connection, job_id, team_id=TEAM, kinds=KINDS, now=clock()),
        lambda connection: documents.read_documents(connection, job_id, skip=0, limit=100, max_bytes=9_999),
        lambda connection: documents.read_document(connection, TEAM, team_id=TEAM, now=clock()),
        lambda connection: documents.read_outcome(connection, TEAM),
        lambda connection: documents.read_failures(connection, job_id),
        lambda connection: jobs.read_spec(connection, job_id),
        lambda connection: jobs.spec_of(connection, job_id),
        lambda connection: job_lists.recent(connection, TEAM, KINDS, since=0, before=None, limit=9),
        lambda connection: requests.find(connection, TEAM, "key"),
        lambda connection: teams.find_key(connection, b"digest"),
    )
    assert whole_tables(plans) == []


async def test_stored_pages_and_pruning(crowded):
    page = pages.StoredPage(b"k" * 16, 1.0, 200, b"{}", b"body")
    now = crowded.clock() + 90_000

    def prune(connection):
        jobs.needs_prune(connection, now=now, abandoned_before=now - 600)
        jobs.prune(connection, now=now, abandoned_before=now - 600, limit=2_000)
        requests.needs_prune(connection, now=now)
        requests.prune(connection, now=now, limit=100)

    plans = await crowded.plans(
        lambda connection: pages.find_entries(connection, [b"k" * 16, b"l" * 16]),
        lambda connection: pages.insert_pages(connection, [page] * 7),
        prune,
    )
    assert whole_tables(plans) == []
