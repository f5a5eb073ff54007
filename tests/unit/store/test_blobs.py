"""What both stores promise, and what only a folder can do."""

import asyncio
import contextlib
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

import smalls3
from webkiln import errors
from webkiln.settings import load
from webkiln.store import blobs as room
from webkiln.store.blobs import Blob, LocalBlobs
from webkiln.store.s3_blobs import S3Blobs

NOW = datetime(2026, 11, 25, 15, 20, tzinfo=UTC).timestamp()
HOUR = 3600


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    smalls3.forget_environment(monkeypatch)


@pytest.fixture(scope="module")
def s3():
    with smalls3.spawn() as server:
        yield server


@pytest.fixture
def in_folder(tmp_path):
    return LocalBlobs(tmp_path / "data" / "blobs")


@pytest.fixture
def in_bucket(s3):
    environ = {
        "WEBKILN_BLOB_URL": f"s3://{s3.new_bucket()}/some/prefix",
        "AWS_ENDPOINT_URL": s3.url,
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
    }
    return S3Blobs(load(environ).blob)


@pytest.fixture(params=["in_folder", "in_bucket"])
def blobs(request):
    """Each store in turn."""
    return request.getfixturevalue(request.param)


def put(blobs, data=b"data", media_type="image/png", *, until=NOW + HOUR):
    return blobs.put(data, media_type, expires_at=until)


@pytest.mark.parametrize("size", [0, 1, 7 * 1024 * 1024])
async def test_a_blob_comes_back_as_it_was_put(blobs, size):
    data = os.urandom(size)
    assert await blobs.get(await put(blobs, data), now=NOW) == Blob(data, "image/png")


@pytest.mark.parametrize(
    ("given", "ending", "back"),
    [
        ("image/png", "png", "image/png"),
        ("image/jpeg", "jpeg", "image/jpeg"),
        ("image/webp", "webp", "image/webp"),
        ("application/pdf", "pdf", "application/pdf"),
        ("Text/HTML; charset=utf-8", "html", "text/html"),
        ("application/json", "json", "application/json"),
        ("text/plain", "txt", "text/plain"),
        ("application/octet-stream", "bin", "application/octet-stream"),
        ("application/x-something", "bin", "application/octet-stream"),
        ("../../png", "bin", "application/octet-stream"),
        ("", "bin", "application/octet-stream"),
    ],
)
async def test_the_media_type_follows_from_the_name(blobs, given, ending, back):
    name = await put(blobs, b"x", given)
    assert name.endswith(f".{ending}")
    assert (await blobs.get(name, now=NOW)).media_type == back


async def test_names_are_secrets_under_the_hour_at_which_they_are_gone(blobs):
    names = [await put(blobs) for _ in range(20)]
    assert len(set(names)) == 20
    for name in names:
        hour, secret = re.fullmatch(r"(.+)/([0-9a-f]{40})\.png", name).groups()
        assert hour == "2026-11-25T17"  # the first full hour after 16:20
        assert len(set(secret)) > 5


async def test_a_name_says_when_its_blob_is_gone(blobs):
    assert room.gone_at(await put(blobs)) == NOW + 100 * 60  # 17:00
    secret = "0" * 40
    for name in ("", "x", f"2026-11-25T24/{secret}.png", f"2026-11-25T17/{secret}.exe", f"/{secret}.png"):
        assert room.gone_at(name) is None


async def test_the_same_bytes_are_two_blobs(blobs):
    first, second = await put(blobs), await put(blobs)
    await blobs.delete(first)
    assert await blobs.get(first, now=NOW) is None
    assert (await blobs.get(second, now=NOW)).data == b"data"


async def test_a_blob_is_readable_until_it_expires_and_for_less_than_an_hour_longer(blobs):
    name = await put(blobs, until=NOW + HOUR)
    assert await blobs.get(name, now=NOW + HOUR) is not None
    assert await blobs.get(name, now=NOW + 2 * HOUR) is None
    on_the_hour = await put(blobs, until=NOW + 40 * 60)
    assert on_the_hour.startswith("2026-11-25T16/")
    assert await blobs.get(on_the_hour, now=NOW + 40 * 60 - 0.001) is not None
    assert await blobs.get(on_the_hour, now=NOW + 40 * 60) is None


async def test_deleting_twice_is_no_mistake(blobs):
    name = await put(blobs)
    await blobs.delete(name)
    await blobs.delete(name)
    assert await blobs.get(name, now=NOW) is None


async def test_what_has_expired_can_still_be_deleted(blobs):
    await blobs.delete(await put(blobs, until=NOW - HOUR))
    assert await blobs.prune(NOW, 10) == 0


