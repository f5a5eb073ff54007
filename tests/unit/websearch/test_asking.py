import asyncio

import pytest
import trustme
from aiohttp import web

from smallsearch import KEY
from webkiln.websearch.asking import Asking
from webkiln.websearch.query import ProviderFailed


async def refused(asking, engines, answer):
    engines.instead["searxng"] = answer
    with pytest.raises(ProviderFailed) as caught:
        await asking.get(f"{engines.url('searxng')}/search", {"q": KEY}, {"X-Key": KEY})
    assert KEY not in str(caught.value)
    assert str(engines.port) not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 204])
async def test_any_other_status_is_a_failure(asking, engines, status):
    async def answer(_request):
        return web.Response(status=status, text=f"the key {KEY} is not good")

    assert await refused(asking, engines, answer) == f"HTTP {status}"


async def test_redirects_are_not_followed(asking, engines):
    async def answer(_request):
        raise web.HTTPFound(engines.url("serper"))

    assert await refused(asking, engines, answer) == "HTTP 302, and redirects are not followed"
    assert len(engines.asked) == 1


@pytest.mark.parametrize("body", ["<html>", "", "[1, 2]", '"text"', '{"a": ', "\xff"])
async def test_what_is_no_object_is_a_failure(asking, engines, body):
    async def answer(_request):
        return web.Response(text=body, content_type="application/json")

    assert await refused(asking, engines, answer) == "its answer is not JSON"


@pytest.mark.parametrize("coding", [None, "gzip", "deflate"])
async def test_an_answer_that_is_too_large_is_a_failure_however_it_is_packed(asking, engines, coding):
    async def answer(_request):
        response = web.Response(text='{"a": "' + "x" * 3_000_000 + '"}')
        if coding is not None:
            response.enable_compression(web.ContentCoding(coding))
        return response

    assert await refused(asking, engines, answer) == "its answer is larger than 2 MiB"


async def test_an_answer_that_does_not_come_is_a_failure(engines):
    async def answer(_request):
        await asyncio.sleep(30)
        return web.Response()

    asking = Asking(timeout_s=0.1)
    assert await refused(asking, engines, answer) == "no answer within 0.1 s"
    await asking.close()


async def test_nobody_there_is_a_failure(asking, engines, unused_port):
    with pytest.raises(ProviderFailed, match="no connection came about"):
        await asking.get(f"http://127.0.0.1:{unused_port}/", {})
    assert engines.asked == []


async def test_a_connection_that_breaks_is_a_failure(asking, engines):
    async def answer(request):
        request.transport.abort()
        return web.Response()

    assert await refused(asking, engines, answer) == "the connection failed"


async def test_questions_carry_their_headers_and_no_cookie(asking, engines):
    async def answer(_request):
        response = web.json_response({"ok": True})
        response.set_cookie("a", "b")
        return response

    engines.instead["tavily"] = answer
    for _ in range(2):
        address = f"{engines.url('tavily')}/search"
        assert await asking.post(address, {"q": "ü"}, {"Authorization": "x"}) == {"ok": True}
    assert engines.asked[1].values == {"q": "ü"}
    assert engines.asked[1].headers["Authorization"] == "x"
    assert "Cookie" not in engines.asked[1].headers


async def test_an_authority_of_ones_own_is_trusted(tmp_path):
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    await Asking(timeout_s=1, extra_ca_file=tmp_path / "ca.pem").close()
    with pytest.raises(OSError, match="No such file"):
        Asking(timeout_s=1, extra_ca_file=tmp_path / "none.pem")
