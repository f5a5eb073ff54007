"""Ctrl-C, pressed on a real terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.client import until
from unit.cli.api_server import KEY

URLS = [f"https://a.test/{number}" for number in range(20)]
TESTS = Path(__file__).parents[2]


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, server, *arguments):
        self.screen, slave = pty.openpty()
        environ = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "WEBKILN_API_URL": server.url,
            "WEBKILN_API_KEY": KEY,
            "TERM": "xterm",
            "COLUMNS": "100",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text):
        deadline = time.monotonic() + 30
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            try:
                self.seen += os.read(self.screen, 4096).decode(errors="replace")
            except OSError:
                pytest.fail(f"the command ended: {self.seen}")

    def type(self, text):
        os.write(self.screen, text.encode())

    def end(self):
        with contextlib.suppress(OSError):
            while part := os.read(self.screen, 4096):
                self.seen += part.decode(errors="replace")
        return self.process.wait(30)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.screen)


START = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the terminal is ours: Ctrl-C arrives as a signal
from unit.cli.commands import app
app()
"""


@pytest.fixture
def crawling(server, tmp_path):
    """A crawl on a terminal that stands still half way."""
    server.held = True
    server.site = URLS
    running = Terminal(server, "crawl", URLS[0], "-o", f"{tmp_path}/site/")
    running.wait_for("looking for pages")
    next(iter(server.jobs.values())).ended = 10
    running.wait_for("10 done")
    yield running
    running.close()


@pytest.fixture
def terminal(server, tmp_path):
    """A batch on a terminal that stands still half way."""
    server.held = True
    opened = []

    def start(*arguments):
        running = Terminal(server, "batch", *URLS, "-o", str(tmp_path / "out.jsonl"), *arguments)
        opened.append(running)
        running.wait_for("pages/s")
        next(iter(server.jobs.values())).ended = 10
        running.wait_for("10 done")
        return running

    yield start
    for running in opened:
        running.close()


def test_ctrl_c_asks_and_can_cancel(terminal, server, tmp_path):
    running = terminal()
    running.type("\x03")
    running.wait_for("[c]ancel it, [l]eave it running or [g]o on?")
    running.type("c\n")
    assert running.end() == 4
    (job,) = server.jobs.values()
    assert job.cancelled
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 10
    assert "cancelled: 10 of 20 pages done" in running.seen


def test_ctrl_c_can_leave_it_running(terminal, server):
    running = terminal()
    running.type("\x03")
    running.wait_for("?")
    running.type("l\n")
    assert running.end() == 130
    ((job_id, job),) = server.jobs.items()
    assert not job.cancelled
    assert f"webkiln cancel {job_id}" in running.seen


def test_a_second_ctrl_c_leaves_it_running(terminal, server):
    running = terminal()
    running.type("\x03")
    running.wait_for("[g]o on?")
    running.type("\x03")
    assert running.end() == 130
    assert not next(iter(server.jobs.values())).cancelled


def test_after_ctrl_c_it_can_go_on(terminal, server, tmp_path):
    running = terminal()
    running.type("\x03")
    running.wait_for("[g]o on?")
    running.type("\n")
    server.held = False
    assert running.end() == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 20


def test_a_batch_that_ends_during_the_question_stays_completed(terminal, server):
    running = terminal()
    running.type("\x03")
    running.wait_for("[g]o on?")
    next(iter(server.jobs.values())).ended = 20
    running.type("c\n")
    assert running.end() == 0
    assert "20 of 20 pages done" in running.seen


@pytest.mark.parametrize("answer", ["c\n", "\x03"])
def test_a_crawl_is_cancelled_for_real_and_keeps_what_was_done(crawling, server, tmp_path, answer):
    crawling.type("\x03")
    crawling.wait_for("[c]ancel it, [l]eave it running or [g]o on?")
    crawling.type(answer)
    assert crawling.end() == 4
    (job,) = server.jobs.values()
    assert job.cancelled
    assert "Pages that were done by then are kept." in crawling.seen
    assert "cancelled: 10 pages done" in crawling.seen
    assert len((tmp_path / "site/index.jsonl").read_text().splitlines()) == 10


@pytest.mark.parametrize("cancels", ["later", "without an answer"])
@pytest.mark.parametrize("start", ["crawling", "terminal"])
def test_ctrl_c_while_it_is_being_cancelled_ends_at_once(request, server, start, cancels):
    running = request.getfixturevalue(start)
    running = running() if start == "terminal" else running
    server.cancels = cancels
    running.type("\x03")
    running.wait_for("[g]o on?")
    running.type("c\n")
    until(lambda: [method for method, *_ in server.requests], lambda methods: "DELETE" in methods)
    if cancels == "later":
        running.wait_for("Cancelled.")
    running.type("\x03")
    assert running.end() == 130


def test_a_crawl_can_be_left_running(crawling, server):
    crawling.type("\x03")
    crawling.wait_for("?")
    crawling.type("l\n")
    assert crawling.end() == 130
    assert not next(iter(server.jobs.values())).cancelled
