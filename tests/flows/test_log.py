"""What the operator sees in the log, at the level it has by default."""

import json
import time

from flows.client import until


def lines(api, word):
    """Return the lines of the server's log about one of the addresses of a test."""
    text = (api.data_dir.parent / "server.log").read_text(errors="replace")
    return [line for line in text.splitlines() if word in line]


def test_each_page_that_fails_has_a_line(api, web):
    name = f"down{time.time_ns()}"
    url = web.url(f"/{name}?key=secret")
    job_id = api.start([url.replace(f":{web.http_port}/", ":1025/"), web.url("/i/1")])
    api.wait(job_id)
    (line,) = until(lambda: lines(api, name), bool)
    assert "warning" in line
    assert "page failed" in line
    for said in (
        f"url=http://{web.address}:1025/{name} ",
        "code=SCRAPE_SITE_ERROR",
        "tries=3",
        "why=",
        job_id,
    ):
        assert said in line, line
    assert "secret" not in line


def test_each_address_that_is_refused_has_a_line(api):
    path = f"/meta{time.time_ns()}"
    refused = api.post("/v2/scrape", {"url": f"http://169.254.169.254{path}?token=secret"})
    assert refused.status == 403
    (line,) = until(lambda: lines(api, path), bool)
    assert "address refused" in line
    assert f"http://169.254.169.254{path}" in line
    assert "secret" not in line
    listed = api.post("/v2/batch/scrape", {"urls": [f"http://10.0.0.{n}{path}/b" for n in range(3)]})
    assert listed.status == 400
    assert len(until(lambda: lines(api, f"{path}/b"), lambda found: len(found) >= 3)) == 3


def test_pages_without_retention_have_no_address(api, web):
    name = f"hidden{time.time_ns()}"
    url = web.url(f"/{name}").replace(f":{web.http_port}/", ":1025/")
    failed = api.post("/v2/scrape", {"url": url, "zeroDataRetention": True})
    assert failed.body["code"] == "SCRAPE_SITE_ERROR"
    for path in ("/v2/scrape", "/v2/crawl"):
        refused = api.post(path, {"url": f"http://10.0.0.1/{name}", "zeroDataRetention": True})
        assert refused.status == 403
    seen = api.post("/v2/scrape", {"url": f"http://10.0.0.1/{name}-seen"})
    assert seen.status == 403
    until(lambda: lines(api, f"{name}-seen"), bool)
    assert len(lines(api, name)) == 1


def test_the_key_and_the_body_of_a_request_are_in_no_line(api, web):
    secret = f"kept{time.time_ns()}"
    body = {"url": f"http://{secret}:{secret}@{web.address}/"}
    answer = api.post("/v2/scrape", body)
    assert (answer.status, secret in json.dumps(answer.body)) == (400, False)
    assert '"headers": {"Authorization": "Basic \u2026"}' in answer.body["error"]
    assert lines(api, secret) == []
