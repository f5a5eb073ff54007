import os
import signal
import subprocess
import sys

import pytest

from webkiln.fetching.browser import memory

MB = 1024 * 1024
GB = 1024 * MB
# A process of 60 MB with a child of 30.
PARENT = """
import subprocess, sys
held = bytearray(b"x") * (60 << 20)
code = "held = bytearray(b'x') * (30 << 20); print('there', flush=True); input()"
child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
input()
"""


@pytest.fixture
def family():
    """Run both processes; give their numbers."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=pipe, stdout=pipe, stderr=pipe) as parent:
        child = int(parent.stdout.readline())
        yield parent.pid, child
        for pid in (child, parent.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("workers", "cores", "size", "places"),
    [
        (1, 2.0, 16 * GB, 6),
        (2, 2.0, 16 * GB, 3),
        (1, 0.5, 16 * GB, 2),
        (1, 8.0, 1 * GB, 1),
        (1, 8.0, 2 * GB, 5),
        (16, 2.0, 16 * GB, 1),
        (0, 2.0, 16 * GB, 6),
        (1, 2.0, 100 * MB, 1),
    ],
)
def test_there_are_places_for_what_cores_and_memory_allow(workers, cores, size, places):
    assert memory.places_for(workers, cores=cores, memory=size) == places


@pytest.mark.parametrize(
    ("workers", "size", "most"), [(1, 4 * GB, 1664 * MB), (2, 4 * GB, 832 * MB), (1, 1 * GB, 256 * MB)]
)
def test_a_browser_may_hold_its_share(workers, size, most):
    assert memory.most_bytes_for(workers, memory=size) == most


def test_a_cgroup_bounds_what_the_machine_has(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (limit,))
    machine = memory.available_bytes()
    assert machine > 100 * MB
    limit.write_text(f"{64 * MB}\n")
    assert memory.available_bytes() == 64 * MB
    limit.write_text("max\n")
    assert memory.available_bytes() == machine


def test_a_quota_bounds_the_cores(tmp_path, monkeypatch):
    new, old = tmp_path / "cpu.max", (tmp_path / "quota", tmp_path / "period")
    monkeypatch.setattr(memory, "_CGROUP_CPU", new)
    monkeypatch.setattr(memory, "_CGROUP_QUOTA", old)
    cores = memory.available_cores()
    assert cores == len(os.sched_getaffinity(0))
    old[0].write_text("50000")
    old[1].write_text("100000")
    assert memory.available_cores() == 0.5
    old[0].write_text("-1")
    assert memory.available_cores() == cores
    new.write_text("25000 100000\n")
    assert memory.available_cores() == 0.25
    new.write_text("max 100000\n")
    assert memory.available_cores() == cores


def test_a_family_is_counted_together(family):
    parent, child = family
    assert memory.descendants(parent) == [child]
    assert 30 * MB <= memory.own_bytes(child) < 60 * MB <= memory.own_bytes(parent)
    assert memory.tree_bytes(parent) >= 90 * MB


def test_what_has_ended_holds_nothing():
    with subprocess.Popen(["/bin/true"]) as ended:
        pass
    assert (memory.own_bytes(ended.pid), memory.descendants(ended.pid)) == (0, [])


def test_a_process_that_is_too_large_is_ended(family):
    parent, child = family
    assert memory.Watch(parent, page_bytes=200 * MB).look(1) is None
    assert alive(child)
    size = memory.Watch(parent, page_bytes=20 * MB).look(1)
    assert size is not None
    assert size >= 30 * MB
    while alive(child):
        pass
    assert alive(parent)  # the browser itself is never the one


def test_the_largest_is_ended_when_all_together_are_too_large(family, monkeypatch):
    parent, child = family
    monkeypatch.setattr(memory, "_BROWSER_BYTES", -40 * MB)
    watch = memory.Watch(parent, page_bytes=60 * MB)
    assert watch.look(2) is None
    assert watch.look(1) is not None
    while alive(child):
        pass


@pytest.mark.parametrize(("page_mb", "strained"), [(200, False), (50, True)])
def test_a_page_that_takes_much_is_looked_at_again_soon(family, page_mb, strained):
    watch = memory.Watch(family[0], page_bytes=page_mb * MB)
    assert watch.look(1) is None
    assert watch.strained is strained


def test_a_browser_without_processes_has_nothing_to_end():
    with subprocess.Popen(["/bin/true"]) as ended:
        pass
    assert memory.Watch(ended.pid, page_bytes=1).look(1) is None


@pytest.fixture
def lame():
    """Run a browser whose other process can be ended; give both their numbers."""
    code = (
        "import subprocess, sys, time\nprint(subprocess.Popen(sys.argv[1:]).pid, flush=True)\ntime.sleep(60)"
    )
    other = [sys.executable, "-c", "import time; time.sleep(60)"]

    def run(kind):
        command = [sys.executable, "-c", code, *other, kind]
        parent = subprocess.Popen(command, stdout=subprocess.PIPE)
        started.append(parent)
        return parent.pid, int(parent.stdout.readline())

    started = []
    yield run
    for parent in started:
        parent.kill()
        parent.communicate()


@pytest.mark.parametrize("kind", ["--type=zygote", "--utility-sub-type=network.mojom.NetworkService"])
def test_a_browser_ends_when_a_process_that_it_cannot_do_without_has(lame, kind):
    parent, other = lame(kind)
    watch = memory.Watch(parent, page_bytes=GB)
    assert [watch.look(1), watch.look(1)] == [None, None]
    assert alive(parent)
    os.kill(other, signal.SIGKILL)
    while alive(other):
        pass
    assert watch.look(1) is None
    while alive(parent):
        pass


@pytest.mark.parametrize(("kind", "looks"), [("--type=renderer", 3), ("--type=zygote", 1)])
def test_a_browser_stays_when_a_page_s_process_ends_or_one_that_nobody_knew_yet(lame, kind, looks):
    parent, other = lame(kind)
    watch = memory.Watch(parent, page_bytes=GB)
    for _ in range(looks):
        watch.look(1)
    os.kill(other, signal.SIGKILL)
    while alive(other):
        pass
    watch.look(1)
    assert alive(parent)
