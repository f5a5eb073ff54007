from __future__ import annotations

import pytest

from unit.cli.api_server import Job

URLS = [f"https://a.test/{number}" for number in range(20)]


@pytest.fixture(params=["batch/scrape", "crawl"])
def job(server, request):
    server.held = True
    server.jobs["some-id"] = Job(URLS, set(), [], ended=5, noun=request.param)
    return "some-id"


def test_a_job_is_paused_and_goes_on(run, job, server):
    assert run("pause", job).stdout == "paused\n"
    assert server.jobs[job].paused
    assert run("resume", job).stdout == "resumed\n"
    assert not server.jobs[job].paused


def test_what_has_ended_is_not_paused(run, job, server):
    server.jobs[job].ended = len(URLS)
    for command in ("pause", "resume"):
        result = run(command, job)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "already completed" in result.stderr


def test_an_id_nobody_knows(run):
    for command in ("pause", "resume"):
        result = run(command, "unknown")
        assert result.exit_code == 1
        assert "not found" in result.stderr