async def test_pruning_goes_in_steps_and_leaves_what_has_not_expired(blobs):
    kept = [await put(blobs, until=NOW + hours * HOUR) for hours in (1, 2, 30)]
    for hours in (1, 1, 1, 2, 500):
        await put(blobs, until=NOW - hours * HOUR)
    assert [await blobs.prune(NOW, 2) for _ in range(4)] == [2, 2, 1, 0]
    for name in kept:
        assert await blobs.get(name, now=NOW) is not None
    assert await blobs.prune(NOW + 31 * HOUR, 10) == 3


async def test_pruning_an_empty_store_finds_nothing(blobs):
    assert await blobs.prune(NOW, 10) == 0


async def test_two_may_prune_at_once(blobs):
    await asyncio.gather(*(put(blobs, until=NOW - HOUR) for _ in range(20)))
    await asyncio.gather(blobs.prune(NOW, 100), blobs.prune(NOW, 100))
    assert await blobs.prune(NOW, 100) == 0


async def test_many_are_put_and_read_side_by_side(blobs):
    names = await asyncio.gather(*(put(blobs, str(number).encode()) for number in range(30)))
    found = await asyncio.gather(*(blobs.get(name, now=NOW) for name in names))
    assert [blob.data for blob in found] == [str(number).encode() for number in range(30)]


async def test_a_check_leaves_nothing_behind(blobs):
    await blobs.check(NOW)
    assert await blobs.prune(NOW + 100 * HOUR, 10) == 0
    await blobs.close()


TOKEN = "0123456789abcdef" * 2 + "01234567"
HOSTILE = [
    "",
    "/",
    "..",
    "../secret.png",
    f"../{TOKEN}.png",
    "/etc/passwd",
    f"2026-11-25T17/../../secret/{TOKEN}.png",
    f"2026-11-25T17/../{TOKEN}.png",
    f"2026-11-25T17/{TOKEN}.png\0",
    f"2026-11-25T17/{TOKEN}\0.png",
    f"2026-11-25T17/{TOKEN}.png\n",
    f"2026-11-25T17/%2e%2e%2f{TOKEN}.png",
    f"2026-11-25T17%2f{TOKEN}.png",
    f"2026-11-25T17\\{TOKEN}.png",
    f"2026-11-25T17//{TOKEN}.png",
    f"/2026-11-25T17/{TOKEN}.png",
    f"./2026-11-25T17/{TOKEN}.png",
    f"2026-11-25T17/.{TOKEN}.png",
    f"2026-11-25T17/{TOKEN.upper()}.png",
    f"2026-11-25T17/{TOKEN}.exe",
    f"2026-11-25T17/{TOKEN}",
    f"2026-11-25T17/{TOKEN}0.png",
    f"2026-11-25T17/{TOKEN[1:]}.png",
    f"2026-11-25T17/{TOKEN}.png?versionId=1",
    f"2026-13-25T17/{TOKEN}.png",
    f"2026-11-31T17/{TOKEN}.png",
    f"2026-11-25T25/{TOKEN}.png",
    f"0000-11-25T17/{TOKEN}.png",
    f"2026-W48-3T17/{TOKEN}.png",
    f"٢٠٢٦-11-25T17/{TOKEN}.png",
    f"s3://other/2026-11-25T17/{TOKEN}.png",
    f"../other-bucket/2026-11-25T17/{TOKEN}.png",
    f"file:///2026-11-25T17/{TOKEN}.png",
    f"2026-11-25T17/{'a' * 100_000}.png",
    "2026-11-25T17/" * 10_000,
    "\ud800",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_name_reaches_no_file(in_folder, name, monkeypatch):
    monkeypatch.setattr(room.asyncio, "to_thread", None)  # nothing but this goes to the disk
    assert await in_folder.get(name, now=NOW) is None
    await in_folder.delete(name)


async def test_a_hostile_name_reaches_no_bucket(in_bucket, s3):
    before = len(s3.requests)
    for name in HOSTILE:
        assert await in_bucket.get(name, now=NOW) is None
        await in_bucket.delete(name)
    assert s3.requests[before:] == []


async def test_a_name_that_was_never_given_is_none(blobs):
    assert await blobs.get(f"2026-11-25T17/{TOKEN}.png", now=NOW) is None
    await put(blobs)
    assert await blobs.get(f"2026-11-25T17/{TOKEN}.png", now=NOW) is None


# What only a folder can do.


def files(tmp_path):
    return sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())


