"""Files over HTTP: what documents name is there for whoever knows the name, and for nobody else."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from webkiln.store.blobs import LocalBlobs

MISSING = {"success": False, "error": "File not found."}


@pytest.fixture
def put(api):
    """Keep a file where the server keeps its own."""
    blobs = LocalBlobs(api.data_dir / "blobs")

    def keep(data, media_type, *, for_s=3_600):
        return asyncio.run(blobs.put(data, media_type, expires_at=time.time() + for_s))

    return keep


def ask(api, name, method="GET"):
    return httpx.request(method, f"{api.url}/files/{name}", trust_env=False)


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("image/png", "inline"),
        ("image/jpeg", "inline"),
        ("application/pdf", "inline"),
        ("text/html", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_a_file_comes_as_what_it_is_without_a_key_and_harms_nobody(api, put, media_type, shown):
    name = put(b"<script>alert(1)</script>", media_type)
    answer = ask(api, name)
    assert (answer.status_code, answer.content) == (200, b"<script>alert(1)</script>")
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.headers["content-disposition"].startswith(shown)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    head = ask(api, name, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-26T03/" + "0" * 40 + ".png",
        "2026-11-26T03/x.png",
        "..%2f..%2fwebkiln.db",
        "%2e%2e/webkiln.db",
        "a/b",
    ],
)
def test_what_is_no_file_is_not_found(api, name):
    answer = ask(api, name)
    assert answer.status_code == 404
    assert answer.json()["success"] is False


def test_an_expired_file_is_as_one_that_never_was(api, put):
    gone = put(b"x", "image/png", for_s=-7_200)
    answer = ask(api, gone)
    assert (answer.status_code, answer.json()) == (404, MISSING)
