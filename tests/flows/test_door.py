"""What holds for every route: keys, sizes, unknown paths, health."""

import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from flows.client import Api

OPEN = ["/", "/v0/health/liveness", "/v0/health/readiness"]
CLOSED = [
    ("POST", "/v2/scrape"),
    ("GET", "/v2/scrape/0198a000-0000-7000-8000-000000000000"),
    ("POST", "/v2/batch/scrape"),
    ("GET", "/v2/batch/scrape/0198a000-0000-7000-8000-000000000000"),
    ("DELETE", "/v2/batch/scrape/0198a000-0000-7000-8000-000000000000"),
    ("GET", "/v2/team/credit-usage"),
    ("GET", "/v2/concurrency-check"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
]


def keys(api, *arguments):
    command = [sys.executable, "-m", "webkiln", "keys", *arguments, "--data-dir", str(api.data_dir)]
    if api.database_url is not None:
        command += ["--database-url", api.database_url]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={"COLUMNS": "300", "PATH": "/usr/bin"}
    )


@pytest.mark.parametrize("path", OPEN)
def test_health_and_banner_need_no_key(api, path):
    assert api.get(path, Authorization="").status == 200


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_nothing_else_answers_without_one(api, method, path):
    with httpx.Client(trust_env=False) as client:
        missing = client.request(method, api.url + path)
    assert (missing.status_code, missing.json()) == (401, {"success": False, "error": "Unauthorized"})
    assert api.call(method, path, Authorization="Bearer").body["error"] == "Unauthorized: Token missing"
    assert api.call(method, path, Authorization="Bearer x").body["error"] == "Unauthorized: Invalid token"


@pytest.mark.parametrize("path", OPEN)
def test_load_balancers_ask_with_head(api, path):
    with httpx.Client(trust_env=False) as client:
        answer = client.head(api.url + path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["//v2/scrape", "/v2/scrape/", "//v2//scrape//"])
def test_a_slash_too_many_reaches_the_route_with_its_body(api, path):
    """By hand: clients and libraries mend such a path before they send it."""
    body = b'{"url": "http://10.0.0.1/"}'
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\nConnection: close\r\n"
    with socket.create_connection(urlsplit(api.url).netloc.split(":")) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"unsafe_domain_blocked" in answer


@pytest.mark.parametrize("spelling", ["Bearer {}", "bearer {}", "Token {}"])
def test_the_scheme_word_is_not_checked(api, spelling):
    assert api.get("/v2/concurrency-check", Authorization=spelling.format(api.key)).status == 200
    raw = api.key.removeprefix("fc-")
    dashed = f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"
    assert api.get("/v2/concurrency-check", Authorization=spelling.format(dashed)).status == 200


def test_keys_are_made_listed_and_revoked(api):
    made = keys(api, "create", "--name", "kitchen").stdout.strip()
    fresh = Api(api.url, made, api.data_dir, api.database_url)
    assert fresh.get("/v2/concurrency-check").status == 200
    listed = keys(api, "list").stdout
    assert "kitchen" in listed
    assert made not in listed
    row = next(line for line in listed.splitlines() if "kitchen" in line)
    key_id = row.split("\t")[0]
    assert keys(api, "revoke", key_id).returncode == 0
    assert fresh.get("/v2/concurrency-check").status == 401
    assert keys(api, "revoke", key_id).returncode == 1


def test_a_keys_own_limit_ends_in_402(api, web):
    limited = Api(api.url, keys(api, "create", "--credit-limit", "1").stdout.strip(), api.data_dir)
    assert limited.post("/v2/scrape", {"url": web.url("/i/1"), "maxAge": 0}).status == 200
    answer = limited.post("/v2/scrape", {"url": web.url("/i/1"), "maxAge": 0})
    assert (answer.status, answer.body["success"]) == (402, False)


def test_a_body_over_the_limit_is_413(api):
    answer = httpx.post(
        f"{api.url}/v2/batch/scrape",
        content=b'{"urls":["' + b"x" * (33 << 20) + b'"]}',
        headers={"Authorization": f"Bearer {api.key}"},
        timeout=60,
    )
    assert (answer.status_code, answer.json()) == (
        413,
        {"success": False, "error": "Request body is too large"},
    )


def test_a_hundred_thousand_long_urls_fit(api, web):
    urls = [web.url(f"/i/{number}?{'x' * 260}") for number in range(100_000)]
    job_id = api.start(urls)
    assert api.delete(f"/v2/batch/scrape/{job_id}").status == 200
    assert api.status(job_id)["status"] == "cancelled"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"url":' * 10_000]
)
def test_what_is_not_a_json_object_is_400(api, content):
    answer = httpx.post(
        f"{api.url}/v2/scrape", content=content, headers={"Authorization": f"Bearer {api.key}"}, timeout=60
    )
    assert (answer.status_code, answer.json()["success"]) == (400, False)


def test_unknown_paths_and_methods_answer_in_json(api):
    assert (api.get("/v2/nowhere").status, api.get("/v2/nowhere").body["success"]) == (404, False)
    assert (api.get("/v2/scrape/").status, api.get("/v2/scrape/").body["success"]) == (405, False)
    assert (api.call("PUT", "/v2/scrape").status, api.call("PUT", "/v2/scrape").body["success"]) == (
        405,
        False,
    )


def test_browsers_may_call(api):
    answer = httpx.options(
        f"{api.url}/v2/scrape",
        headers={
            "Origin": "https://app.test",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert answer.headers["access-control-allow-origin"] == "*"
    assert api.get("/").headers["x-response-time"]


def test_metrics_count_requests_and_tasks(api):
    text = api.get("/metrics").body
    assert 'webkiln_http_requests_total{method="GET",route="/",status="200"}' in text
    assert "webkiln_workers 2.0" in text
