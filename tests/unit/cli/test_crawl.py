from __future__ import annotations

import json
from dataclasses import replace

import pytest
import typer
from warcio.archiveiterator import ArchiveIterator

from unit.cli.api_server import KEY, local
from webkiln.cli.crawl import Wanted, run_crawl
from webkiln.cli.reach import Target

START = "https://a.test/"
PAGES = [START, *(f"https://a.test/guide/{number}" for number in range(24))]
PLAIN = {"scrapeOptions": {"formats": ["markdown"], "onlyMainContent": True}}


@pytest.fixture
def site(server):
    server.site = PAGES
    return server


def sources(text):
    return [json.loads(line)["metadata"]["sourceURL"] for line in text.splitlines()]


def test_a_site_becomes_a_folder_that_mirrors_it(run, site, tmp_path):
    result = run("crawl", START, "-o", f"{tmp_path}/site/")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert (tmp_path / "site/a.test/index.md").read_text() == f"# {START}\n"
    assert (tmp_path / "site/a.test/guide/3.md").read_text() == "# https://a.test/guide/3\n"
    index = [json.loads(line) for line in (tmp_path / "site/index.jsonl").read_text().splitlines()]
    assert [entry["url"] for entry in index] == PAGES
    assert site.bodies == [{"url": START, **PLAIN, "integration": "cli"}]


def test_what_happens_is_told(run, site, tmp_path):
    result = run("crawl", START, "-o", f"{tmp_path}/site/")
    (job_id,) = site.jobs
    lines = result.stderr.splitlines()
    assert lines[0] == f"Crawl {job_id} of {START} on {site.url}, at most 10000 pages; Ctrl-C ends it."
    assert lines[1].startswith("completed: 25 pages done, 0 failed, in 0:0")
    assert lines[2] == f"Results: {tmp_path}/site/ (index.jsonl tells which page is in which file)"


def test_every_option_reaches_the_server_under_its_name(run, site):
    arguments = ["--limit", 30, "--max-depth", 2, "--include", "guide/", "--include", "api/"]
    arguments += ["--exclude", "old", "--entire-domain", "--subdomains", "--external", "--sitemap", "skip"]
    arguments += ["--ignore-robots", "--ignore-query", "--delay", 0.5, "--concurrency", 3]
    arguments += ["-f", "html", "-f", "links", "--full-page", "--timeout", 5]
    run("crawl", START, *arguments)
    assert site.bodies == [
        {
            "url": START,
            "limit": 30,
            "maxDiscoveryDepth": 2,
            "includePaths": ["guide/", "api/"],
            "excludePaths": ["old"],
            "crawlEntireDomain": True,
            "allowSubdomains": True,
            "allowExternalLinks": True,
            "sitemap": "skip",
            "ignoreRobotsTxt": True,
            "ignoreQueryParameters": True,
            "delay": 0.5,
            "maxConcurrency": 3,
            "scrapeOptions": {"formats": ["html", "links"], "onlyMainContent": False, "timeout": 5000},
            "integration": "cli",
        }
    ]


@pytest.mark.parametrize("wrong", [["--limit", "0"], ["--delay", "61"], ["--sitemap", "none"], []])
def test_what_cannot_be_meant_is_refused(run, site, wrong):
    assert run("crawl", *([START] if wrong else []), *wrong).exit_code == 2
    assert site.bodies == []


@pytest.mark.usefixtures("site")
def test_documents_can_be_lines_in_a_file_or_a_pipe(run, tmp_path):
    assert sources(run("crawl", START).stdout) == PAGES
    run("crawl", START, "-o", tmp_path / "out.jsonl")
    assert sources((tmp_path / "out.jsonl").read_text()) == PAGES


