"""The site under test does what the tests that use it rely on."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import time
import urllib.request
import zlib

import aiohttp
import brotli
import pytest
import zstandard

from smallweb import SENTENCES, SmallWeb, item_mark, spawn


@pytest.fixture
async def web():
    async with SmallWeb() as running:
        yield running


@pytest.fixture
async def client():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_an_item_shows_its_own_mark_and_no_other(web, client):
    async with client.get(web.url("/i/7")) as answer:
        text = await answer.text()
    assert item_mark(7) in text
    assert item_mark(8) not in text
    assert web.ledger.hits("/i/7") == 1


async def test_it_answers_over_tls_for_its_names(web):
    trusted = ssl.create_default_context(cafile=str(web.ca_file))
    reader, writer = await asyncio.open_connection(
        web.address, web.https_port, ssl=trusted, server_hostname="docs.firecrawl.dev"
    )
    writer.write(b"GET / HTTP/1.1\r\nHost: docs.firecrawl.dev\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert "The kiln manual" in text


async def test_a_client_that_leaves_is_seen_leaving(web, client):
    before = time.time()
    call = asyncio.create_task(client.get(web.url("/slow?ms=60000")))
    await web.until(web.ledger.open_requests)
    assert web.connections() == 1
    call.cancel()
    await web.until(lambda: not web.ledger.open_requests() and not web.connections())
    summary = web.summary(before)
    assert summary["requests_aborted"] == 1
    assert summary["started_since"] == 1
    assert web.ledger.started_since(time.time()) == 0


@pytest.mark.parametrize(
    ("coding", "decode"),
    [
        ("gzip", gzip.decompress),
        ("deflate", zlib.decompress),
        ("br", brotli.decompress),
        ("zstd", zstandard.ZstdDecompressor().decompress),
    ],
)
async def test_every_coding_holds_the_same_page(web, coding, decode):
    async with (
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.get(web.url(f"/encoded/{coding}")) as answer,
    ):
        assert answer.headers["Content-Encoding"] == coding
        assert item_mark(0) in decode(await answer.read()).decode()


@pytest.mark.parametrize(("label", "language"), [("shift_jis", "ja"), ("koi8-r", "ru"), ("gb18030", "zh")])
async def test_a_legacy_charset_is_sent_as_such(web, client, label, language):
    async with client.get(web.url(f"/charset/{label}?in=nowhere")) as answer:
        body = await answer.read()
    assert SENTENCES[language] in body.decode(label)


async def test_the_receiver_fails_on_demand_and_keeps_everything(web, client):
    codes = []
    for number in range(3):
        async with client.post(web.url("/hook/kiln?fail=2&status=503"), json={"number": number}) as answer:
            codes.append(answer.status)
    assert codes == [503, 503, 200]
    kept = web.ledger.delivered("kiln")
    assert [json.loads(one.body)["number"] for one in kept] == [0, 1, 2]
    assert [one.status for one in kept] == codes


async def test_a_flaky_page_comes_back(web, client):
    codes = []
    for _ in range(3):
        async with client.get(web.url("/flaky/a?fail=2&status=502")) as answer:
            codes.append(answer.status)
    assert codes == [502, 502, 200]


async def test_redirects_end_and_broken_answers_break(web, client):
    async with client.get(web.url("/redirect/3")) as answer:
        assert answer.url.path == "/i/0"
    for path in ("/reset", "/cut"):
        with pytest.raises(aiohttp.ClientError):
            await (await client.get(web.url(path))).read()


def test_in_a_process_of_its_own_it_counts_what_it_was_asked():
    with spawn(http_port=0, https_port=0) as web:
        with urllib.request.urlopen(web.url("/i/3"), timeout=10) as answer:
            assert item_mark(3) in answer.read().decode()
        assert web.summary()["hits"] == {f"{web.address}/i/3": 1}
