"""What pages are to their reader, and which of a job say the same, over HTTP."""

from __future__ import annotations

import time
from urllib.parse import urlencode


def asked(api, url, *formats, **options):
    answer = api.post("/v2/scrape", {"url": url, "formats": [*formats, "quality"], **options})
    assert answer.status == 200, answer.body
    return answer.body["data"]


def test_quality_is_told_to_who_asks(api, web):
    url = web.url(f"/large?kb=4&{time.time_ns()}")
    document = asked(api, url)
    assert document["metadata"]["quality"]["verdict"] == "ok"
    assert document["metadata"]["quality"]["words"] > 200
    assert set(document) == {"metadata"}
    assert "markdown" in asked(api, url, "markdown")
    assert "quality" not in api.post("/v2/scrape", {"url": url}).body["data"]["metadata"]


def page(web, text, status=200):
    return web.url(f"/status/{status}?{urlencode({'text': text, 'at': time.time_ns()})}")


def test_what_stands_in_the_place_of_a_page(api, web):
    lost = "<title>Nothing here</title><h1>Page not found</h1><p>Look elsewhere.</p>"
    blocked = "<title>Just a moment...</title><h1>Wait</h1><p>Checking your browser.</p>"
    shell = '<title>Shop</title><body><div id="root">Loading</div><script src="shop.js"></script>'
    free = '{"isAccessibleForFree": false}'
    teaser = (
        f'<script type="application/ld+json">{free}</script><h1>Glazes</h1><p>{"Ash and iron. " * 30}</p>'
    )
    for text, status, verdict in (
        (lost, 200, "soft404"),
        (lost, 404, "error"),
        (blocked, 403, "blocked"),
        (shell, 200, "emptyShell"),
        (teaser, 200, "paywall"),
        ("<p>Open ten to six.</p>", 200, "thin"),
    ):
        found = asked(api, page(web, text, status), fastMode=True)["metadata"]["quality"]
        assert (found["verdict"], bool(found["signs"])) == (verdict, True), text


def test_a_page_of_a_batch_that_repeats_another_names_it(api, web):
    number = time.time_ns()
    once = [web.url(f"/large?kb=4&n={number}"), web.url(f"/large?kb=4&n={number + 1}")]
    done = api.wait(api.start([*once, web.url("/i/1")], formats=["markdown", "quality"]))["data"]
    found = {document["metadata"]["sourceURL"]: document["metadata"]["quality"] for document in done}
    repeats = {url: one["repeats"] for url, one in found.items() if "repeats" in one}
    assert list(repeats) in ([once[0]], [once[1]])
    assert {*repeats, *repeats.values()} == set(once)
    again = api.wait(api.start(once[:1], formats=["quality"]))["data"]
    assert "repeats" not in again[0]["metadata"]["quality"]
