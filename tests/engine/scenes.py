"""What engine tests begin with: jobs to submit, and the questions asked of the database after."""

from __future__ import annotations

from sqlalchemy import func, select

from webkiln import ids
from webkiln.engine.submitting import Outbox, Submission
from webkiln.store.jobs import NewJob
from webkiln.store.schema import documents, jobs, tasks

TEAM = "0198a000-0000-7000-8000-000000000001"
WORKER = "0198a000-0000-7000-8000-00000000aaaa"
OTHER_WORKER = "0198a000-0000-7000-8000-00000000bbbb"


class RecordingDoorbell:
    """Keeps what was rung, for tests that ask who was told."""

    def __init__(self):
        self.rung = []

    async def open(self, hear):
        """Nobody listens."""

    def ring(self, message):
        self.rung.append(message)

    async def close(self):
        """Nothing is open."""


def new_job(clock, **more) -> NewJob:
    now = clock()
    values = {
        "id": ids.new_id(),
        "team_id": TEAM,
        "kind": "pages",
        "created_at": now,
        "expires_at": now + 86_400,
    }
    return NewJob(**{**values, **more})


def submission(clock, count, **more) -> Submission:
    return Submission(new_job(clock, **more), b"{}", [f"https://site.test/{n}" for n in range(count)])


def outbox(clock) -> Outbox:
    job = new_job(clock, kind="events", fifo=True, max_concurrency=1)
    return Outbox(job, b"{}", '{"event":"started"}')


async def job_row(database, job_id):
    return await database.read(
        lambda connection: connection.execute(select(jobs).where(jobs.c.id == job_id)).one()
    )


async def task_states(database, job_id):
    query = select(tasks.c.state, func.count()).where(tasks.c.job_id == job_id).group_by(tasks.c.state)
    rows = await database.read(lambda connection: connection.execute(query).all())
    return {row[0]: row[1] for row in rows}


async def document_bodies(database, job_id):
    query = select(documents.c.body).where(documents.c.job_id == job_id).order_by(documents.c.position)
    return await database.read(lambda connection: list(connection.execute(query).scalars()))
