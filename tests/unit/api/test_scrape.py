import asyncio
from dataclasses import replace

import pytest

from engine.scenes import WORKER, job_row
from engine.scripted import until
from webkiln.engine.outcome import Completed, Failed
from webkiln.errors import ScrapeTimeout
from webkiln.operations.kinds import SCRAPE
from webkiln.operations.specs import Specs

BODY = b'{"url":"https://site.test/"}'


async def taken(lifecycle):
    async def claim():
        return await lifecycle.claim(WORKER, [SCRAPE], 1)

    return (await until(claim))[0]


async def test_the_document_is_sent_as_it_is_stored(client, lifecycle):
    answering = asyncio.create_task(client.post("/v2/scrape", content=BODY))
    task = await taken(lifecycle)
    await lifecycle.finish(WORKER, [(task, Completed(b'{"markdown": "as  it is"}'))])
    answer = await answering
    assert answer.content == b'{"success":true,"data":{"markdown": "as  it is"}}'
    again = await client.get(f"/v2/scrape/{task.id}")
    assert again.content == answer.content


@pytest.mark.parametrize(
    ("public_url", "base_url"),
    [
        (None, "http://a.test:7"),
        ("https://kiln.example", "https://kiln.example"),
        ("https://kiln.example/under/", "https://kiln.example/under"),
    ],
)
async def test_a_page_learns_where_links_into_the_server_begin(dial, parts, lifecycle, public_url, base_url):
    client = dial(replace(parts, public_url=public_url))
    answering = asyncio.create_task(client.post("/v2/scrape", content=BODY, headers={"Host": "a.test:7"}))
    task = await taken(lifecycle)
    await lifecycle.finish(WORKER, [(task, Completed(b"{}"))])
    assert (await answering).status_code == 200
    assert (await Specs(lifecycle.database).page(task.spec_id)).base_url == base_url


async def test_a_failed_page_answers_with_its_error(client, lifecycle):
    answering = asyncio.create_task(client.post("/v2/scrape", content=BODY))
    task = await taken(lifecycle)
    await lifecycle.finish(WORKER, [(task, Failed(ScrapeTimeout("too slow")))])
    answer = await answering
    assert answer.status_code == 408
    assert answer.json() == {"success": False, "code": "SCRAPE_TIMEOUT", "error": "too slow"}


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("0198a000-0000-7000-8000-00000000abcd", 404, "Job not found."),
        ("nonsense", 400, "Invalid job ID format. Job ID must be a valid UUID."),
    ],
)
async def test_a_page_that_cannot_be_read_again(client, path, status, error):
    answer = await client.get(f"/v2/scrape/{path}")
    assert (answer.status_code, answer.json()) == (status, {"success": False, "error": error})


class Line:
    """One request over a connection that the test can cut."""

    def __init__(self, app, key):
        self.cut = asyncio.Event()
        self.sent = []
        self._body = [BODY]
        headers = [(b"authorization", f"Bearer {key}".encode()), (b"host", b"api.test")]
        scope = {
            "type": "http", "method": "POST", "path": "/v2/scrape", "raw_path": b"/v2/scrape",
            "root_path": "", "query_string": b"", "headers": headers, "scheme": "http",
            "server": ("api.test", 80), "client": ("127.0.0.1", 9),
            "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.request = asyncio.create_task(app(scope, self.receive, self.send))

    async def receive(self):
        if self._body:
            return {"type": "http.request", "body": self._body.pop(), "more_body": False}
        await self.cut.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)


@pytest.fixture
async def line(parts, app_over):
    return Line(app_over(parts), "fc-" + "5eed" * 8)


async def test_a_client_that_hangs_up_takes_its_page_along(line, lifecycle, database):
    task = await taken(lifecycle)
    line.cut.set()
    await line.request
    assert (await job_row(database, task.job_id)).state == "cancelled"


async def test_a_server_that_ends_answers_and_takes_the_page_along(line, lifecycle, database):
    task = await taken(lifecycle)
    line.request.cancel()
    await line.request
    assert (await job_row(database, task.job_id)).state == "cancelled"
    assert line.sent[0]["status"] == 503
