"""The client commands as programs of their own, with a real server and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from warcio.archiveiterator import ArchiveIterator

from contract.running import clean_environment
from flows.client import until
from flows.crawling import at, expected, portless, status
from smallweb import identity, item_mark

DOCS = "http://kiln.test/docs/"
QUICK = ("--timeout", "2")


class Command:
    """Runs `webkiln`, with nobody at a terminal."""

    def __init__(self, folder, environ):
        self.folder = folder
        self._environ = {**clean_environment(), **environ}
        self._running = []

    def start(self, *arguments):
        running = subprocess.Popen(
            [sys.executable, "-m", "webkiln", *map(str, arguments)],
            cwd=self.folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._running.append(running)
        return running

    def end(self):
        for running in self._running:
            running.kill()
            running.communicate()

    def __call__(self, *arguments):
        running = self.start(*arguments)
        out, notes = running.communicate(timeout=120)
        return running.returncode, out, notes


@pytest.fixture
def command(api, tmp_path):
    asking = Command(tmp_path, {"WEBKILN_API_URL": api.url, "WEBKILN_API_KEY": api.key})
    yield asking
    asking.end()


def index_of(folder):
    return [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines()]


def check_folder(folder, start):
    """See that a folder has each page of a site once, where its index says, and nothing besides."""
    entries = index_of(folder)
    pages = Counter(identity(portless(entry["url"])) for entry in entries)
    assert pages == Counter(expected(start).pages.keys())
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    listed = [entry["file"] for entry in entries]
    assert len(set(listed)) == len(listed)
    assert files - set(listed) <= {"index.jsonl", "errors.jsonl"}
    assert {entry["status"] for entry in entries} <= {200, 404, 410, 500}


def test_a_site_becomes_a_folder_and_an_archive(command, web, tmp_path):
    start = at(web, DOCS)
    code, out, notes = command("crawl", start, "-o", "site/", "--warc", "site.warc.gz", *QUICK)
    assert (code, out) == (0, ""), notes
    check_folder(tmp_path / "site", start)
    with (tmp_path / "site.warc.gz").open("rb") as file:
        records = ArchiveIterator(file, check_digests="raise")
        kept = [
            (record.rec_type, record.rec_headers["WARC-Target-URI"], record.content_stream().read())
            for record in records
        ]
    urls = [entry["url"] for entry in index_of(tmp_path / "site")]
    assert [url for kind, url, _ in kept if kind == "resource"] == urls
    texts = {url: text for kind, url, text in kept if kind == "conversion"}
    for entry in index_of(tmp_path / "site"):
        text = (tmp_path / "site" / entry["file"]).read_bytes()
        assert text.rstrip(b"\n") == texts[entry["url"]].rstrip(b"\n")


def test_without_a_server_the_crawl_runs_here(web, tmp_path):
    settings = {"WEBKILN_ALLOW_NETWORKS": f"{web.address}/32", "WEBKILN_RESOLVE": web.pins}
    start = at(web, DOCS)
    code, out, notes = Command(tmp_path, settings)("crawl", "--local", start, "-o", "site/", *QUICK)
    assert (code, out) == (0, ""), notes
    assert "in this process" in notes
    check_folder(tmp_path / "site", start)


def started_on(running):
    """Read the id of a crawl from the first line that its command writes."""
    return running.stderr.readline().split()[1]


def test_an_interrupt_cancels_the_crawl_and_keeps_what_was_done(command, api, web, tmp_path):
    running = command.start("crawl", at(web, "http://sleepy.test/?ms=400"), "-o", "site/", "--concurrency", 2)
    job_id = started_on(running)
    index = tmp_path / "site/index.jsonl"
    until(lambda: index.read_text().splitlines(), lambda lines: len(lines) >= 2)
    os.kill(running.pid, signal.SIGINT)
    _, notes = running.communicate(timeout=60)
    assert running.returncode == 4, notes
    ended = status(api, job_id)
    assert ended["status"] == "cancelled"
    assert len(index_of(tmp_path / "site")) == ended["completed"] < 61
    assert "Pages that were done by then are kept." in notes
    assert f"cancelled: {ended['completed']} pages done" in notes


def test_a_crawl_is_paused_looked_at_and_goes_on(command, api, web):
    running = command.start("crawl", at(web, "http://sleepy.test/?ms=400"), "--concurrency", 4, "-o", "site/")
    job_id = started_on(running)
    assert command("pause", job_id)[:2] == (0, "paused\n")
    assert "webkiln resume" in command("status", job_id)[1]
    assert status(api, job_id)["paused"] is True
    assert command("resume", job_id)[:2] == (0, "resumed\n")
    _, notes = running.communicate(timeout=60)
    assert running.returncode == 0, notes
    assert len(index_of(command.folder / "site")) == 61
    assert command("status", job_id, "-o", "again/")[0] == 0
    assert len(index_of(command.folder / "again")) == 61
    code, _, notes = command("cancel", job_id)
    assert (code, "already completed" in notes) == (1, True)


def test_a_map_lists_addresses(command, web):
    code, out, notes = command("map", at(web, DOCS))
    assert code == 0, notes
    assert len(out.splitlines()) > 3
    assert all(line.startswith("http://") for line in out.splitlines())
    links = json.loads(command("map", "--json", "--limit", 3, at(web, DOCS))[1])
    assert len(links) == 3


def test_pages_that_were_read_are_found_again(command, web):
    url = web.url("/i/4711")
    code, _, notes = command("scrape", url)
    assert code == 0, notes
    code, found, notes = command("search", "--source", "local", item_mark(4711))
    assert code == 0, notes
    assert f"   {url}\n" in found
    assert command("search", "--source", "local", "zzyzx-nowhere")[:2] == (1, "")


def test_where_no_network_is_open_the_setting_that_would_is_named(web, tmp_path):
    alone = Command(tmp_path, {})
    url = web.url("/i/1")
    commands = (
        ("scrape", url),
        ("scrape", "http://localhost:3999/"),
        ("batch", url, "-o", "out.jsonl"),
        ("map", url),
    )
    for command in commands:
        code, _, notes = alone(*command, "--local")
        assert code != 0
        assert notes.count("WEBKILN_ALLOW_NETWORKS opens others") == 1, (command, notes)


def test_localhost_is_read_where_its_network_is_open(web, tmp_path):
    inside = Command(tmp_path, {"WEBKILN_ALLOW_NETWORKS": "127.0.0.0/8"})
    code, out, notes = inside(
        "scrape", "--local", "--format", "rawHtml", f"http://localhost:{web.http_port}/"
    )
    assert "WEBKILN_ALLOW_NETWORKS" not in notes
    assert "blocked" not in notes
    assert (code, out) != (2, "")
