"""When a worker is taken for one that stands still, told by hand; and one real process that does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from webkiln import ids
from webkiln.engine.heartbeat import _COUNT, Heartbeat
from webkiln.engine.suspect import Suspect
from webkiln.engine.watchdog import LOOK_S, Watchdog

TASK = ids.new_id()


class Worker:
    """A heartbeat that the test makes beat, and a clock that it moves from look to look."""

    def __init__(self, folder):
        self.heartbeat = Heartbeat.make()
        self.suspect = Suspect(folder, "slot")
        self.heartbeat._map[1024:] = os.fsencode(self.suspect.path).ljust(4096, b"\0")
        self.now = 100.0
        self.count = 0

    def beat(self):
        self.count += 1
        _COUNT.pack_into(self.heartbeat._map, 0, self.count)

    def looks(self, watchdog, seconds, *, every_s=LOOK_S):
        """Look for so long; return what was found, and after how many seconds."""
        begun = self.now
        while self.now < begun + seconds:
            self.now += every_s
            if (stuck := watchdog.look(self.now)) is not None:
                return stuck, self.now - begun
        return None


@pytest.fixture
def worker(tmp_path):
    made = Worker(tmp_path)
    yield made
    made.suspect.close()
    made.heartbeat.close()


@pytest.fixture
def watchdog(worker):
    return Watchdog(worker.heartbeat, os.getpid(), silent_s=10)


def test_a_loop_that_turns_is_left_alone(worker, watchdog):
    for _ in range(100):
        worker.beat()
        assert worker.looks(watchdog, 2) is None


def test_a_worker_that_has_not_begun_or_has_ended_is_left_alone(worker, watchdog):
    assert worker.looks(watchdog, 100) is None


def test_a_loop_that_stands_still_for_the_length_of_a_lease_is_found(worker, watchdog):
    worker.beat()
    stuck, after = worker.looks(watchdog, 100)
    assert 10 <= after <= 12
    assert stuck.task is None


def test_one_that_stands_still_under_a_page_is_found_sooner(worker, watchdog):
    worker.beat()
    with worker.suspect.marking(TASK):
        stuck, after = worker.looks(watchdog, 100)
    assert 2 <= after <= 4
    assert stuck.task == TASK


def test_a_page_that_a_child_reads_does_not_count(worker, watchdog):
    worker.beat()
    with worker.suspect.beside(TASK):
        stuck, after = worker.looks(watchdog, 100)
    assert after >= 10
    assert stuck.task is None


def test_time_in_which_nobody_looked_does_not_count(worker, watchdog):
    """The machine slept, or the one who looks was stopped: the worker may be as it was."""
    worker.beat()
    assert worker.looks(watchdog, 3) is None
    worker.now += 3_600
    assert worker.looks(watchdog, 4) is None
    worker.beat()
    assert worker.looks(watchdog, 9) is None


def test_time_in_which_the_worker_was_stopped_does_not_count(worker):
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    watchdog = Watchdog(worker.heartbeat, sleeper.pid, silent_s=10)
    try:
        worker.beat()
        assert worker.looks(watchdog, 5) is None
        sleeper.send_signal(signal.SIGSTOP)
        os.waitpid(sleeper.pid, os.WUNTRACED)
        assert worker.looks(watchdog, 100) is None
        sleeper.send_signal(signal.SIGCONT)
        os.waitpid(sleeper.pid, os.WCONTINUED)
        assert worker.looks(watchdog, 8) is None
        assert worker.looks(watchdog, 8) is not None
    finally:
        sleeper.kill()
        sleeper.wait()


STUCK = """
import asyncio, ctypes, sys
from pathlib import Path
from webkiln.engine.suspect import Suspect
from webkiln.engine.watchdog import heartbeat

async def main(heart):
    suspect = Suspect(Path(sys.argv[1]), "slot")
    beating = asyncio.create_task(heart.beat(suspect.path, every_s=0.01))
    await asyncio.sleep(0.1)
    with suspect.marking(sys.argv[2]):
        ctypes.PyDLL(None).sleep(600)

with heartbeat(silent_s=1.0, level="info", form="json") as heart:
    asyncio.run(main(heart))
"""


def test_a_worker_without_a_supervisor_that_holds_its_interpreter_is_ended_all_the_same(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", STUCK, str(tmp_path), TASK], capture_output=True, timeout=60, check=False
    )
    assert run.returncode == -signal.SIGKILL
    assert TASK.encode() in run.stderr
    assert b"stands still" in run.stderr
    assert Path(tmp_path / "slot").read_bytes().startswith(TASK.encode())