async def test_the_folder_is_made_with_the_first_blob_and_is_for_nobody_else(in_folder, tmp_path):
    old = os.umask(0)
    try:
        assert await in_folder.prune(NOW, 10) == 0
        assert list(tmp_path.iterdir()) == []
        name = await put(in_folder)
    finally:
        os.umask(old)
    path = tmp_path / "data" / "blobs" / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent, tmp_path / "data"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_pruning_takes_the_hours_away_too(in_folder, tmp_path):
    await put(in_folder, until=NOW - HOUR)
    await put(in_folder)
    await in_folder.prune(NOW, 10)
    assert [path.name for path in (tmp_path / "data" / "blobs").iterdir()] == ["2026-11-25T17"]


async def test_pruning_leaves_what_is_not_ours(in_folder, tmp_path):
    await put(in_folder, until=NOW - HOUR)
    top = tmp_path / "data" / "blobs"
    (top / "2026-11-25T15" / "notes.txt").write_text("mine")
    (top / "2026-1-2T3").mkdir()
    (top / "2026-11-25T11").write_text("a file")
    (tmp_path / "elsewhere").mkdir()
    (top / "2026-11-25T12").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "notes.txt").write_text("mine")
    assert await in_folder.prune(NOW, 10) == 1
    assert (top / "2026-11-25T15" / "notes.txt").read_text() == "mine"
    assert (top / "2026-11-25T11").read_text() == "a file"
    assert (tmp_path / "elsewhere" / "notes.txt").read_text() == "mine"
    assert (top / "2026-1-2T3").is_dir()


CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from webkiln.store import blobs

def die(descriptor):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store = blobs.LocalBlobs(Path(sys.argv[1]))
    kept = await store.put(b"whole", "image/png", expires_at=float(sys.argv[2]))
    print(kept, flush=True)
    os.fsync = die
    await store.put(b"x" * 1_000_000, "image/png", expires_at=float(sys.argv[2]))

asyncio.run(main())
"""


async def test_killed_in_the_middle_leaves_no_half_blob(in_folder, tmp_path):
    command = [sys.executable, "-c", CHILD, str(tmp_path / "data" / "blobs"), str(NOW + HOUR)]
    ended = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    kept = ended.stdout.strip()
    assert (await in_folder.get(kept, now=NOW)).data == b"whole"
    whole, left = sorted(files(tmp_path), key=lambda path: path.name.startswith("."))
    assert str(whole).endswith(kept)
    assert left.name.startswith(".")
    assert not room.is_name(f"{left.parent.name}/{left.name}")
    assert await in_folder.prune(NOW, 10) == 0  # somebody might be writing it
    assert await in_folder.prune(NOW + 2 * HOUR, 10) == 2
    assert files(tmp_path) == []


@contextlib.contextmanager
def files_of_at_most(size):
    """What the kernel refuses beyond this size, it refuses as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_file_that_cannot_be_written_whole_is_not_there_at_all(in_folder, tmp_path):
    with files_of_at_most(100_000), pytest.raises(errors.Unavailable, match="File too large"):
        await put(in_folder, b"x" * 200_000)
    assert files(tmp_path) == []
    assert await in_folder.get(await put(in_folder), now=NOW) is not None


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a full disk takes the right to mount one: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


async def test_a_full_disk_is_an_outage_that_passes(tiny_disk):
    blobs = LocalBlobs(tiny_disk / "blobs")
    kept = await put(blobs, b"x" * 20_000)
    with pytest.raises(errors.Unavailable, match="No space left on device"):
        await put(blobs, b"x" * 100_000)
    assert [path.name for path in files(tiny_disk)] == [kept.partition("/")[2]]
    await blobs.delete(kept)
    assert (await blobs.get(await put(blobs, b"x" * 20_000), now=NOW)).data == b"x" * 20_000


async def test_a_folder_that_is_none_is_an_outage(tmp_path):
    (tmp_path / "blobs").write_text("a file")
    blobs = LocalBlobs(tmp_path / "blobs")
    with pytest.raises(errors.Unavailable, match=f"The folder {tmp_path}/blobs: .*Not a directory"):
        await blobs.check(NOW)
    for doing in (put(blobs), blobs.prune(NOW, 10)):
        with pytest.raises(errors.Unavailable, match="Not a directory"):
            await doing


def test_a_folder_does_not_load_what_s3_takes():
    loads = "import sys; import webkiln.wiring.blobs; print('obstore' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_names_are_cheap_to_judge():
    """Whoever asks for nonsense costs next to nothing; only an order of magnitude is checked."""
    start = time.process_time()
    for _ in range(1_000):
        assert not room.is_name("2026-11-25T17/" + "a" * 10_000)
    assert time.process_time() - start < 1