def test_failed_and_forbidden_pages_are_named(run, site, tmp_path):
    site.failing = set(PAGES[3:5])
    site.forbidden = ["https://a.test/private"]
    result = run("crawl", START, "-o", f"{tmp_path}/site/")
    assert result.exit_code == 1
    assert "completed: 23 pages done, 2 failed" in result.stderr
    assert f"{PAGES[3]}: The site did not answer" in result.stderr
    assert "robots.txt forbids them: 1\n  https://a.test/private" in result.stderr
    kept = (tmp_path / "site/errors.jsonl").read_text().splitlines()
    assert [json.loads(line)["url"] for line in kept] == PAGES[3:5]


def test_what_leads_out_of_the_crawl_has_not_failed(run, site, tmp_path):
    site.outside = [f"https://a.test/out/{number}" for number in range(7)]
    result = run("crawl", START, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert "completed: 25 pages done, 0 failed" in result.stderr
    assert "lead out of the crawl: 7\n  https://a.test/out/0\n" in result.stderr
    assert "  … and 2 more" in result.stderr
    assert len((tmp_path / "out.errors.jsonl").read_text().splitlines()) == 7


def test_warnings_of_the_start_are_passed_on(run, site):
    site.warning = "The crawl ends with 3 pages"
    assert "Warning: The crawl ends with 3 pages" in run("crawl", START).stderr


@pytest.mark.parametrize("stumble", ["before", "after", "502"])
def test_a_stumbling_server_loses_and_doubles_nothing(run, site, stumble):
    site.stumbles = [stumble, stumble]
    assert sources(run("crawl", START).stdout) == PAGES
    assert len(site.jobs) == 1


def test_a_place_that_cannot_be_written_to_leaves_no_crawl_behind(run, site, tmp_path):
    (tmp_path / "file").touch()
    for place in (["-o", tmp_path / "file/site/"], ["--warc", tmp_path / "none/site.warc.gz"]):
        assert run("crawl", START, *place).exit_code == 1
    assert site.jobs == {}


def test_an_archive_has_what_a_folder_beside_it_has_not(run, site, tmp_path):
    result = run("crawl", START, "-o", f"{tmp_path}/site/", "--warc", tmp_path / "site.warc.gz")
    assert result.exit_code == 0
    assert site.bodies[0]["scrapeOptions"]["formats"] == ["markdown", "rawHtml"]
    assert not list((tmp_path / "site").rglob("*.raw.html"))
    with (tmp_path / "site.warc.gz").open("rb") as file:
        kinds = [(record.rec_type, record.rec_headers["WARC-Target-URI"]) for record in ArchiveIterator(file)]
    assert kinds[0] == ("warcinfo", None)
    assert [url for kind, url in kinds if kind == "resource"] == PAGES
    assert [url for kind, url in kinds if kind == "conversion"] == PAGES


def test_an_archive_alone_prints_nothing_and_formats_that_were_asked_for_stay(run, site, tmp_path):
    assert run("crawl", START, "--warc", tmp_path / "one.warc.gz").stdout == ""
    run("crawl", START, "-f", "rawHtml", "--warc", tmp_path / "two.warc.gz", "-o", f"{tmp_path}/site/")
    assert site.bodies[1]["scrapeOptions"]["formats"] == ["rawHtml", "markdown"]
    assert (tmp_path / "site/a.test/index.raw.html").exists()
    assert not (tmp_path / "site/a.test/index.md").exists()


async def test_without_a_server_one_is_started_here_and_needs_a_place(server, tmp_path):
    server.site = PAGES
    wanted = Wanted(START, PLAIN, ["markdown"], f"{tmp_path}/site/")
    assert await run_crawl(wanted, Target(local=True), local(server)) == 0
    assert (tmp_path / "site/a.test/guide/3.md").exists()
    with pytest.raises(typer.BadParameter, match="-o"):
        await run_crawl(replace(wanted, output=None, keep=False), Target(local=True), local(server))
    assert len(server.jobs) == 1


async def test_on_a_terminal_documents_stay_on_the_server(server, capsys):
    server.site = PAGES
    wanted = Wanted(START, PLAIN, ["markdown"], keep=False)
    assert await run_crawl(wanted, Target(server.url, KEY), local(server)) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"`webkiln status {next(iter(server.jobs))} -o site/` fetches them." in shown.err
