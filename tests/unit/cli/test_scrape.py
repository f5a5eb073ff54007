from __future__ import annotations

import json

import pytest

from unit.cli.api_server import KEY, local
from webkiln.cli.client import ClientError
from webkiln.cli.reach import Target, answers, reach
from webkiln.cli.scrape import Wanted, scrape_pages

A, B = "https://a.test/one", "https://b.test/two"


def test_one_page_is_printed_as_markdown(run, server):
    result = run("scrape", A)
    assert (result.exit_code, result.stdout) == (0, f"# {A}\n")
    assert server.bodies == [
        {"url": A, "formats": ["markdown"], "onlyMainContent": True, "integration": "cli"}
    ]


def test_options_reach_the_server(run, server):
    result = run("scrape", A, "--format", "html", "--full-page", "--timeout", "2.5")
    assert result.stdout == f"<h1>{A}</h1>\n"
    assert server.bodies[0]["formats"] == ["html"]
    assert server.bodies[0]["onlyMainContent"] is False
    assert server.bodies[0]["timeout"] == 2500


def test_lists_are_printed_line_by_line(run):
    assert run("scrape", A, "-f", "links").stdout == f"{A}/a\n{A}/b\n"


def test_several_formats_or_json_are_printed_as_json(run):
    for arguments in (["-f", "links", "-f", "markdown"], ["--json"]):
        shown = json.loads(run("scrape", A, *arguments).stdout)
        assert shown["markdown"] == f"# {A}"
        assert shown["metadata"]["sourceURL"] == A


def test_several_pages_come_in_order_and_named(run):
    assert run("scrape", A, B).stdout == f"<!-- {A} -->\n\n# {A}\n\n<!-- {B} -->\n\n# {B}\n\n"


def test_several_pages_as_json_are_lines(run, tmp_path):
    lines = run("scrape", A, B, "--json").stdout.splitlines()
    assert [json.loads(line)["metadata"]["sourceURL"] for line in lines] == [A, B]
    assert run("scrape", A, B, "--json", "-o", tmp_path / "out.jsonl").stdout == ""
    assert (tmp_path / "out.jsonl").read_text().splitlines() == lines


def test_a_page_can_go_to_a_file_or_a_folder(run, tmp_path):
    run("scrape", A, "-o", tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text() == f"# {A}\n"
    run("scrape", A, B, "-o", tmp_path / "pages")
    assert (tmp_path / "pages/a.test-one.md").read_text() == f"# {A}\n"
    assert (tmp_path / "pages/b.test-two.md").exists()


def test_several_pages_do_not_fit_one_file(run, tmp_path):
    result = run("scrape", A, B, "-o", tmp_path / "page.md")
    assert result.exit_code == 2
    assert not (tmp_path / "page.md").exists()


def test_a_failed_page_is_told_and_the_others_are_printed(run, server):
    server.failing = {A}
    result = run("scrape", A, B)
    assert result.exit_code == 1
    assert f"# {B}" in result.stdout
    assert f"# {A}" not in result.stdout
    assert "The site did not answer" in result.stderr
    assert "SCRAPE_SITE_ERROR" in result.stderr
    assert "\x1b" not in result.stderr


def test_an_error_under_http_200_is_an_error(run):
    result = run("scrape", "https://nodns.test")
    assert result.exit_code == 1
    assert "SCRAPE_DNS_RESOLUTION_ERROR" in result.stderr


def test_what_is_wrong_with_a_request_is_told_in_detail(run):
    result = run("scrape", A, "-f", "screenshot")
    assert result.exit_code == 1
    assert "formats.0: no screenshot" in result.stderr


def test_a_page_that_is_not_there_is_a_page(run):
    result = run("scrape", "https://a.test/missing")
    assert result.exit_code == 0
    assert result.stdout
    assert "HTTP 404" in result.stderr


def test_warnings_of_the_server_are_passed_on(run, server):
    server.warning = "waitFor has no effect"
    assert "Warning: waitFor has no effect" in run("scrape", A).stderr


@pytest.mark.parametrize("key", ["", "fc-wrong"])
def test_a_server_that_does_not_know_the_key(run, key):
    result = run("scrape", A, B, WEBKILN_API_KEY=key)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "--api-key" in result.stderr


def test_a_server_that_is_not_there(run, unused_tcp_port):
    result = run("scrape", A, "--api-url", f"http://127.0.0.1:{unused_tcp_port}")
    assert result.exit_code == 3
    assert "cannot be reached" in result.stderr


def test_a_busy_server_is_asked_again(run, server):
    server.stumbles = ["503"]
    assert run("scrape", A).exit_code == 0


def test_an_address_that_is_no_address(run):
    assert run("scrape", A, "--api-url", "no url").exit_code == 3


async def test_without_a_server_one_is_started_here(server, unused_tcp_port, capsysbinary):
    target = Target(default_url=f"http://127.0.0.1:{unused_tcp_port}")
    wanted = Wanted([A], {"formats": ["markdown"]})
    assert await scrape_pages(wanted, target, local(server)) == 0
    assert capsysbinary.readouterr().out == f"# {A}\n".encode()


async def test_a_server_at_the_default_address_is_used(server):
    target = Target(api_key=KEY, default_url=server.url)
    async with reach(target, None) as (client, own):
        assert client.base_url == server.url
        assert not own


async def test_unless_work_is_to_be_done_here(server):
    target = Target(local=True, default_url=server.url)
    async with reach(target, local(server)) as (_, own):
        assert own
    assert server.requests == []


async def test_the_environment_may_name_a_server_all_the_same(server):
    target = Target(api_url="http://elsewhere.test", local=True)
    async with reach(target, local(server)) as (client, own):
        assert own
        assert client.base_url == server.url


async def test_a_command_that_needs_a_server_says_so(unused_tcp_port):
    with pytest.raises(ClientError, match="No server answers"):
        async with reach(Target(default_url=f"http://127.0.0.1:{unused_tcp_port}"), None):
            pass


async def test_what_answers_at_an_address(server, unused_tcp_port):
    assert await answers(server.url)
    assert not await answers(f"http://127.0.0.1:{unused_tcp_port}")


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [((), None), (("--fresh",), 0), (("--max-age", "1h30m"), 5_400_000), (("--max-age", "0"), 0)],
)
@pytest.mark.parametrize("command", ["scrape", "batch", "crawl"])
def test_how_old_a_copy_may_be_reaches_the_server(run, server, command, arguments, sent):
    if command == "crawl":
        server.site = [A]
    run(command, A, *arguments)
    body = server.bodies[0]
    assert (body["scrapeOptions"] if command == "crawl" else body).get("maxAge") == sent


@pytest.mark.parametrize("arguments", [("--fresh", "--max-age", "1h"), ("--max-age", "soon")])
def test_an_age_without_sense_is_refused(run, server, arguments):
    assert run("scrape", A, *arguments).exit_code == 2
    assert server.requests == []
