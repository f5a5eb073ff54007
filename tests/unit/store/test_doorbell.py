import asyncio
import os
import subprocess
import sys
import time

import pytest

from engine.scripted import until
from webkiln.store.doorbell import LocalDoorbell


@pytest.fixture
async def hang(tmp_path, monkeypatch):
    """Hang up doorbells of one database, in a temporary folder of their own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    bells = []

    def make():
        bells.append(LocalDoorbell(tmp_path / "webkiln.db"))
        return bells[-1]

    yield make
    for bell in bells:
        await bell.close()


def folder(tmp_path):
    (found,) = (tmp_path / "tmp").iterdir()
    return found


async def test_everybody_hears_a_ring_the_ringer_too(hang):
    first, second, heard = hang(), hang(), []
    await first.open(lambda message: heard.append(("first", message)))
    await first.open(lambda message: heard.append(("first again", message)))
    await second.open(lambda message: heard.append(("second", message)))
    first.ring("ended 7")
    await until(lambda: len(heard) == 3)
    assert sorted(heard) == [("first", "ended 7"), ("first again", "ended 7"), ("second", "ended 7")]


async def test_a_storm_of_rings_drowns_none_of_them(hang):
    """A worker that is busy with a page for a moment still hears the cancel that came in between."""
    ringer, listener, heard = hang(), hang(), []
    await listener.open(heard.append)
    for number in range(500):
        ringer.ring(f"work {number}")
    ringer.ring("cancelled 7")
    await until(lambda: len(heard) == 501)
    assert heard[-1] == "cancelled 7"


async def test_one_who_never_listens_does_not_stop_the_ringer(hang):
    deaf, listener, heard = hang(), hang(), []
    await deaf.open(lambda _: None)
    for ear in deaf._ears:
        asyncio.get_running_loop().remove_reader(ear.descriptor)
    await listener.open(heard.append)
    for number in range(5_000):
        listener.ring(f"work {number}")
        if number % 100 == 0:
            await asyncio.sleep(0)
    listener.ring("cancelled 7")
    await until(lambda: "cancelled 7" in heard)


async def test_a_storm_leaves_the_loop_to_others(hang):
    """However much is rung, each turn of the loop hears a bounded part of it."""
    bell, heard = hang(), []

    def hear(message):
        heard.append(message)
        if len(heard) < 2_000:
            bell.ring("again")  # a ring for every ring: listening until silence would hear them all now

    await bell.open(hear)
    bell.ring("again")
    await until(lambda: heard)
    assert len(heard) < 1_000
    await until(lambda: len(heard) == 2_000)


CHILD = """
import asyncio, os, sys
from pathlib import Path
from webkiln.store.doorbell import LocalDoorbell
import tempfile
tempfile.tempdir = sys.argv[2]

async def main():
    bell = LocalDoorbell(Path(sys.argv[1]))
    await bell.open(lambda message: None)
    print("open", flush=True)
    if sys.argv[3] == "die":
        os._exit(9)
    bell.ring("ended by a child")

asyncio.run(main())
"""


def child(tmp_path, what):
    command = [sys.executable, "-c", CHILD, str(tmp_path / "webkiln.db"), str(tmp_path / "tmp"), what]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


async def test_a_ring_crosses_processes(hang, tmp_path):
    bell, heard = hang(), []
    await bell.open(heard.append)
    assert (await asyncio.to_thread(child, tmp_path, "ring")).stdout == "open\n"
    await until(lambda: heard == ["ended by a child"])


async def test_what_a_killed_process_left_behind_is_cleared_away(hang, tmp_path):
    bell, heard = hang(), []
    await bell.open(heard.append)
    await asyncio.to_thread(child, tmp_path, "die")
    assert len(list(folder(tmp_path).iterdir())) == 2
    bell.ring("work")
    assert len(list(folder(tmp_path).iterdir())) == 1
    await until(lambda: heard == ["work"])


async def test_closing_leaves_nothing_behind(hang, tmp_path):
    bell = hang()
    await bell.open(print)
    await bell.close()
    assert list(folder(tmp_path).iterdir()) == []
    bell.ring("work")  # never fails


async def test_two_databases_do_not_hear_each_other(hang, tmp_path):
    other, heard = LocalDoorbell(tmp_path / "other.db"), []
    await other.open(heard.append)
    bell = hang()
    await bell.open(lambda _: None)
    bell.ring("work")
    other.ring("mine")
    await until(lambda: heard)
    assert heard == ["mine"]
    await other.close()


def claim_folder(bell, mode):
    """Be the other user of the machine who made the folder first."""
    bell._folder.mkdir()
    bell._folder.chmod(mode)


async def test_a_folder_others_can_write_to_is_neither_listened_nor_rung_in(hang):
    bell, heard = hang(), []
    claim_folder(bell, 0o777)
    os.mkfifo(bell._folder / "1-00.bell")
    await bell.open(heard.append)
    bell.ring("cancelled 7")
    assert [path.name for path in bell._folder.iterdir()] == ["1-00.bell"]
    reading = os.open(bell._folder / "1-00.bell", os.O_RDONLY | os.O_NONBLOCK)
    bell.ring("cancelled 7")
    assert os.read(reading, 100) == b""
    os.close(reading)


async def test_a_link_in_place_of_the_folder_is_not_followed(hang, tmp_path):
    bell = hang()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    bell._folder.symlink_to(tmp_path / "elsewhere")
    await bell.open(print)
    assert list((tmp_path / "elsewhere").iterdir()) == []


async def test_what_is_no_bell_in_the_folder_is_left_alone(hang, tmp_path):
    bell, heard = hang(), []
    await bell.open(heard.append)
    (folder(tmp_path) / "notes").write_text("mine")
    (folder(tmp_path) / "link.bell").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_text("untouched")
    bell.ring("work")
    await until(lambda: heard)
    assert (folder(tmp_path) / "notes").read_text() == "mine"
    assert (tmp_path / "target").read_text() == "untouched"


async def test_where_no_folder_can_be_made_the_process_stays_deaf(hang, tmp_path):
    bell = hang()
    (tmp_path / "tmp").rmdir()
    (tmp_path / "tmp").write_text("a file")
    await bell.open(print)
    bell.ring("work")
    (tmp_path / "tmp").unlink()


async def test_a_folder_with_a_very_long_name_will_do(tmp_path, monkeypatch):
    """The paths of sockets end at 108 characters; temporary folders do not."""
    long = tmp_path / ("x" * 200)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    bell, heard = LocalDoorbell(tmp_path / "webkiln.db"), []
    await bell.open(heard.append)
    bell.ring("work")
    await until(lambda: heard == ["work"])
    await bell.close()


async def test_a_folder_that_was_cleaned_away_only_silences(hang, tmp_path):
    bell = hang()
    await bell.open(print)
    for path in folder(tmp_path).iterdir():
        path.unlink()
    folder(tmp_path).rmdir()
    bell.ring("work")


async def test_ringing_is_cheap(hang):
    """A ring a page is nothing; only an order of magnitude is checked, so that no machine is too slow."""
    bell = hang()
    await bell.open(lambda _: None)
    start = time.process_time()
    for _ in range(300):
        bell.ring("work")
    assert time.process_time() - start < 1
