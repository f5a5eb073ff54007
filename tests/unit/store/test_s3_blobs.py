"""What only a bucket has: keys, rights, other tenants, and a network on the way to it.

What it has in common with a folder is in test_blobs.py.
"""

import asyncio
import contextlib
import http.server
import json
import os
import re
import socket
import ssl
import threading
import time
import traceback
from datetime import UTC, datetime

import pytest
import trustme

import smalls3
from webkiln import errors
from webkiln.settings import load
from webkiln.store.s3_blobs import S3Blobs

NOW = datetime(2026, 11, 25, 15, 20, tzinfo=UTC).timestamp()
HOUR = 3600
SECRET = "hunter2-hunter2"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAHUNTER", "AWS_SECRET_ACCESS_KEY": SECRET}
EVERYTHING = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    smalls3.forget_environment(monkeypatch)


@pytest.fixture(scope="module")
def s3():
    with smalls3.spawn() as server:
        yield server


@pytest.fixture
def bucket(s3):
    return s3.new_bucket()


def opened(bucket, endpoint, keys=None, **more):
    given = KEYS if keys is None else keys
    return S3Blobs(
        load({"WEBKILN_BLOB_URL": f"s3://{bucket}", "AWS_ENDPOINT_URL": endpoint, **given}).blob, **more
    )


def put(blobs, data=b"data", media_type="image/png", *, until=NOW + HOUR):
    return blobs.put(data, media_type, expires_at=until)


async def refused(doing):
    """Return the one line that a failure is told in, which holds no secret, nor does its trace."""
    with pytest.raises(errors.Unavailable) as raised:
        await doing
    traced = "".join(traceback.format_exception(raised.value))
    assert "hunter2" not in traced.lower()
    assert "\n" not in raised.value.message
    return raised.value.message


@pytest.mark.parametrize("prefix", ["", "/", "/one", "/one/two/"])
async def test_a_name_is_a_key_under_the_prefix(s3, bucket, prefix):
    name = await put(opened(f"{bucket}{prefix}", s3.url))
    assert s3.stored(bucket, f"{prefix.strip('/')}/{name}".lstrip("/")) == (b"data", "image/png")


async def test_a_blob_is_put_in_one_request(s3, bucket):
    before = len(s3.requests)
    name = await put(opened(bucket, s3.url), os.urandom(6 * 1024 * 1024))
    assert s3.requests[before:] == [f"PUT /{bucket}/{name}"]


async def test_prefixes_of_one_bucket_do_not_see_each_other(s3, bucket):
    one, another, above = (opened(f"{bucket}{prefix}", s3.url) for prefix in ("/one", "/one-more", ""))
    name = await put(one, until=NOW - HOUR)
    assert await another.get(name, now=NOW - 3 * HOUR) is None
    assert [await blobs.prune(NOW, 10) for blobs in (another, above, one)] == [0, 0, 1]


async def test_pruning_leaves_what_is_not_ours(s3, bucket):
    blobs = opened(bucket, s3.url)
    name = await put(blobs, until=NOW - HOUR)
    hour, _, secret = name.partition("/")
    others = [f"{hour}/notes.txt", f"{hour}/more/{secret}", f"x/{name}", f"{hour}.png", "2026-1-2T3/a.png"]
    s3.fill(bucket, others)
    assert [await blobs.prune(NOW, 10) for _ in range(2)] == [1, 0]
    for key in others:
        assert s3.stored(bucket, key)[0] == b""


async def test_pruning_goes_beyond_what_one_answer_lists(s3, bucket):
    blobs = opened(bucket, s3.url)
    s3.fill(bucket, [f"2026-11-25T14/{number:040x}.png" for number in range(1_200)])
    s3.fill(bucket, [f"2026-11-25T15/{number:040x}.png" for number in range(1_200)])
    s3.fill(bucket, [f"2026-11-25T16/{number:040x}.png" for number in range(3)])
    assert [await blobs.prune(NOW, 2_000) for _ in range(3)] == [2_000, 400, 0]
    assert await blobs.get(f"2026-11-25T16/{1:040x}.png", now=NOW) is not None


async def test_looking_for_expired_ones_is_one_request(s3, bucket):
    blobs = opened(bucket, s3.url)
    await put(blobs)
    before = len(s3.requests)
    assert await blobs.prune(NOW, 10) == 0
    assert s3.requests[before:] == [f"GET /{bucket}"]


async def test_an_expired_blob_is_not_even_asked_for(s3, bucket):
    blobs = opened(bucket, s3.url)
    name = await put(blobs)
    before = len(s3.requests)
    assert await blobs.get(name, now=NOW + 2 * HOUR) is None
    assert s3.requests[before:] == []


async def test_a_bucket_that_is_not_there_is_an_outage_not_an_empty_one(s3):
    blobs = opened("no-such-bucket", s3.url)
    name = f"2026-11-25T17/{1:040x}.png"
    for doing in (put(blobs), blobs.get(name, now=NOW), blobs.delete(name), blobs.prune(NOW, 10)):
        assert await refused(doing) == "The blob store cannot be used: it answers NoSuchBucket"
    told = await refused(blobs.check(NOW))
    assert told.startswith(f"The bucket no-such-bucket at {s3.url.removeprefix('http://')}: ")
    assert told.endswith("it answers NoSuchBucket")


async def test_the_right_keys_open_it(s3, bucket):
    blobs = opened(bucket, s3.url, s3.new_keys(*EVERYTHING))
    with s3.strict():
        await blobs.check(NOW)


async def test_a_wrong_key_id_is_told(s3, bucket):
    with s3.strict():
        told = await refused(opened(bucket, s3.url).check(NOW))
    assert told.endswith("it answers InvalidAccessKeyId")


