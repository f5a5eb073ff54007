"""The official Python client asks what has become of a page and what it is worth, and reads the answers."""

from __future__ import annotations

import time

import pytest
from firecrawl import Firecrawl
from firecrawl.v2.types import ChangeTrackingFormat


@pytest.fixture
def client(server):
    return Firecrawl(api_key=server.key, api_url=server.url)


def test_a_page_that_has_changed(client):
    url = f"https://docs.firecrawl.dev/turn/{time.time_ns()}"
    wanted = ["markdown", ChangeTrackingFormat(modes=["git-diff"], tag="client")]
    first = client.scrape(url, formats=wanted)
    assert first.change_tracking["changeStatus"] == "new"
    assert first.change_tracking["previousScrapeAt"] is None
    (document,) = client.batch_scrape([url], formats=wanted).data
    assert document.change_tracking["changeStatus"] == "changed"
    assert "-turn1\n+turn2" in document.change_tracking["diff"]["text"]
    assert document.change_tracking["diff"]["json"]["files"][0]["chunks"][0]["changes"]
    assert client.scrape(url, formats=["markdown", "changeTracking"]).change_tracking["changeStatus"] == "new"


def test_what_a_page_is_worth_is_asked_for_as_an_object(client):
    url = "https://docs.firecrawl.dev/large?kb=4"
    document = client.scrape(url, formats=["markdown", {"type": "quality"}])
    assert document.markdown
    assert document.metadata.model_extra["quality"]["verdict"] == "ok"
