"""What documents name: anybody who has the name can fetch it, and nobody anything else."""

import asyncio
import http.client
import re
import time
from urllib.parse import urlsplit

import pytest

from webkiln.store.blobs import LocalBlobs, new_name

DAY_S = 86_400
DATA = b"\x89PNG \x00\xff and so on"
UNKNOWN = f"2999-01-01T00/{'0' * 40}.png"
SAME = b'{"success":false,"error":"File not found."}'


@pytest.fixture
def put(api):
    """Put bytes where the server's workers put theirs; give the path under which they are asked for."""
    blobs = LocalBlobs(api.data_dir / "blobs")

    def put(media_type="image/png", data=DATA, *, lasting_s=DAY_S):
        name = asyncio.run(blobs.put(data, media_type, expires_at=time.time() + lasting_s))
        return f"/files/{name}"

    return put


@pytest.fixture
def ask(api):
    """Send a request line as it stands, without a key; give status, headers in lower case, and body."""

    def ask(path, method="GET", **headers):
        line = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=30)
        try:
            line.request(method, path, headers=headers)
            answer = line.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            line.close()

    return ask


@pytest.mark.parametrize(
    ("media_type", "sent_as", "shown"),
    [
        ("image/png", "image/png", "inline"),
        ("image/jpeg", "image/jpeg", "inline"),
        ("image/webp", "image/webp", "inline"),
        ("application/pdf", "application/pdf", "inline"),
        ("text/html; charset=utf-8", "text/html", "attachment"),
        ("text/plain", "text/plain", "attachment"),
        ("application/json", "application/json", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_comes_with_what_keeps_it_harmless(put, ask, media_type, sent_as, shown):
    path = put(media_type)
    status, headers, body = ask(path)
    assert (status, body, headers["content-length"]) == (200, DATA, str(len(DATA)))
    assert headers["content-type"] == sent_as
    assert headers["content-disposition"] == f'{shown}; filename="{path.rpartition("/")[2]}"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_key_changes_nothing(put, ask):
    path = put()
    assert ask(path, Authorization="Bearer fc-nobodys")[::2] == (200, DATA)


def test_head_says_the_same_without_the_bytes(put, ask):
    path = put("application/pdf")
    got, headed = ask(path), ask(path, "HEAD")
    assert (headed[0], headed[2]) == (200, b"")
    varying = {"date", "x-response-time", "cache-control"}  # a second may pass between the two
    assert {name: value for name, value in headed[1].items() if name not in varying} == {
        name: value for name, value in got[1].items() if name not in varying
    }
    assert headed[1].keys() == got[1].keys()
    assert ask(f"/files/{UNKNOWN}", "HEAD")[::2] == (404, b"")


def test_nothing_else_can_be_done_to_a_file(put, ask):
    path = put()
    for method in ("POST", "PUT", "DELETE"):
        status, headers, _ = ask(path, method)
        assert (status, set(headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert ask(path)[0] == 200


@pytest.mark.parametrize(
    ("lasting_s", "least", "most"),
    # A name's full hour is up to an hour after what was asked for.
    [(7_200, 7_100, 10_800), (DAY_S, DAY_S - 60, DAY_S), (3 * DAY_S, DAY_S, DAY_S)],
)
def test_copies_are_kept_no_longer_than_the_file(put, ask, lasting_s, least, most):
    _, headers, _ = ask(put(lasting_s=lasting_s))
    found = re.fullmatch(r"private, max-age=([0-9]+)", headers["cache-control"])
    assert found is not None
    assert least <= int(found[1]) <= most


def test_what_has_expired_is_gone_although_it_lies_there(put, ask, api):
    path = put(lasting_s=-7_200)
    assert (api.data_dir / path.replace("/files", "blobs")).is_file()
    assert ask(path)[::2] == (404, SAME)


@pytest.mark.parametrize(
    "path",
    [
        UNKNOWN,
        pytest.param(new_name("image/png", time.time() + DAY_S), id="a name that nobody has"),
        UNKNOWN.upper(),
        UNKNOWN.replace(".png", ".exe"),
        UNKNOWN.replace(".png", ""),
        UNKNOWN.replace("2999-01", "2999-13"),
        UNKNOWN.replace("2999-01-01T00", "2999-W01-1T00"),
        UNKNOWN.replace(".png", ".png%0a"),
        UNKNOWN.replace(".png", ".png%00"),
        UNKNOWN.replace(".png", "%FF.png"),
        UNKNOWN.replace("/", "//"),
        f"{UNKNOWN}/",
        "",
        "/",
        "x",
        "x/y",
        "x/y/z",
        "../webkiln.db",
        "..%2fwebkiln.db",
        "..%2Fwebkiln.db/x",
        "x/..%2f..%2fwebkiln.db",
        "2999-01-01T00/..%2f..%2fwebkiln.db",
        "2999-01-01T00/..%5c..%5cwebkiln.db",
        "%2e%2e/webkiln.db",
        "..%252fwebkiln.db",
        "%2fetc/passwd",
        "/etc/passwd",
        "..%c0%afwebkiln.db",
        "x" * 20_000,
    ],
)
def test_what_names_nothing_is_answered_alike(ask, path):
    status, headers, body = ask(f"/files/{path}")
    assert (status, body, headers["content-type"]) == (404, SAME, "application/json")


def test_a_name_may_be_spelled_with_an_encoded_slash_and_nothing_else(put, ask):
    hour, _, file = put().removeprefix("/files/").partition("/")
    assert ask(f"/files/{hour}%2F{file}")[0] == 200
    assert ask(f"/files/./{hour}/{file}")[::2] == (404, SAME)
    assert ask(f"/files/x/..%2f{hour}/{file}")[::2] == (404, SAME)


def test_a_store_that_does_not_answer_asks_for_another_try(put, ask, api):
    name = new_name("image/png", time.time() + DAY_S)
    (api.data_dir / "blobs" / name).mkdir(parents=True)  # what cannot be read
    status, headers, body = ask(f"/files/{name}")
    assert (status, headers["retry-after"]) == (503, "1")
    assert body.startswith(b'{"success":false,"error":"The blob store cannot be used')
    assert name.encode() not in body
    assert ask(put())[0] == 200


def test_the_page_describes_it_as_open_to_everybody(api):
    described = api.get("/openapi.json").body["paths"]["/files/{hour}/{file}"]
    assert set(described) == {"get"}
    assert described["get"]["security"] == []
    assert set(described["get"]["responses"]) == {"200", "404", "500", "503"}
    assert not [path for path in api.get("/openapi.json").body["paths"] if path.startswith("/files/{name")]
