"""Real processes, small ones: a supervisor has nothing else."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.scripted import until
from webkiln.engine.supervisor import Child, Plan, Supervisor

# Each says that it lives by a line in a file named after itself.
MODULES = {
    "steady": """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
{say}
time.sleep(60)
""",
    "mortal": """
{say}
raise SystemExit(3)
""",
    "deaf": """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
{say}
time.sleep(60)
""",
    "follower": """
import asyncio
from webkiln.engine.supervisor import die_with_parent

async def main():
    die_with_parent()
    {say}
    await asyncio.sleep(60)

asyncio.run(main())
""",
    "stuck": """
import asyncio, ctypes
from pathlib import Path
from webkiln.engine.suspect import Suspect
from webkiln.engine.watchdog import heartbeat

async def main(heart):
    suspect = Suspect(Path(__file__).parent / "suspects", "slot")
    beating = asyncio.create_task(heart.beat(suspect.path, every_s=0.01))
    await asyncio.sleep(0.05)
    {say}
    with suspect.marking("0198a000-0000-7000-8000-00000000cccc"):
        ctypes.PyDLL(None).sleep(600)  # in C, with the interpreter held

with heartbeat(silent_s=1.0, level="error", form="json") as heart:
    asyncio.run(main(heart))
""",
    "heir": """
import os, sys, time
os.write(int(sys.argv[1]), b"here")
time.sleep(60)
""",
}
SAY = "import os; open(__file__[:-3] + '.log', 'a').write(str(os.getpid()) + '\\n')"


@pytest.fixture
def modules(tmp_path, monkeypatch):
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text.replace("{say}", SAY))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def lives(folder, name):
    """Return the ids of the processes of a module, in the order they lived."""
    path = folder / f"{name}.log"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
async def supervise(modules):
    running = []

    def start(*children, drain_s=5.0, silent_s=10.0):
        task = asyncio.create_task(Supervisor(Plan(drain_s, silent_s, list(children))).run())
        running.append(task)
        return task

    yield start
    for task in running:
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
            await task
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)
    for name in MODULES:
        assert not [pid for pid in lives(modules, name) if is_alive(pid)]


async def test_children_run_until_a_signal_and_end_in_good_order(supervise, modules):
    task = supervise(Child("a", ("steady",)), Child("b", ("steady",)))
    await until(lambda: len(lives(modules, "steady")) == 2)
    os.kill(os.getpid(), signal.SIGTERM)
    await task
    assert not any(map(is_alive, lives(modules, "steady")))


async def test_a_child_that_dies_is_started_again_each_time_a_little_later(supervise, modules, logs):
    task = supervise(Child("a", ("mortal",)), Child("b", ("steady",)))
    await until(lambda: len(lives(modules, "mortal")) >= 3)
    deaths = [entry for entry in logs if entry["event"].startswith("process died")]
    assert {(entry["process"], entry["code"]) for entry in deaths} == {("a", 3)}
    assert len(lives(modules, "steady")) == 1
    os.kill(os.getpid(), signal.SIGTERM)
    await task
    count = len(lives(modules, "mortal"))
    await asyncio.sleep(0.5)
    assert len(lives(modules, "mortal")) == count


async def test_a_killed_child_is_replaced(supervise, modules):
    supervise(Child("a", ("steady",)))
    await until(lambda: lives(modules, "steady"))
    os.kill(lives(modules, "steady")[0], signal.SIGKILL)
    await until(lambda: len(lives(modules, "steady")) == 2)


async def test_a_child_that_does_not_end_in_time_is_killed(supervise, modules, logs):
    task = supervise(Child("a", ("deaf",)), Child("b", ("steady",)), drain_s=-4.8)  # 0.2 s in all
    await until(lambda: lives(modules, "deaf") and lives(modules, "steady"))
    os.kill(os.getpid(), signal.SIGTERM)
    await task
    assert not is_alive(lives(modules, "deaf")[0])
    assert [entry["event"] for entry in logs] == ["process did not stop in time, killing it"]


async def test_a_second_ctrl_c_ends_at_once(supervise, modules, logs):
    task = supervise(Child("a", ("deaf",)), drain_s=600)
    await until(lambda: lives(modules, "deaf"))
    os.kill(os.getpid(), signal.SIGINT)
    await until(lambda: [entry for entry in logs if "Ctrl-C again" in entry["event"]])
    assert is_alive(lives(modules, "deaf")[0])
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(task, 60)
    assert not is_alive(lives(modules, "deaf")[0])


async def test_ctrl_c_after_sigterm_ends_at_once_too(supervise, modules):
    task = supervise(Child("a", ("deaf",)), drain_s=600)
    await until(lambda: lives(modules, "deaf"))
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(task, 60)


async def test_a_child_that_cannot_be_started_is_tried_again_and_costs_the_others_nothing(
    supervise, modules, logs
):
    """As when the machine is short of memory or of processes for a moment."""
    too_long = "x" * 1_000_000  # no argument may be so long: the system refuses to start the process
    task = supervise(Child("a", ("mortal", too_long)), Child("b", ("steady",)))
    await until(lambda: sum("cannot be started" in entry["event"] for entry in logs) >= 2)
    assert lives(modules, "mortal") == []
    assert is_alive(lives(modules, "steady")[0])
    os.kill(os.getpid(), signal.SIGTERM)
    await task


async def test_a_signal_before_the_children_have_begun_ends_all_the_same(supervise):
    task = supervise(Child("a", ("steady",)), Child("b", ("steady",)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(task, 20)


async def test_descriptors_are_handed_on_and_let_go_of_at_the_end(supervise):
    reading, writing = os.pipe()
    task = supervise(Child("a", ("heir", str(writing)), (writing,)))
    assert await asyncio.to_thread(os.read, reading, 10) == b"here"
    os.kill(os.getpid(), signal.SIGTERM)
    await task
    assert os.read(reading, 10) == b""  # nobody holds the other end any more
    os.close(reading)


PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-m", "follower"], stdin=subprocess.PIPE, start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


async def test_children_do_not_outlive_a_supervisor_that_is_killed(modules):
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)  # noqa: ASYNC220
    try:
        await until(lambda: lives(modules, "follower"))
        parent.kill()
        parent.wait()
        await until(lambda: not is_alive(lives(modules, "follower")[0]))
    finally:
        with contextlib.suppress(ProcessLookupError):
            parent.kill()
        parent.wait()
        parent.stdout.close()


def test_a_plan_travels_on_a_command_line():
    plan = Plan(2.5, 10.0, [Child("a", ("x", "y z"), (3, 4)), Child("b", ())])
    assert Plan.decode(plan.encode()) == plan


async def test_a_watched_child_whose_loop_stands_still_is_ended_and_started_again(supervise, modules, logs):
    supervise(Child("stuck", ("stuck",), watched=True), silent_s=1.0)
    await until(lambda: len(lives(modules, "stuck")) == 2, within_s=30)
    assert not is_alive(lives(modules, "stuck")[0])
    (said,) = [line for line in logs if "stands still" in line["event"]]
    assert said["process"] == "stuck"
    assert said["task"] == "0198a000-0000-7000-8000-00000000cccc"
