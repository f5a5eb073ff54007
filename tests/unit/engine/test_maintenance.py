import asyncio
import contextlib

import pytest

from engine.scenes import OTHER_WORKER, WORKER, job_row, submission, task_states
from engine.scripted import Flaky, until
from webkiln import ids
from webkiln.engine.lifecycle import Lifecycle
from webkiln.engine.maintenance import Maintenance
from webkiln.engine.outcome import Completed
from webkiln.engine.submitting import Submission
from webkiln.errors import Unavailable
from webkiln.store import job_lists, jobs, leases, page_texts, pages, requests, snapshots
from webkiln.store.blobs import LocalBlobs
from webkiln.store.doorbell import SilentDoorbell
from webkiln.store.page_texts import PageText
from webkiln.store.pages import StoredPage, digest
from webkiln.store.snapshots import Snapshot


@pytest.fixture
def maintenance(lifecycle, tmp_path):
    return Maintenance(
        lifecycle,
        holder=ids.new_id(),
        cache_max_bytes=1_000,
        texts_max_size=1_000,
        blobs=LocalBlobs(tmp_path),
    )


async def alive_again(database, clock, *workers):
    for worker in workers:
        await database.write(lambda connection, worker=worker: leases.renew(connection, worker, clock() + 15))


async def test_a_round_tidies_everything(maintenance, lifecycle, clock, database):
    cancelled = [submission(clock, 3) for _ in range(3)]
    for made in cancelled:
        await lifecycle.submit(made)
        await lifecycle.cancel(made.job.id)
    done = submission(clock, 2)
    await lifecycle.submit(Submission(done.job, b"{}", done.payloads, once=requests.Once("k", b"", b"")))
    held = await lifecycle.claim(WORKER, ["pages"], 2)
    await lifecycle.finish(WORKER, [(task, Completed(b"{}")) for task in held])
    stored = [StoredPage(digest(str(n)), 1.0, 200, b"", b"x" * 300) for n in range(10)]
    await database.write(lambda connection: pages.insert_pages(connection, stored))
    texts = [PageText(WORKER, digest(str(n)), 1.0, "", "", "", "", "x" * 300) for n in range(10)]
    await database.write(lambda connection: page_texts.insert_texts(connection, texts))
    await maintenance.round()
    for made in cancelled:
        assert await task_states(database, made.job.id) == {"cancelled": 3}
    assert await database.read(pages.total_bytes) <= 1_000
    assert 0 < await database.read(page_texts.total_size) <= 1_000
    assert (await job_row(database, done.job.id)).state == "completed"
    clock.advance(90_000)
    await alive_again(database, clock, WORKER, OTHER_WORKER)
    await maintenance.round()
    now = clock()
    assert await database.read(job_lists.open_tasks) == (0, 0)
    assert not await database.read(
        lambda connection: jobs.needs_prune(connection, now=now, abandoned_before=now)
    )
    assert await task_states(database, done.job.id) == {}
    assert not await database.read(lambda connection: requests.needs_prune(connection, now=now))


async def test_a_large_backlog_is_worked_off_in_one_round(maintenance, lifecycle, clock, database):
    made = submission(clock, 5_000)
    await lifecycle.submit(made)
    await lifecycle.cancel(made.job.id)
    for _ in range(250):
        await lifecycle.submit(submission(clock, 0))  # completed as they are made
    clock.advance(86_401)
    await alive_again(database, clock, WORKER, OTHER_WORKER)
    await maintenance.round()
    assert await task_states(database, made.job.id) == {}
    assert await database.read(job_lists.open_tasks) == (0, 0)


async def test_one_of_two_leads(lifecycle, clock, tmp_path):
    first, second = (
        Maintenance(
            lifecycle, holder=ids.new_id(), cache_max_bytes=1, texts_max_size=1, blobs=LocalBlobs(tmp_path)
        )
        for _ in range(2)
    )
    assert await first._leads()
    assert not await second._leads()
    assert await first._leads()
    clock.advance(16)
    assert await second._leads()
    assert not await first._leads()


async def test_an_outage_passes(lifecycle, clock, tmp_path):
    flaky = Flaky(lifecycle.database.path)
    own = Lifecycle(flaky, SilentDoorbell(), result_ttl_s=60, clock=clock)
    keeper = Maintenance(
        own, holder=ids.new_id(), cache_max_bytes=1, texts_max_size=1, blobs=LocalBlobs(tmp_path)
    )
    flaky.away = Unavailable("disk I/O error")
    running = asyncio.create_task(keeper.run())
    await until(lambda: flaky.refused)
    assert not running.done()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await flaky.close()


async def test_snapshots_that_are_old_or_too_many_go(lifecycle, clock, database, tmp_path):
    maintenance = Maintenance(
        lifecycle,
        holder=ids.new_id(),
        cache_max_bytes=0,
        texts_max_size=0,
        blobs=LocalBlobs(tmp_path),
        snapshot_ttl_s=100,
        snapshots_max_bytes=450,
    )
    taken = [Snapshot(WORKER, digest(str(n)), clock() + n, 200, b"", "", b"x" * 100) for n in range(10)]
    await database.write(lambda connection: snapshots.keep(connection, taken))
    await maintenance.round()
    assert await database.read(snapshots.total_bytes) == 400
    clock.advance(108)
    await alive_again(database, clock, WORKER, OTHER_WORKER)
    await maintenance.round()
    assert await database.read(snapshots.total_bytes) == 200
