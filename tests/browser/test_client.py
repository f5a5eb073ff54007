"""The official Python client, asking for what only a browser can do."""

import pytest
from firecrawl import Firecrawl

from browser.png import read_png


@pytest.fixture
def client(api):
    return Firecrawl(api_key=api.key, api_url=api.url)


def test_the_client_gets_text_picture_and_results(client, api, site):
    document = client.scrape(
        site.url("/buttons"),
        formats=["markdown", {"type": "screenshot", "full_page": True}],
        actions=[
            {"type": "wait", "milliseconds": 100},
            {"type": "click", "selector": "button"},
            {"type": "executeJavascript", "script": "document.title"},
            {"type": "screenshot", "viewport": {"width": 300, "height": 200}},
            {"type": "pdf"},
            {"type": "scrape"},
        ],
    )
    assert "pressed 0" in document.markdown
    assert read_png(api.file(document.screenshot).content).width == 1280
    assert document.actions["javascriptReturns"] == [{"type": "string", "value": "Kiln"}]
    assert read_png(api.file(document.actions["screenshots"][0]).content).height == 200
    assert api.file(document.actions["pdfs"][0]).content.startswith(b"%PDF-")
    assert document.actions["scrapes"][0]["url"] == site.url("/buttons")


def test_the_client_raises_what_an_action_failed_of(client, site):
    with pytest.raises(Exception, match="action 1") as caught:
        client.scrape(site.url("/landing"), actions=[{"type": "executeJavascript", "script": "throw 1"}])
    assert "Action(s) failed to complete" in str(caught.value)
