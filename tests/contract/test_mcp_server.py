"""The official MCP server as agents start it, over its standard streams, against a running server.

`firecrawl-mcp` of today speaks v2; of its first version, which speaks v1, only what later ones
have no tool for.
"""

from __future__ import annotations

import json
import re

import pytest

from contract.mcp import McpSession
from contract.running import clean_environment
from flows.client import until

START = "https://docs.firecrawl.dev/"
ITEMS = [f"{START}i/1", f"{START}i/2"]
NOBODY = "0198a000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def start(server, javascript, tmp_path_factory):
    """Give a way to start a package's MCP server."""
    command, modules = javascript
    access = {"FIRECRAWL_API_URL": server.url, "FIRECRAWL_API_KEY": server.key}

    def session(package: str, **more: str) -> McpSession:
        root = modules / package
        entry = json.loads((root / "package.json").read_text())["bin"]
        script = root / (entry if isinstance(entry, str) else entry["firecrawl-mcp"])
        log = tmp_path_factory.mktemp("mcp") / "mcp.log"
        return McpSession([*command, str(script)], {**clean_environment(), **access, **more}, log)

    return session


@pytest.fixture(scope="module")
def mcp(start):
    with start("firecrawl-mcp") as session:
        yield session


@pytest.fixture(scope="module")
def first_mcp(start):
    with start("firecrawl-mcp-1") as session:
        yield session


SERVED = {
    "firecrawl_scrape",
    "firecrawl_map",
    "firecrawl_search",
    "firecrawl_crawl",
    "firecrawl_check_crawl_status",
    "firecrawl_credit_usage",
}

# Tools for what this server has not, with arguments they take, and what of its answer they pass on.
ABSENT = {
    "firecrawl_agent": ({"prompt": "the cones"}, "There is no POST /v2/agent on this server"),
    "firecrawl_agent_status": ({"id": NOBODY}, "404"),
    "firecrawl_interact_stop": ({"scrapeId": NOBODY}, "404"),
    "firecrawl_monitor_list": ({}, "There is no GET /v2/monitor on this server"),
    "firecrawl_monitor_get": ({"id": NOBODY}, f"There is no GET /v2/monitor/{NOBODY} on this server"),
    "firecrawl_find_tools": ({"query": "cones"}, "'alexandria' are not available on this server"),
    "firecrawl_developer_search": ({"query": "cones"}, "404"),
    "firecrawl_research_search_papers": ({"query": "cones"}, "404"),
}


def test_the_tools_are_those_known_here(mcp):
    assert mcp.tools() >= SERVED | ABSENT.keys()


def test_a_page_is_scraped(mcp):
    answer = mcp.call("firecrawl_scrape", url=START, formats=["markdown", "links"], onlyMainContent=True)
    assert not answer.failed, answer.text
    page = answer.json()
    assert "The kiln manual" in page["markdown"]
    assert f"{START}glazes" in page["links"]
    assert page["metadata"]["statusCode"] == 200


def test_a_page_is_scraped_with_every_plain_option(mcp):
    options = {"includeTags": ["h1"], "waitFor": 0, "mobile": False, "skipTlsVerification": False}
    options |= {"removeBase64Images": True, "maxAge": 0, "storeInCache": False, "proxy": "auto"}
    options |= {"location": {"country": "US", "languages": ["en"]}, "parsers": ["pdf"]}
    answer = mcp.call("firecrawl_scrape", url=START, formats=["markdown"], **options)
    assert not answer.failed, answer.text
    assert answer.json()["markdown"].strip() == "# The kiln manual"


@pytest.mark.parametrize("wanted", ["json", "summary"])
def test_formats_that_are_not_served_are_refused_by_name(mcp, wanted):
    answer = mcp.call("firecrawl_scrape", url=START, formats=[wanted], jsonOptions={"prompt": "the cones"})
    assert answer.failed
    assert f"The format '{wanted}' is not available on this server" in answer.text


def test_a_site_is_mapped(mcp):
    answer = mcp.call("firecrawl_map", url=START, limit=20, sitemap="include", includeSubdomains=False)
    assert not answer.failed, answer.text
    assert f"{START}glazes" in [link["url"] for link in answer.json()["links"]]


def test_the_web_is_searched_though_the_tool_asks_for_more_unasked(mcp):
    """Where no source is named it also wants one that is only hosted; refused that, it asks again."""
    answer = mcp.call("firecrawl_search", query="paris", limit=1)
    assert not answer.failed, answer.text
    assert [hit["url"] for hit in answer.json()["data"]["web"]] == ["https://example.com/paris"]


