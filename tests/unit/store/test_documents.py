import pytest
from sqlalchemy.exc import IntegrityError

from engine.scenes import TEAM, WORKER, submission
from webkiln import errors, ids
from webkiln.engine.outcome import Completed, Failed
from webkiln.store import documents


@pytest.fixture
def do(database):
    async def run(statement, *given, **more):
        return await database.write(lambda connection: statement(connection, *given, **more))

    return run


@pytest.fixture
async def job(lifecycle, clock):
    """A job of ten pages whose documents are 10, 20, … 100 bytes long."""
    made = submission(clock, 10)
    await lifecycle.submit(made)
    held = await lifecycle.claim(WORKER, ["pages"], 10)
    outcomes = [(task, Completed(b"x" * 10 * number)) for number, task in enumerate(held, 1)]
    await lifecycle.finish(WORKER, outcomes)
    return made.job.id, held


@pytest.mark.parametrize(
    ("skip", "limit", "max_bytes", "sizes"),
    [
        (0, 3, 1_000, [10, 20, 30]),
        (8, 5, 1_000, [90, 100]),
        (10, 5, 1_000, []),
        (0, 10, 60, [10, 20, 30]),
        (0, 10, 59, [10, 20]),
        (9, 10, 1, [100]),  # the first is always returned
        (0, 0, 1_000, []),
    ],
)
async def test_documents_come_in_pages(do, job, skip, limit, max_bytes, sizes):
    found = await do(documents.read_documents, job[0], skip=skip, limit=limit, max_bytes=max_bytes)
    assert [len(body) for body in found] == sizes


async def test_documents_are_told_apart_by_their_tasks(do, job):
    job_id, held = job
    assert await do(documents.read_pages, job_id) == [(task.id, task.payload) for task in held]
    assert await do(documents.read_pages, ids.new_id()) == []


async def test_a_task_has_one_document(do, job):
    job_id, held = job
    second = documents.NewDocument(job_id, held[0].id, 10, b"again")
    with pytest.raises(IntegrityError):
        await do(documents.insert_documents, [second], 1.0)
    assert len(await do(documents.read_documents, job_id, skip=0, limit=99, max_bytes=9_999)) == 10


async def test_a_page_is_its_teams_until_it_expires(do, job, clock):
    task_id = job[1][0].id

    def read(team_id=TEAM):
        return do(documents.read_document, task_id, team_id=team_id, now=clock())

    assert await read() == b"x" * 10
    assert await read(ids.new_id()) is None
    clock.advance(86_399)
    assert await read() == b"x" * 10
    clock.advance(2)
    assert await read() is None


async def test_documents_can_be_forgotten_before_their_job(do, job):
    await do(documents.forget, job[0])
    assert await do(documents.read_documents, job[0], skip=0, limit=99, max_bytes=9_999) == []


async def test_the_outcome_of_a_single_page(do, lifecycle, clock):
    good, bad, waiting = (submission(clock, 1) for _ in range(3))
    for one in (good, bad, waiting):
        await lifecycle.submit(one)
    for task in await lifecycle.claim(WORKER, ["pages"], 3):
        if task.job_id == good.job.id:
            await lifecycle.finish(WORKER, [(task, Completed(b"doc"))])
        elif task.job_id == bad.job.id:
            await lifecycle.finish(WORKER, [(task, Failed(errors.TlsFailed("no")))])
    assert await do(documents.read_outcome, good.job.id) == (b"doc", None)
    document, error = await do(documents.read_outcome, bad.job.id)
    assert document is None
    assert b"SCRAPE_SSL_ERROR" in error
    assert await do(documents.read_outcome, waiting.job.id) == (None, None)
    assert await do(documents.read_outcome, ids.new_id()) == (None, None)


async def test_failures_are_listed_in_the_order_the_pages_were_made(do, lifecycle, clock):
    made = submission(clock, 20)
    await lifecycle.submit(made)
    held = await lifecycle.claim(WORKER, ["pages"], 20)
    for task in reversed(held[::2]):
        await lifecycle.finish(WORKER, [(task, Failed(errors.SiteFailed("no")))])
    listed = await do(documents.read_failures, made.job.id)
    assert [failure.payload for failure in listed] == [task.payload for task in held[::2]]
    assert {failure.finished_at for failure in listed} == {clock()}
