"""Real processes: what is killed here is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.scripted import until
from webkiln import errors
from webkiln.parsing.job import JobDied, JobFailed, JobOutOfMemory, JobOverdue


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("size", [0, 1, 300_000, 20_000_000])
async def test_a_child_gets_what_is_sent_and_answers(pool, job, size):
    body = os.urandom(min(size, 1_000)) * (size // 1_000 if size > 1_000 else 1)
    answer, returned = await pool.do(job("echo", body, most_bytes=200 << 20, words=["é", "\ud800"]))
    assert answer == {"length": len(body), "asked": {"words": ["é", "\ud800"]}}
    assert returned == body


async def test_nothing_is_started_before_there_is_a_job_and_one_child_does_many(pool, job):
    assert pool.pids == set()
    pids = {(await pool.do(job("pid")))[0]["pid"] for _ in range(3)}
    assert pids == pool.pids
    assert pool.started == 1


async def test_jobs_run_side_by_side_up_to_the_places(pool, job):
    await asyncio.gather(*(pool.do(job("pid", most_bytes=10 << 20)) for _ in range(6)))
    assert pool.started == 2


async def test_a_job_without_end_is_killed_when_its_time_is_over(pool, job):
    """Nothing else ends it: it holds its interpreter."""
    (first,) = {(await pool.do(job("pid")))[0]["pid"]}
    with pytest.raises(JobOverdue) as overdue:
        await pool.do(job("sleep_in_c", limit_s=0.2))
    assert overdue.value.at == "asleep"
    await until(lambda: not is_alive(first))
    assert (await pool.do(job("pid")))[0]["pid"] != first


async def test_a_job_that_nobody_wants_any_more_is_killed(pool, job):
    running = asyncio.create_task(pool.do(job("sleep_in_c")))
    await until(lambda: pool.pids)
    (pid,) = pool.pids
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not is_alive(pid))
    assert pool.pids == set()


async def test_who_stops_waiting_for_a_place_takes_none(pool, job):
    running = [asyncio.create_task(pool.do(job("wait"))) for _ in range(2)]
    await until(lambda: len(pool.pids) == 2)
    waiting = asyncio.create_task(pool.do(job("pid")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    running[0].cancel()
    assert (await pool.do(job("pid")))[0]["pid"]
    running[1].cancel()
    await asyncio.wait(running)


async def test_a_job_takes_no_more_memory_than_it_may(pool, job):
    with pytest.raises(JobOutOfMemory):
        await pool.do(job("hoard", most_bytes=60 << 20))
    assert pool.pids == set()
    assert (await pool.do(job("take", bytes=40 << 20, most_bytes=100 << 20)))[1] == bytes(40 << 20)


async def test_a_child_that_keeps_its_memory_is_replaced(pool, job):
    kept = (await pool.do(job("keep", bytes=100 << 20, most_bytes=150 << 20)))[0]["pid"]
    assert (await pool.do(job("pid")))[0]["pid"] != kept


async def test_an_answer_larger_than_any_page_is_none(pool, job):
    with pytest.raises(JobOutOfMemory):
        await pool.do(job("take", bytes=300 << 20, most_bytes=10 << 30))


async def test_a_death_is_told_and_replaced(pool, job):
    with pytest.raises(JobDied):
        await pool.do(job("die"))
    assert (await pool.do(job("pid")))[0]["pid"]


async def test_a_child_that_died_while_idle_is_not_asked(pool, job):
    pid = (await pool.do(job("pid")))[0]["pid"]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not is_alive(pid))
    await asyncio.sleep(0.05)  # until this process has noticed
    assert (await pool.do(job("pid")))[0]["pid"] != pid


async def test_what_the_function_says_is_said_here(pool, job):
    with pytest.raises(errors.NothingScraped, match="there is none"):
        await pool.do(job("find_nothing"))
    assert pool.started == 1
    assert len(pool.pids) == 1


async def test_a_fault_of_the_function_is_logged_and_told_as_one(pool, job, logs):
    with pytest.raises(JobFailed):
        await pool.do(job("fail"))
    assert pool.pids == set()
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert (line["task"], line["function"]) == ("task", "childs_play:fail")
    assert "ZeroDivisionError" in line["trace"]


async def test_a_child_without_work_ends_after_a_while(pool, job, clock):
    await asyncio.gather(*(pool.do(job("pid", most_bytes=1 << 20)) for _ in range(2)))
    clock.advance(59)
    pool.end_idle()
    (pid, *_) = pool.pids
    clock.advance(2)
    pool.end_idle()
    assert pool.pids == set()
    await until(lambda: not is_alive(pid))


async def test_an_urgent_job_has_a_place_when_all_others_are_taken(pool, job):
    running = [asyncio.create_task(pool.do(job("wait", most_bytes=1 << 20))) for _ in range(4)]
    await until(lambda: len(pool.pids) == 2)
    assert (await pool.do(job("pid", most_bytes=1 << 20, urgent=True)))[0]["pid"]
    for one in running:
        one.cancel()
    await asyncio.wait(running)


PARENT = """
import asyncio, os, sys
from webkiln.parsing.job import Job
from webkiln.parsing.pool import ParsingPool

async def main():
    pool = ParsingPool(1, most_bytes=1 << 28, small_bytes=0)
    asyncio.ensure_future(pool.do(Job("childs_play:sleep_in_c", {}, b"", 60, 1 << 26, "task")))
    while not pool.pids:
        await asyncio.sleep(0.01)
    print(*pool.pids, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_children_end_with_their_worker_however_it_goes():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    worker = subprocess.Popen([sys.executable, "-c", PARENT], env=environment, stdout=subprocess.PIPE)
    child = int(worker.stdout.readline())
    end = time.monotonic() + 30
    while b"childs_play" not in Path(f"/proc/{child}/maps").read_bytes() and time.monotonic() < end:
        if "parsing.child" in Path(f"/proc/{child}/cmdline").read_text():
            break
        time.sleep(0.02)
    time.sleep(0.3)  # until it has said whom it follows
    worker.kill()
    worker.communicate()
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(child)