def test_who_names_the_hosted_source_is_refused_in_words(mcp):
    answer = mcp.call("firecrawl_search", query="paris", sources=[{"type": "alexandria"}])
    assert answer.failed
    assert "Exchange is not enabled for this team." in answer.text


def test_hits_are_scraped(mcp):
    answer = mcp.call(
        "firecrawl_search",
        query="documentation",
        limit=1,
        sources=[{"type": "web"}],
        scrapeOptions={"formats": ["markdown"], "onlyMainContent": True},
    )
    assert not answer.failed, answer.text
    assert "The kiln manual" in answer.json()["data"]["web"][0]["markdown"]


def test_a_crawl_is_waited_for_and_asked_for(mcp):
    answer = mcp.call(
        "firecrawl_crawl", url=START, limit=3, sitemap="skip", scrapeOptions={"formats": ["markdown"]}
    )
    assert not answer.failed, answer.text
    done = answer.json()
    assert (done["status"], done["completed"], done["total"]) == ("completed", 3, 3)
    assert all(page["markdown"] for page in done["data"])
    again = mcp.call("firecrawl_check_crawl_status", id=done["id"]).json()
    assert (again["status"], len(again["data"])) == ("completed", 3)


def test_an_unknown_crawl_is_a_failure(mcp):
    answer = mcp.call("firecrawl_check_crawl_status", id=NOBODY)
    assert answer.failed
    assert "404" in answer.text


def test_usage_is_told(mcp):
    assert mcp.call("firecrawl_credit_usage").json()["remainingCredits"] > 0
    periods = mcp.call("firecrawl_credit_usage", view="historical").json()["periods"]
    assert periods[0]["creditsUsed"] > 0


@pytest.mark.parametrize("name", ABSENT)
def test_a_tool_for_what_is_not_served_fails_with_the_servers_words(mcp, name):
    arguments, told = ABSENT[name]
    answer = mcp.call(name, **arguments)
    assert answer.failed
    assert told in answer.text


def test_files_and_sessions_are_not_served_either(mcp, tmp_path):
    (tmp_path / "cones.html").write_text("<h1>Cones</h1>")
    parsed = mcp.call("firecrawl_parse", filePath=str(tmp_path / "cones.html"))
    assert parsed.failed
    assert "There is no POST /v2/parse on this server" in parsed.text
    acted = mcp.call("firecrawl_interact", url=START, code="1", language="node")
    assert acted.failed
    assert re.search(r"There is no POST /v2/scrape/[0-9a-f-]{36}/interact on this server", acted.text)
    feedback = mcp.call(
        "firecrawl_search_feedback", searchId=NOBODY, rating="bad", missingContent=[{"topic": "cones"}]
    ).json()
    assert (feedback["success"], feedback["status"]) == (False, 404)
    assert "on this server" in feedback["error"]


def test_a_wrong_key_is_said(start):
    with start("firecrawl-mcp", FIRECRAWL_API_KEY=f"fc-{'0' * 32}") as session:
        answer = session.call("firecrawl_scrape", url=START)
    assert answer.failed
    assert "Unauthorized" in answer.text


def test_the_first_version_scrapes_a_batch_and_tells_of_it(first_mcp):
    queued = first_mcp.call("firecrawl_batch_scrape", urls=ITEMS, options={"formats": ["markdown"]})
    assert not queued.failed, queued.text
    operation = re.search(r"ID: (batch_\d+)", queued.text)
    assert operation is not None, queued.text
    status = until(
        lambda: first_mcp.call("firecrawl_check_batch_status", id=operation[1]).text,
        lambda text: not re.search(r"Status: (pending|processing)", text),
    )
    assert "Status: completed" in status
    assert re.search(r'"url": "http://[^"]+/v1/batch/scrape/[0-9a-f-]{36}"', status)


def test_the_first_version_scrapes_crawls_maps_and_searches(first_mcp):
    page = first_mcp.call("firecrawl_scrape", url=START, formats=["markdown"])
    assert "The kiln manual" in page.text
    started = first_mcp.call("firecrawl_crawl", url=START, limit=2, ignoreSitemap=True)
    crawl = re.search(r"job ID: ([0-9a-f-]{36})", started.text)
    assert crawl is not None, started.text
    assert "Crawl Status:" in first_mcp.call("firecrawl_check_crawl_status", id=crawl[1]).text
    assert f"{START}glazes" in first_mcp.call("firecrawl_map", url=START, limit=20).text.splitlines()
    assert "https://example.com/paris" in first_mcp.call("firecrawl_search", query="paris", limit=1).text


def test_the_first_version_passes_on_what_is_not_served(first_mcp):
    answer = first_mcp.call("firecrawl_extract", urls=[START], prompt="the cones")
    assert answer.failed
    assert "404" in answer.text or "on this server" in answer.text
