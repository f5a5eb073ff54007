from __future__ import annotations

import json

import pytest

from unit.cli.api_server import local
from webkiln.cli.map import show_map
from webkiln.cli.reach import Target

START = "https://a.test/"
PAGES = [START, "https://a.test/guide", "https://b.a.test/"]


@pytest.fixture
def site(server):
    server.site = PAGES
    return server


def test_addresses_are_printed_one_a_line(run, site):
    result = run("map", START)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == PAGES
    assert site.bodies == [{"url": START, "includeSubdomains": True, "integration": "cli"}]


def test_options_reach_the_server(run, site):
    run("map", START, "--search", "clay pots", "--limit", 7, "--sitemap", "only", "--no-subdomains")
    run("map", START, "--timeout", 2.5)
    assert site.bodies[0] == {
        "url": START,
        "includeSubdomains": False,
        "search": "clay pots",
        "limit": 7,
        "sitemap": "only",
        "integration": "cli",
    }
    assert site.bodies[1]["timeout"] == 2500


@pytest.mark.usefixtures("site")
def test_as_json_there_are_titles(run):
    links = json.loads(run("map", START, "--json").stdout)
    assert links[0] == {"url": START, "title": f"About {START}"}


def test_a_warning_stays_out_of_the_list(run, site):
    site.warning = "Only 1 result"
    result = run("map", START)
    assert result.stdout.splitlines() == PAGES
    assert result.stderr == "Warning: Only 1 result\n"


def test_an_address_cannot_be_two_lines(run, site):
    site.site = ["https://a.test/\nhttps://b.test/"]
    assert len(run("map", START).stdout.splitlines()) == 1


def test_nothing_found_is_a_failure(run, site):
    site.site = []
    result = run("map", START)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No addresses" in result.stderr
    assert json.loads(run("map", START, "--json").stdout) == []


def test_a_key_nobody_knows(run):
    assert run("map", START, WEBKILN_API_KEY="fc-wrong").exit_code == 3


async def test_without_a_server_one_is_started_here(server, capsys):
    server.site = PAGES
    assert await show_map({"url": START}, Target(local=True), local(server), json=False) == 0
    assert capsys.readouterr().out.splitlines() == PAGES
