from __future__ import annotations

import json

import pytest

from unit.cli.api_server import KEY, Job
from webkiln.cli.reach import Target
from webkiln.cli.rejoin import follow_job

URLS = [f"https://a.test/{number}" for number in range(20)]


@pytest.fixture(params=["batch/scrape", "crawl"])
def job(server, request):
    server.jobs["some-id"] = Job(URLS, {URLS[2]}, [], ended=5, noun=request.param)
    return "some-id"


def sources(text):
    return [json.loads(line)["metadata"]["sourceURL"] for line in text.splitlines()]


def test_a_job_that_runs_is_followed_from_its_first_document_on(run, job):
    result = run("follow", job)
    assert result.exit_code == 1
    assert sources(result.stdout) == [url for url in URLS if url != URLS[2]]
    assert "pages done, 1 failed" in result.stderr


def test_a_folder_is_as_the_job_would_have_made_it(run, job, server, tmp_path):
    run("follow", job, "-o", f"{tmp_path}/out/")
    name = "a.test/3.md" if server.jobs[job].noun == "crawl" else "a.test-3.md"
    assert (tmp_path / "out" / name).read_text() == f"# {URLS[3]}\n"


def test_a_job_that_has_ended_is_read_all_the_same(run, job, server):
    server.jobs[job].cancelled = True
    result = run("follow", job)
    assert result.exit_code == 4
    assert len(result.stdout.splitlines()) == 4


def test_an_id_nobody_knows(run):
    result = run("follow", "unknown")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "not found" in result.stderr


async def test_on_a_terminal_documents_stay_on_the_server(server, job, capsys):
    target = Target(server.url, KEY)
    assert await follow_job(job, target, None, json=False, keep=False) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"webkiln status {job}" in shown.err
