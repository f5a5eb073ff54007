import asyncio

from engine.scenes import WORKER, job_row, submission
from webkiln import ids
from webkiln.engine.outcome import Completed
from webkiln.engine.submitting import Submission
from webkiln.store import jobs, requests
from webkiln.store.requests import Once


def with_key(made, body=b"body", answer=b"[1]"):
    return Submission(made.job, b"{}", made.payloads, once=Once("key", body, answer))


async def test_of_two_requests_at_once_one_makes_the_job(lifecycle, clock, database):
    """More than one chunk each, so that both are half stored when the first of them is done."""
    both = [submission(clock, 6_000), submission(clock, 6_000)]
    answers = await asyncio.gather(
        *(lifecycle.submit(with_key(one, answer=one.job.id.encode())) for one in both)
    )
    assert sorted(answer is None for answer in answers) == [False, True]
    winner = both[answers.index(None)].job.id
    (earlier,) = [answer for answer in answers if answer is not None]
    assert (earlier.job_id, earlier.answer, earlier.fingerprint) == (winner, winner.encode(), b"body")
    states = {(await job_row(database, one.job.id)).state for one in both}
    assert states == {"running", "staging"}


async def test_the_same_key_of_another_team_is_another_key(lifecycle, clock):
    assert await lifecycle.submit(with_key(submission(clock, 1))) is None
    assert await lifecycle.submit(with_key(submission(clock, 1, team_id=ids.new_id()))) is None


async def test_a_key_is_remembered_for_a_day_even_when_its_job_is_gone(lifecycle, clock, database):
    made = submission(clock, 1, zero_retention=True)
    await lifecycle.submit(with_key(made))
    for task in await lifecycle.claim(WORKER, ["pages"], 1):
        await lifecycle.finish(WORKER, [(task, Completed(b"{}"))])

    async def tidy():
        while await database.write(
            lambda connection: jobs.prune(connection, now=clock(), abandoned_before=clock() - 600, limit=10)
        ):
            continue
        return await database.write(lambda connection: requests.prune(connection, now=clock(), limit=10))

    clock.advance(3_600)
    assert await tidy() == 0
    again = submission(clock, 1)
    assert (await lifecycle.submit(with_key(again))).job_id == made.job.id
    clock.advance(86_400)
    assert await tidy() == 1
    assert await lifecycle.submit(with_key(submission(clock, 1))) is None


async def test_only_so_many_keys_are_forgotten_at_once(lifecycle, clock, database):
    for number in range(3):
        made = submission(clock, 1)
        await lifecycle.submit(Submission(made.job, b"{}", made.payloads, once=Once(f"{number}", b"", b"")))
    clock.advance(86_401)
    assert await database.read(lambda connection: requests.needs_prune(connection, now=clock()))
    counts = [
        await database.write(lambda connection: requests.prune(connection, now=clock(), limit=2))
        for _ in range(3)
    ]
    assert counts == [2, 1, 0]
