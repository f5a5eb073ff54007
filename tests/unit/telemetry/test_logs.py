import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
TALK = """
import logging, sys
import structlog
from webkiln.telemetry.logs import set_up_logging

set_up_logging(level=sys.argv[1], form=sys.argv[2], process="serve-1")
log = structlog.get_logger("ours")

def fail(password):
    raise ValueError("the cause")

log.debug("quiet")
log.info("said", job="7")
try:
    fail("hunt" + "er2")
except ValueError:
    log.exception("failed", task="8")
logging.getLogger("theirs").info("chatter")
logging.getLogger("theirs").warning("%s happened", "it")
print("alive")
"""


def talk(level="info", form="json", **more):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-W", "error", "-c", TALK, level, form]
    return subprocess.run(
        command,
        capture_output="stderr" not in more,
        env=environment,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def test_every_line_is_one_object_with_the_process_on_it():
    done = talk()
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("said", "info"),
        ("failed", "error"),
        ("it happened", "warning"),
    ]
    assert {line["process"] for line in lines} == {"serve-1"}
    assert lines[0]["job"] == "7"
    assert lines[0]["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_trace_shows_where_but_not_with_what(form):
    said = talk(form=form).stderr
    assert "ValueError: the cause" in said
    assert "in fail" in said
    assert "hunter2" not in said


def test_what_is_too_low_is_left_out():
    assert [json.loads(line)["event"] for line in talk("error").stderr.splitlines()] == ["failed"]


def test_nothing_goes_to_standard_output():
    assert talk().stdout == "alive\n"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_log_that_cannot_be_written_takes_nobody_down():
    """A log file on the disk that is full, a pipe that nobody reads any more."""
    with FULL.open("w") as full:
        done = talk(stdout=subprocess.PIPE, stderr=full)
    assert (done.returncode, done.stdout) == (0, "alive\n")
    reading, writing = os.pipe()
    os.close(reading)
    done = talk(stdout=subprocess.PIPE, stderr=writing)
    os.close(writing)
    assert (done.returncode, done.stdout) == (0, "alive\n")
