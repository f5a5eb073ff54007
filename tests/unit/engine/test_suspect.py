import contextlib
import subprocess
import sys

import pytest

from engine.scenes import OTHER_WORKER, WORKER, submission
from webkiln import ids
from webkiln.engine.executor import MAX_CRASHES
from webkiln.engine.suspect import Suspect, at_work, read_suspects, wipe_suspects
from webkiln.store import leases

FIRST, SECOND = ids.new_ids(2)


@pytest.fixture
def suspect(tmp_path):
    mark = Suspect(tmp_path, "slot")
    yield mark
    mark.close()


def test_the_mark_stands_while_the_work_lasts(suspect, tmp_path):
    assert read_suspects(tmp_path, "slot") == []
    with suspect.marking(FIRST):
        assert read_suspects(tmp_path, "slot") == [FIRST]
    assert read_suspects(tmp_path, "slot") == []


def test_a_failure_lifts_the_mark(suspect, tmp_path):
    with pytest.raises(ZeroDivisionError), suspect.marking(FIRST):
        raise ZeroDivisionError
    assert read_suspects(tmp_path, "slot") == []


def test_children_at_work_are_named_only_where_nobody_had_the_loop(suspect, tmp_path):
    """They have processes of their own to die in; but the worker may be ended for what they take."""
    with suspect.beside(FIRST):
        assert read_suspects(tmp_path, "slot") == [FIRST]
        with suspect.marking(SECOND):
            assert read_suspects(tmp_path, "slot") == [SECOND]
            assert at_work(suspect.path) == SECOND
        with suspect.beside(SECOND):
            assert sorted(read_suspects(tmp_path, "slot")) == [FIRST, SECOND]
        assert at_work(suspect.path) is None
    assert read_suspects(tmp_path, "slot") == []


def test_more_children_than_there_are_marks_are_not_told_apart(suspect, tmp_path):
    with contextlib.ExitStack() as stack:
        for task_id in (many := ids.new_ids(20)):
            stack.enter_context(suspect.beside(task_id))
        assert set(read_suspects(tmp_path, "slot")) < set(many)
    assert read_suspects(tmp_path, "slot") == []
    with suspect.beside(FIRST):
        assert read_suspects(tmp_path, "slot") == [FIRST]


def test_a_slot_nobody_was_in_names_nobody(tmp_path):
    assert read_suspects(tmp_path, "slot") == []
    wipe_suspects(tmp_path, "slot")


@pytest.mark.parametrize("left", [b"", b"garbage", b"\xff" * 72, b"x" * 500])
def test_what_is_no_mark_names_nobody(tmp_path, left):
    (tmp_path / "slot").write_bytes(left)
    assert read_suspects(tmp_path, "slot") == []
    mark = Suspect(tmp_path, "slot")
    with mark.marking(FIRST):
        assert read_suspects(tmp_path, "slot") == [FIRST]
    mark.close()


CULPRIT = """
import os, signal, sys
from pathlib import Path
from webkiln.engine.suspect import Suspect
with Suspect(Path(sys.argv[1]), "slot").marking(sys.argv[2]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_mark_outlives_the_process(tmp_path):
    subprocess.run([sys.executable, "-c", CULPRIT, str(tmp_path), FIRST], check=False, timeout=60)
    assert read_suspects(tmp_path, "slot") == [FIRST]
    successor = Suspect(tmp_path, "slot")
    assert read_suspects(tmp_path, "slot") == [FIRST]
    wipe_suspects(tmp_path, "slot")
    assert read_suspects(tmp_path, "slot") == []
    successor.close()


async def test_only_the_marked_are_charged_with_the_crash(lifecycle, clock, tmp_path, suspect):
    await lifecycle.submit(submission(clock, 5))
    held = await lifecycle.claim(WORKER, ["pages"], 5)
    for crash in range(1, MAX_CRASHES + 1):
        suspect._map[36:108] = (held[1].id + held[3].id).encode()
        dead = leases.Worker(WORKER if crash == 1 else OTHER_WORKER, "host", "slot")
        if crash > 1:
            await lifecycle.database.write(
                lambda connection, dead=dead: leases.renew(connection, dead.id, clock() + 15)
            )
        await lifecycle.rescue(dead, tmp_path)
        assert read_suspects(tmp_path, "slot") == []
        again = leases.Worker(OTHER_WORKER, "host", "slot")
        await lifecycle.database.write(
            lambda connection, again=again: (
                leases.forget(connection, again.id),
                leases.register(connection, again, now=clock(), lease_until=clock() + 15),
            )
        )
        taken = {task.id: task for task in await lifecycle.claim(OTHER_WORKER, ["pages"], 5)}
        crashes = [taken[task.id].crashes for task in held]
        assert crashes == [0, crash, 0, crash, 0]
