from __future__ import annotations

import json
from dataclasses import replace

import pytest
import typer

from unit.cli.api_server import KEY, local
from webkiln.cli.batch import Wanted, read_urls, run_batch
from webkiln.cli.client import ApiError
from webkiln.cli.reach import Target

URLS = [f"https://a.test/{number}" for number in range(25)]


def sources(text):
    return [json.loads(line)["metadata"]["sourceURL"] for line in text.splitlines()]


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text("\ufeff# pages\n\n" + "\r\n".join(URLS) + "\n", encoding="utf-8")
    return path


def test_a_file_of_urls_becomes_lines_of_documents(run, server, listed):
    result = run("batch", listed)
    assert result.exit_code == 0
    assert sources(result.stdout) == URLS
    assert server.bodies[0]["urls"] == URLS
    assert "25 of 25 pages done, 0 failed" in result.stderr


def test_urls_can_come_from_arguments_and_standard_input(run, server):
    result = run("batch", URLS[0], "-", "a.test/x", stdin="https://b.test\n")
    assert result.exit_code == 0
    assert server.bodies[0]["urls"] == [URLS[0], "https://b.test", "a.test/x"]


def test_options_reach_the_server(run, server):
    run("batch", URLS[0], "-f", "html", "--full-page", "--timeout", "5", "--max-concurrency", "3")
    (body,) = server.bodies
    assert body == {
        "urls": [URLS[0]],
        "formats": ["html"],
        "onlyMainContent": False,
        "timeout": 5000,
        "maxConcurrency": 3,
        "integration": "cli",
    }


