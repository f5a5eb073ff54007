import contextlib
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from webkiln.engine.slots import free_slot, host_name


def test_a_folder_gives_the_host_one_name_for_good(tmp_path):
    name = host_name(tmp_path)
    assert host_name(tmp_path) == name
    assert name.startswith(f"{socket.gethostname()}-")
    assert [path.name for path in tmp_path.iterdir()] == ["node"]


def test_another_folder_gives_another_name(tmp_path):
    """Containers of one machine may call themselves the same."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert host_name(tmp_path / "a") != host_name(tmp_path / "b")


def test_processes_that_begin_together_agree_on_the_name(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        for number in range(10):
            folder = tmp_path / str(number)
            folder.mkdir()
            assert len(set(pool.map(host_name, [folder] * 16))) == 1
            assert [path.name for path in folder.iterdir()] == ["node"]


def test_the_name_fits_its_column(tmp_path):
    assert len(host_name(tmp_path)) <= 255


def test_each_holds_a_place_of_its_own_and_a_free_one_is_taken_again(tmp_path):
    with contextlib.ExitStack() as stack:
        assert stack.enter_context(free_slot(tmp_path)) == "worker-1"
        with free_slot(tmp_path) as second:
            assert second == "worker-2"
            assert stack.enter_context(free_slot(tmp_path)) == "worker-3"
        assert stack.enter_context(free_slot(tmp_path)) == "worker-2"
    with free_slot(tmp_path) as first:
        assert first == "worker-1"


def test_a_place_is_free_again_after_a_failure(tmp_path):
    with pytest.raises(ZeroDivisionError), free_slot(tmp_path):
        raise ZeroDivisionError
    with free_slot(tmp_path) as first:
        assert first == "worker-1"


CHILD = """
import sys
from pathlib import Path
from webkiln.engine.slots import free_slot

with free_slot(Path(sys.argv[1])) as slot:
    print(slot, flush=True)
    sys.stdin.read()
"""


def test_the_place_of_a_killed_process_is_free_and_that_of_a_living_one_is_not(tmp_path):
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "worker-1\n"
        with free_slot(tmp_path) as beside:
            assert beside == "worker-2"
        child.kill()
        child.wait()
        with free_slot(tmp_path) as successor:
            assert successor == "worker-1"