async def test_a_wrong_secret_is_told(s3, bucket):
    keys = {**s3.new_keys(*EVERYTHING), "AWS_SECRET_ACCESS_KEY": SECRET}
    with s3.strict():
        told = await refused(opened(bucket, s3.url, keys).check(NOW))
    assert told.endswith("it answers SignatureDoesNotMatch")


@pytest.mark.parametrize("right", EVERYTHING)
async def test_a_check_notices_each_right_that_is_missing(s3, bucket, right):
    keys = s3.new_keys(*(one for one in EVERYTHING if one != right))
    with s3.strict():
        told = await refused(opened(bucket, s3.url, keys).check(NOW))
    assert told.endswith("it answers AccessDenied")


@contextlib.contextmanager
def answering(status, body=b""):
    """An HTTP server that gives everybody the same answer; yields its URL and what was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Wed, 25 Nov 2026 15:20:00 GMT")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 (so they are looked up)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def silent():
    """A port whose connections are taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


async def test_nobody_there_is_an_outage_within_seconds():
    start = time.monotonic()
    blobs = opened("bucket", closed_port())
    for doing in (put(blobs), blobs.get(f"2026-11-25T17/{1:040x}.png", now=NOW), blobs.prune(NOW, 10)):
        assert await refused(doing) == "The blob store cannot be used: the connection is refused"
    assert time.monotonic() - start < 10


async def test_silence_is_an_outage():
    with silent() as url:
        blobs = opened("bucket", url, timeout_s=0.2)
        assert (await refused(put(blobs))).endswith("it does not answer in time")


async def test_everything_together_has_an_end_too(monkeypatch):
    monkeypatch.setattr("webkiln.store.s3_blobs._RETRIES_S", -0.8)
    with silent() as url:
        blobs = opened("bucket", url, timeout_s=1)  # three tries would take three seconds
        start = time.monotonic()
        assert (await refused(blobs.prune(NOW, 10))).endswith("it does not answer in time")
        assert time.monotonic() - start < 2


async def test_one_who_no_longer_waits_is_not_held_up():
    with silent() as url:
        task = asyncio.create_task(put(opened("bucket", url)))
        await asyncio.sleep(0.05)
        task.cancel()
        start = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - start < 1


async def test_an_overloaded_store_is_asked_again_and_then_an_outage():
    body = b"<Error><Code>SlowDown</Code><Message>hunter2</Message></Error>"
    with answering(503, body) as (url, asked):
        assert (await refused(put(opened("bucket", url)))).endswith("it answers SlowDown")
    assert len(asked) == 3


async def test_an_answer_without_a_code_is_told_by_its_status():
    with answering(403, b"hunter2") as (url, _):
        assert (await refused(put(opened("bucket", url)))).endswith("it answers 403")


async def test_what_is_no_s3_store_is_noticed():
    with answering(200, b"<html>hunter2</html>") as (url, _):
        assert (await refused(opened("bucket", url).check(NOW))).endswith("what was put did not come back")


async def test_authorities_of_ones_own_are_trusted(tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with smalls3.spawn(context) as server:
        await opened(server.new_bucket(), server.url, authorities=tmp_path / "ca.pem").check(NOW)
        told = await refused(opened("bucket", server.url).check(NOW))
    assert told.endswith("its certificate is not trusted")


def test_authorities_that_are_none_are_an_outage(tmp_path):
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n")
    with pytest.raises(errors.Unavailable, match="cannot be used: WEBKILN_EXTRA_CA_FILE"):
        opened("bucket", "https://127.0.0.1", authorities=tmp_path / "ca.pem")


async def test_without_keys_the_role_of_the_machine_is_used(s3, bucket, monkeypatch):
    role = {
        "AccessKeyId": "ASIAROLE",
        "SecretAccessKey": SECRET,
        "Token": "token-of-the-role",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    with answering(200, json.dumps(role).encode()) as (url, asked):
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{url}/role")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", os.devnull)
        await opened(bucket, s3.url, {}).check(NOW)
    assert asked == ["GET /role"]
    assert "Credential=ASIAROLE/" in s3.signed
    assert s3.signed.endswith(" token-of-the-role")


async def test_a_temporary_key_is_sent_with_its_token(s3, bucket):
    await opened(bucket, s3.url, {**KEYS, "AWS_SESSION_TOKEN": "its-token"}).check(NOW)
    assert "Credential=AKIAHUNTER/" in s3.signed
    assert s3.signed.endswith(" its-token")


async def test_without_keys_and_without_a_role_it_is_an_outage(s3, bucket, monkeypatch):
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", closed_port())
    assert (await refused(opened(bucket, s3.url, {}).check(NOW))).endswith("the connection is refused")


async def test_settings_win_over_what_the_library_reads_by_itself(s3, bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", closed_port())
    monkeypatch.setenv("AWS_ENDPOINT", closed_port())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    monkeypatch.setenv("AWS_BUCKET", "another")
    await opened(bucket, s3.url).check(NOW)
    where = load(
        {
            **os.environ,
            "WEBKILN_BLOB_URL": f"s3://{bucket}",
            "WEBKILN_S3_ENDPOINT_URL": s3.url,
            "WEBKILN_S3_SECRET_ACCESS_KEY": SECRET,
        }
    )
    await S3Blobs(where.blob).check(NOW)


def test_nothing_shows_a_secret():
    blobs = opened("bucket", "https://s3.test", {**KEYS, "AWS_SESSION_TOKEN": "token-hunter2"})
    assert not re.search("hunter2", f"{blobs!r}{vars(blobs)!r}", re.IGNORECASE)