def test_documents_go_to_a_file_while_the_batch_runs(run, server, listed, tmp_path):
    result = run("batch", listed, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert sources((tmp_path / "out.jsonl").read_text()) == URLS
    assert not (tmp_path / "out.errors.jsonl").exists()
    followed = [path for method, path, _ in server.requests if method == "GET" and "skip=" in path]
    assert len(followed) >= len(URLS) / server.page_size


def test_the_key_stays_with_the_server_it_is_for(run, server, listed):
    assert run("batch", listed).exit_code == 0
    assert {headers["Host"] for _, _, headers in server.requests} == {server.url.removeprefix("http://")}


def test_a_place_that_cannot_be_written_to_leaves_no_batch_behind(run, server, tmp_path):
    result = run("batch", URLS[0], "-o", tmp_path / "none/out.jsonl")
    assert result.exit_code == 1
    assert server.jobs == {}


def test_earlier_results_are_lost_only_to_new_ones(run, server, tmp_path):
    out, errors = tmp_path / "out.jsonl", tmp_path / "out.errors.jsonl"
    server.failing = {URLS[1]}
    run("batch", URLS[0], URLS[1], "-o", out)
    before = out.read_bytes(), errors.read_bytes()
    assert run("batch", URLS[2], "-o", out, WEBKILN_API_KEY="fc-wrong").exit_code == 3
    assert (out.read_bytes(), errors.read_bytes()) == before
    assert run("batch", URLS[2], "-o", out).exit_code == 0
    assert sources(out.read_text()) == [URLS[2]]
    assert not errors.exists()


def test_a_folder_gets_a_file_for_each_page_and_an_index(run, listed, tmp_path):
    run("batch", listed, "-o", f"{tmp_path}/pages/")
    assert (tmp_path / "pages/a.test-3.md").read_text() == "# https://a.test/3\n"
    assert (tmp_path / "pages/a.test-3.links.txt").exists()
    index = [json.loads(line) for line in (tmp_path / "pages/index.jsonl").read_text().splitlines()]
    assert [entry["url"] for entry in index] == URLS
    assert index[3]["files"] == ["a.test-3.md", "a.test-3.html", "a.test-3.links.txt"]


def test_failed_pages_are_counted_named_and_kept(run, server, listed, tmp_path):
    server.failing = set(URLS[3:10])
    result = run("batch", listed, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1
    assert "18 of 25 pages done, 7 failed" in result.stderr
    assert f"{URLS[3]}: The site did not answer" in result.stderr
    assert "and 2 more" in result.stderr
    kept = (tmp_path / "out.errors.jsonl").read_text().splitlines()
    assert [json.loads(line)["url"] for line in kept] == URLS[3:10]


def test_what_is_no_url_is_named(run):
    result = run("batch", URLS[0], "-", stdin="no url\n")
    assert result.exit_code == 1
    assert "Not a URL that can be scraped: no url" in result.stderr
    assert "1 of 1 pages done" in result.stderr


def test_a_warning_is_passed_on(run, server):
    server.warning = "mobile has no effect"
    assert "Warning: mobile has no effect" in run("batch", URLS[0]).stderr


@pytest.mark.parametrize("stumble", ["before", "after", "502", "429"])
def test_a_stumbling_server_loses_and_doubles_nothing(run, server, listed, stumble):
    server.stumbles = [stumble, stumble]
    result = run("batch", listed)
    assert result.exit_code == 0
    assert len(server.jobs) == 1
    assert sources(result.stdout) == URLS


def test_a_source_that_holds_no_urls(run, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"https://a.test/\xe4")
    (tmp_path / "empty.txt").write_text("# nothing\n")
    for argument in ("nonsense", tmp_path / "latin.txt", tmp_path / "empty.txt", tmp_path / "none/urls.txt"):
        assert run("batch", argument).exit_code == 2


def test_urls_are_told_from_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.test").write_text("https://from.file\n")
    assert read_urls(["a.test", "b.test/x?y=1"]) == ["https://from.file", "b.test/x?y=1"]
    for missing in ("./b.test", "/b.test/x", "urls.txt", "lists/urls.txt", "..", "a..b"):
        with pytest.raises(typer.BadParameter, match="neither"):
            read_urls([missing])


async def test_without_a_server_one_is_started_here(server, tmp_path):
    wanted = Wanted(URLS, {"formats": ["markdown"]}, str(tmp_path / "out.jsonl"))
    assert await run_batch(wanted, Target(local=True), local(server)) == 0
    assert sources((tmp_path / "out.jsonl").read_text()) == URLS


async def test_without_a_server_results_need_a_place(server):
    wanted = Wanted(URLS, {"formats": ["markdown"]}, keep=False)
    with pytest.raises(typer.BadParameter, match="-o"):
        await run_batch(wanted, Target(local=True), local(server))
    assert server.jobs == {}


async def test_what_goes_wrong_is_the_same_without_a_server(server, tmp_path):
    wanted = Wanted(URLS, {"formats": ["markdown"]}, str(tmp_path / "out.jsonl"))
    server.on_start = server.jobs.clear
    with pytest.raises(ApiError, match="Job not found"):
        await run_batch(wanted, Target(local=True), local(server))
    with pytest.raises(FileNotFoundError):
        await run_batch(replace(wanted, output="/none/out.jsonl"), Target(local=True), local(server))


async def test_on_a_terminal_documents_stay_on_the_server(server, capsys):
    wanted = Wanted(URLS, {"formats": ["markdown"]}, keep=False)
    assert await run_batch(wanted, Target(server.url, KEY), local(server)) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "webkiln status" in shown.err
    assert {path.partition("?")[2] for _, path, _ in server.requests if "skip" in path} == {"skip=0&limit=1"}


def test_the_batch_is_named_when_its_server_forgets_it(run, server, listed):
    known = []

    def forget():
        known.extend(server.jobs)
        server.jobs.clear()

    server.on_start = forget
    result = run("batch", listed)
    assert result.exit_code == 1
    assert f"webkiln cancel {known[0]}" in result.stderr


def test_a_thousand_pages_pass_through_without_piling_up(run, server, tmp_path):
    server.step, server.page_size = 100, 100
    path = tmp_path / "urls.txt"
    path.write_text("".join(f"https://a.test/{number}\n" for number in range(1000)))
    result = run("batch", path)
    assert len(result.stdout.splitlines()) == 1000
    skips = [query.partition("skip=")[2] for method, query, _ in server.requests if "skip=" in query]
    assert skips == sorted(skips, key=int)
