"""Whatever is sent, to whatever route, is answered with no fault of the server's."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FAULTS = {"UNKNOWN_ERROR"}
STARTS = ["scrape", "batch/scrape", "crawl", "map", "search"]
BASE = {
    "scrape": {"url": "http://10.0.0.1/"},
    "batch/scrape": {"urls": ["http://10.0.0.1/"], "ignoreInvalidURLs": True},
    "crawl": {"url": "http://10.0.0.1/"},
    "map": {"url": "http://10.0.0.1/"},
    "search": {"query": "clay", "sources": ["local"]},
}
KEYS = [
    "url", "urls", "query", "formats", "headers", "actions", "location", "parsers", "timeout", "waitFor",
    "maxAge", "minAge", "includeTags", "excludeTags", "webhook", "appendToId", "ignoreInvalidURLs",
    "maxConcurrency", "limit", "includePaths", "excludePaths", "scrapeOptions", "sitemap", "search",
    "sources", "categories", "tbs", "country", "profile", "proxy", "redactPII", "threatProtection",
    "auditMetadata", "origin", "integration", "zeroDataRetention", "maxDiscoveryDepth", "delay", "prompt",
]  # fmt: skip
ODD = st.sampled_from(
    ["", "\0", "a\0b", "\ud800", "\U0010ffff", "\u202e", "x" * 70_000, "http://[::1", "http://a.test/\ud800",
     "*", "(((((", "[" * 500, "-1", "1e999", "__proto__", "${jndi:x}", "../../etc", "%00", "\r\nX: y"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**53, 2**63, 2**64, 10**400, -(10**400)]),
    st.floats(),
    ODD,
    st.text(max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*KEYS, "type", "name", "events"]) | ODD, inner, max_size=4)
    ),
    max_leaves=12,
)
RAW = [
    b"", b"\0", b"\xff\xfe{", b"{", b"nul", b'{"url":1e999}', b'{"url":NaN}', b'{"url":"\\ud800"}', b'"',
    b"[" * 200_000, b'{"a":' * 100_000, b'{"url":' + b"9" * 50_000 + b"}", b'{"url":"\0"}', b"\xef\xbb\xbf{}",
    b'{"url":"/","url":"//"}', b'{"limit":-0.0}', b'{"\\u0000":1}', b"{}" * 10,
]  # fmt: skip


@pytest.fixture(scope="module")
def door(server):
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {server.key}"
        yield client


def harmless(answer):
    """Return whether nothing went wrong but what a page, or nobody being there to search, can explain."""
    if answer.status_code < 500:
        return True
    body = answer.json()
    return answer.status_code == 500 and body.get("code") not in {None, *FAULTS}


def send(door, version, noun, content):
    return door.post(f"/{version}/{noun}", content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("noun", STARTS)
def test_no_bytes_bring_a_start_down(door, version, noun):
    for content in RAW:
        answer = send(door, version, noun, content)
        assert answer.status_code in (400, 413), (content[:40], answer.text[:300])


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_json_brings_a_start_down(door, data):
    version, noun = data.draw(st.sampled_from(["v1", "v2"])), data.draw(st.sampled_from(STARTS))
    body = data.draw(
        VALUES
        | st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3).map(lambda more: BASE[noun] | more)
    )
    answer = send(door, version, noun, json.dumps(body).encode())
    assert harmless(answer), (version, noun, body, answer.status_code, answer.text[:300])


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_path_or_query_brings_a_reader_down(door, data):
    piece = st.text(max_size=30) | ODD.filter(lambda text: len(text) < 1_000)
    noun = data.draw(st.sampled_from(["scrape", "batch/scrape", "crawl", "files", "team/activity"]))
    tail = data.draw(st.sampled_from(["", "/errors", "/pause"]))
    quoted = [
        "".join(f"%{byte:02x}" for byte in data.draw(piece).encode("utf-8", "surrogatepass"))
        for _ in range(4)
    ]
    path = f"/files/{quoted[0]}/{quoted[1]}" if noun == "files" else f"/v2/{noun}/{quoted[0]}{tail}"
    if noun == "team/activity":
        path = "/v2/team/activity"
    query = (
        f"?skip={quoted[1]}&limit={quoted[2]}&cursor={quoted[3]}&endpoint={quoted[0]}&byApiKey={quoted[1]}"
    )
    for method in ("GET", "DELETE", "POST"):
        answer = door.request(method, path + query)
        assert answer.status_code < 500, (method, path, query, answer.status_code, answer.text[:300])


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": b"Bearer \xff\xfe"},
        {"Authorization": b"Bearer " + b"x" * 8_000},
        {"Authorization": b"Basic ====="},
        {"x-idempotency-key": b"\xff"},
        {"x-idempotency-key": b"0" * 9_000},
        {"Content-Type": b"\xff"},
        {"Host": b"\xff"},
        {"Host": b"a b"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v2/batch/scrape"), ("GET", "/v2/concurrency-check")])
def test_no_header_brings_a_route_down(door, method, path, headers):
    content = None if method == "GET" else b"{}"
    try:
        answer = door.request(method, path, content=content, headers=headers)
    except httpx.RemoteProtocolError:
        return  # such a request is not even answered
    assert answer.status_code < 500
