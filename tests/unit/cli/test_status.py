from __future__ import annotations

import json

import pytest

from unit.cli.api_server import Job

URLS = [f"https://a.test/{number}" for number in range(20)]


@pytest.fixture
def job(server):
    server.held = True
    server.jobs["some-id"] = Job(URLS, {URLS[2]}, [], ended=15)
    return "some-id"


def test_a_status_is_shown_in_words(run, job):
    result = run("status", job)
    assert result.exit_code == 0
    shown = dict(line.split(":", 1) for line in result.stdout.splitlines() if not line.startswith(" "))
    assert {name: value.strip() for name, value in shown.items()} == {
        "Batch": "some-id",
        "Status": "scraping",
        "Done": "14",
        "Failed": "1",
        "Done or to come": "19",
        "Credits": "14",
        "Kept until": "2026-08-22T10:00:00.000Z",
    }
    assert f"{URLS[2]}: The site did not answer" in result.stdout


def test_or_as_json_without_the_documents(run, job):
    shown = json.loads(run("status", job, "--json").stdout)
    assert (shown["status"], shown["completed"], shown["failed"]) == ("scraping", 14, 1)
    assert "data" not in shown
    assert shown["errors"][0]["url"] == URLS[2]


def test_documents_can_be_fetched_later(run, job, tmp_path):
    result = run("status", job, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    expected = [url for url in URLS[:15] if url != URLS[2]]
    assert [json.loads(line)["metadata"]["sourceURL"] for line in lines] == expected
    assert (tmp_path / "out.errors.jsonl").exists()


@pytest.mark.parametrize("job_id", ["unknown", "../../v0/health/liveness", "a b?c#d"])
def test_an_id_nobody_knows(run, job_id):
    for command in ("status", "cancel"):
        result = run(command, job_id)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert "not found" in result.stderr


@pytest.fixture
def crawl(server):
    server.held = True
    server.jobs["a-crawl"] = Job(URLS, {URLS[2]}, [], ended=15, noun="crawl")
    return "a-crawl"


def test_a_crawl_is_found_by_its_id_too(run, crawl, server):
    server.forbidden = ["https://a.test/private"]
    shown = run("status", crawl).stdout
    assert shown.startswith("Crawl:           a-crawl\n")
    assert "https://a.test/private: robots.txt forbids it" in shown
    assert json.loads(run("status", crawl, "--json").stdout)["robotsBlocked"] == server.forbidden
    assert run("cancel", crawl).stdout == "cancelled\n"
    assert server.jobs[crawl].cancelled


def test_pages_of_a_crawl_can_be_fetched_as_a_folder_later(run, crawl, tmp_path):
    assert run("status", crawl, "-o", f"{tmp_path}/site/").exit_code == 0
    assert (tmp_path / "site/a.test/3.md").exists()


def test_a_paused_job_says_so_and_how_it_goes_on(run, crawl, server):
    server.jobs[crawl].paused = True
    assert "Paused:          yes; `webkiln resume a-crawl` lets it go on" in run("status", crawl).stdout


def test_cancelling(run, job, server):
    assert run("cancel", job).stdout == "cancelled\n"
    assert server.jobs[job].cancelled
    assert run("cancel", job).exit_code == 0


def test_a_completed_batch_is_not_cancelled(run, job, server):
    server.jobs[job].ended = len(URLS)
    result = run("cancel", job)
    assert result.exit_code == 1
    assert "already completed" in result.stderr
