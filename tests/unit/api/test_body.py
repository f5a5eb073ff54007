import asyncio

import pytest
from starlette.requests import Request

from webkiln import errors
from webkiln.api.body import read_body, read_model
from webkiln.contract.batch_scrape import BatchScrapeRequest

MB = 1_000_000


def arriving(*chunks, then_gone=False):
    """Make a request whose body arrives in these chunks; it ends, or the client goes away."""
    waiting = list(chunks)

    async def receive():
        await asyncio.sleep(0)
        if waiting:
            more = len(waiting) > 1 or then_gone
            return {"type": "http.request", "body": waiting.pop(0), "more_body": more}
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "headers": []}, receive), waiting


async def test_a_body_is_put_together():
    request, _ = arriving(b'{"a"', b":", b"1}")
    assert await read_body(request, 100) == b'{"a":1}'


async def test_a_body_may_be_empty():
    request, _ = arriving(b"")
    assert await read_body(request, 100) == b""


@pytest.mark.parametrize("chunks", [[b"x" * 101], [b"x" * 60, b"x" * 41]])
async def test_a_body_past_the_limit_is_refused(chunks):
    request, _ = arriving(*chunks)
    with pytest.raises(errors.BodyTooLarge):
        await read_body(request, 100)


async def test_a_body_at_the_limit_is_taken():
    request, _ = arriving(b"x" * 50, b"x" * 50)
    assert len(await read_body(request, 100)) == 100


async def test_an_endless_body_is_not_read_to_its_end():
    request, waiting = arriving(*[b"x" * MB] * 100)
    with pytest.raises(errors.BodyTooLarge):
        await read_body(request, MB)
    assert len(waiting) > 90


async def test_a_client_that_goes_away_in_the_middle_is_no_fault_of_ours():
    request, _ = arriving(b"{", then_gone=True)
    with pytest.raises(errors.BadRequest, match="did not arrive"):
        await read_body(request, 100)


async def test_a_body_becomes_its_model():
    raw = b'{"urls":["https://site.test/"],"checkPromptInjection":true}'
    request, _ = arriving(raw)
    model, warnings, read = await read_model(request, BatchScrapeRequest, MB)
    assert model.urls == ["https://site.test/"]
    assert len(warnings) == 1
    assert read == raw


@pytest.mark.parametrize("size", [10, 300_000])
async def test_what_is_wrong_with_a_body_is_said_whatever_its_size(size):
    request, _ = arriving(b'{"urls":["' + b"x" * size + b'"],"no_such_key":1}')
    with pytest.raises(errors.BadRequest, match="Unrecognized key"):
        await read_model(request, BatchScrapeRequest, MB)
    request, _ = arriving(b'{"urls":["' + b"x" * size)
    with pytest.raises(errors.MalformedJson):
        await read_model(request, BatchScrapeRequest, MB)
