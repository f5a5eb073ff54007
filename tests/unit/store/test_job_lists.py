from engine.scenes import TEAM, WORKER, submission
from unit.store.test_jobs import KINDS, ended
from webkiln import ids
from webkiln.engine.outcome import Completed
from webkiln.engine.submitting import Addition
from webkiln.store import job_lists


async def test_the_counts_of_a_teams_queue(lifecycle, clock, database):
    assert await database.read(lambda connection: job_lists.queue_counts(connection, TEAM, KINDS)) == (
        0,
        0,
        None,
    )
    await lifecycle.submit(submission(clock, 5))
    held = await lifecycle.claim(WORKER, KINDS, 2)
    await lifecycle.submit(submission(clock, 5, team_id=ids.new_id()))
    await ended(lifecycle, submission(clock, 1, kind="others"))
    assert await database.read(lambda connection: job_lists.queue_counts(connection, TEAM, KINDS)) == (
        5,
        2,
        None,
    )
    await lifecycle.finish(WORKER, [(task, Completed(b"{}")) for task in held])
    assert await database.read(job_lists.open_tasks) == (8, 0)


async def test_what_a_team_did_lately_is_paged_without_gaps(lifecycle, clock, database):
    made = []
    for number in range(7):
        one = submission(clock, 1)
        await lifecycle.submit(one)
        made.append((clock(), one.job.id))
        if number % 2:
            clock.advance(1)  # pairs of the same moment: the id decides
    seen, before = [], None
    while True:
        page = await database.read(
            lambda connection, before=before: job_lists.recent(
                connection, TEAM, KINDS, since=0, before=before, limit=2
            )
        )
        if not page:
            break
        seen += [job.id for job in page]
        before = (page[-1].created_at, page[-1].id)
    assert seen == [job_id for _, job_id in sorted(made, reverse=True)]


async def test_the_jobs_of_a_team_that_run_with_their_first_spec(lifecycle, clock, database):
    await ended(lifecycle, submission(clock, 1))
    first, other = submission(clock, 1), submission(clock, 1, team_id=ids.new_id())
    for made in (first, other):
        await lifecycle.submit(made)
    await lifecycle.append(Addition(first.job.id, b"more", ["https://site.test/9"]))
    rows = await database.read(
        lambda connection: job_lists.running_with_spec(connection, TEAM, KINDS, limit=9)
    )
    assert rows == [(first.job.id, first.job.created_at, b"{}")]
