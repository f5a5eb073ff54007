from __future__ import annotations

import json

import pytest
import typer

from unit.cli.api_server import local
from webkiln.cli.reach import Target
from webkiln.cli.search import show_hits

WEB = [
    {"url": "https://a.test/1", "title": "Clay\n and glaze", "description": "All about clay.", "position": 1},
    {"url": "https://a.test/2", "title": "", "description": "", "position": 2},
]
NEWS = [{"url": "https://n.test/", "title": "News", "snippet": "A kiln.", "date": "today", "position": 1}]


@pytest.fixture
def found(server):
    server.found = {"web": WEB}
    return server


def test_hits_are_listed_for_reading(run, found):
    result = run("search", "clay", "pots")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "1. Clay and glaze\n   https://a.test/1\n   All about clay.\n\n"
        "2. (without a title)\n   https://a.test/2\n"
    )
    assert found.bodies == [{"query": "clay pots", "integration": "cli"}]


def test_several_sources_are_named(run, found):
    found.found = {"web": WEB[:1], "news": NEWS, "images": []}
    shown = run("search", "clay").stdout
    assert shown.startswith("web:\n\n1. Clay and glaze\n")
    assert "\nnews:\n\n1. News\n   https://n.test/\n   today\n   A kiln.\n" in shown
    assert "images" not in shown


def test_options_reach_the_server(run, found):
    run("search", "clay", "--limit", 3, "--source", "web", "--source", "news", "--scrape", "--timeout", 9)
    assert found.bodies == [
        {
            "query": "clay",
            "limit": 3,
            "sources": ["web", "news"],
            "scrapeOptions": {"formats": ["markdown"]},
            "timeout": 9000,
            "integration": "cli",
        }
    ]


def test_pages_that_were_read_follow_their_hit(run, found):
    failed = {**WEB[1], "metadata": {"error": "The site did not answer"}}
    found.found = {"web": [{**WEB[0], "markdown": "# Clay"}, failed]}
    shown = run("search", "clay", "--scrape").stdout
    assert "   All about clay.\n\n# Clay\n\n2. " in shown
    assert "This page could not be read: The site did not answer" in shown


@pytest.mark.usefixtures("found")
def test_as_json_there_is_everything(run):
    assert json.loads(run("search", "clay", "--json").stdout) == {"web": WEB}


def test_warnings_and_nothing_found_are_told(run, found):
    found.found, found.warning = {}, "No provider answered"
    result = run("search", "clay")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Warning: No provider answered\nNothing was found.\n"


@pytest.mark.parametrize("wrong", [["--limit", "101"], ["--source", "books"]])
def test_what_cannot_be_meant_is_refused(run, found, wrong):
    assert run("search", "clay", *wrong).exit_code == 2
    assert found.bodies == []


async def test_pages_of_a_server_need_one(server):
    asked = {"query": "clay", "sources": ["local"]}
    with pytest.raises(typer.BadParameter, match="there is none"):
        await show_hits(asked, Target(local=True), local(server), json=False)
    assert server.bodies == []
