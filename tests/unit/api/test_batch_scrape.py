import asyncio
import dataclasses
import json

import pytest

from engine.scenes import WORKER, job_row
from webkiln import errors
from webkiln.engine.outcome import Completed, Failed
from webkiln.operations.specs import Specs

UUID = "0198a000-0000-7000-8000-00000000abcd"


async def start(client, clock, count=3, **more):
    urls = [f"https://site.test/{number}" for number in range(count)]
    answer = await client.post("/v2/batch/scrape", json={"urls": urls, **more})
    assert answer.status_code == 200, answer.text
    clock.advance(6)
    return answer.json()["id"]


async def finish(lifecycle, count, body=b'{"markdown":"hi"}'):
    held = await lifecycle.claim(WORKER, ["batch_scrape"], count)
    await lifecycle.finish(WORKER, [(task, Completed(body, credits=1)) for task in held])
    return held


async def test_a_batch_starts_with_links_to_itself(client):
    answer = await client.post(
        "/v2/batch/scrape",
        json={"urls": ["https://site.test/", "http://10.0.0.1/"]},
        headers={"Host": "a.test:7"},
    )
    body = answer.json()
    assert body == {
        "success": True,
        "id": body["id"],
        "url": f"http://a.test:7/v2/batch/scrape/{body['id']}",
        "invalidURLs": ["http://10.0.0.1/"],
    }


async def test_no_start_is_answered_before_it_is_on_disk(dial, parts, database):
    """What was acknowledged survives: the commit, which waits for the disk, comes before the answer."""
    release, writes = asyncio.Event(), []

    class Slow:
        async def read(self, work):
            return await database.read(work)

        async def write(self, work, *, durable=True):
            await release.wait()
            writes.append(durable)
            return await database.write(work, durable=durable)

    parts.batch_scrape._lifecycle.database = Slow()
    answering = asyncio.create_task(
        dial(parts).post("/v2/batch/scrape", json={"urls": ["https://site.test/"]})
    )
    await asyncio.sleep(0.1)
    assert not answering.done()
    release.set()
    assert (await answering).status_code == 200
    assert writes[0] is True


async def test_the_pages_are_held_until_the_answer_has_left(client, lifecycle, clock):
    await client.post("/v2/batch/scrape", json={"urls": ["https://site.test/"]})
    assert await lifecycle.claim(WORKER, ["batch_scrape"], 1) == []
    clock.advance(0.3)
    assert len(await lifecycle.claim(WORKER, ["batch_scrape"], 1)) == 1


async def test_a_status_shows_documents_in_order_of_completion_as_stored(client, lifecycle, clock):
    job_id = await start(client, clock)
    await finish(lifecycle, 1, b'{"a":  1}')
    await finish(lifecycle, 1, b'{"b":2}')
    answer = await client.get(f"/v2/batch/scrape/{job_id}")
    assert b'"data":[{"a":  1},{"b":2}],"next":' in answer.content
    body = answer.json()
    assert (body["success"], body["status"], body["completed"], body["total"]) == (True, "scraping", 2, 3)
    assert (body["creditsUsed"], body["duration"]) == (2, 6.0)
    assert "completedAt" not in body
    assert body["next"] == f"http://api.test/v2/batch/scrape/{job_id}?skip=2"


async def test_an_empty_page_of_a_running_batch_has_no_next(client, lifecycle, clock):
    """Clients follow it as fast as they can, until the batch has ended."""
    job_id = await start(client, clock)
    body = (await client.get(f"/v2/batch/scrape/{job_id}")).json()
    assert (body["status"], body["data"], "next" in body) == ("scraping", [], False)
    await finish(lifecycle, 2)
    first = (await client.get(f"/v2/batch/scrape/{job_id}?limit=2")).json()
    assert first["next"] == f"http://api.test/v2/batch/scrape/{job_id}?skip=2&limit=2"
    second = (await client.get(first["next"])).json()
    assert (second["status"], second["data"], "next" in second) == ("scraping", [], False)
    await finish(lifecycle, 1)
    assert len((await client.get(first["next"])).json()["data"]) == 1


async def test_the_last_page_of_an_ended_batch_has_no_next(client, lifecycle, clock):
    job_id = await start(client, clock)
    await finish(lifecycle, 3)
    body = (await client.get(f"/v2/batch/scrape/{job_id}?skip=1")).json()
    assert (body["status"], len(body["data"])) == ("completed", 2)
    assert "next" not in body
    assert {"createdAt", "completedAt", "expiresAt", "duration"} <= set(body)
    paged = (await client.get(f"/v2/batch/scrape/{job_id}?limit=2")).json()
    assert paged["next"].endswith("?skip=2&limit=2")


async def test_failed_pages_leave_the_total_and_are_listed_as_errors(client, lifecycle, clock):
    job_id = await start(client, clock)
    held = await lifecycle.claim(WORKER, ["batch_scrape"], 3)
    await lifecycle.finish(WORKER, [(task, Failed(errors.TlsFailed("no trust"))) for task in held])
    body = (await client.get(f"/v2/batch/scrape/{job_id}")).json()
    assert (body["status"], body["completed"], body["total"], body["data"]) == ("completed", 0, 0, [])
    listed = (await client.get(f"/v2/batch/scrape/{job_id}/errors")).json()
    assert (listed["success"], listed["robotsBlocked"]) == (True, [])
    assert [one["id"] for one in listed["errors"]] == sorted(task.id for task in held)
    one = listed["errors"][0]
    assert (one["url"], one["code"], one["error"]) == ("https://site.test/0", "SCRAPE_SSL_ERROR", "no trust")
    assert one["timestamp"].endswith("Z")


async def test_a_page_of_documents_stops_before_ten_megabytes(client, lifecycle, clock):
    job_id = await start(client, clock)
    await finish(lifecycle, 3, json.dumps({"markdown": "x" * 4_000_000}).encode())
    sizes, path = [], f"/v2/batch/scrape/{job_id}"
    while path:
        body = (await client.get(path)).json()
        sizes.append(len(body["data"]))
        path = body.get("next")
    assert sizes == [2, 1]


async def test_a_document_that_is_larger_than_a_page_comes_alone(client, lifecycle, clock):
    job_id = await start(client, clock, 2)
    await finish(lifecycle, 2, json.dumps({"markdown": "x" * 11_000_000}).encode())
    body = (await client.get(f"/v2/batch/scrape/{job_id}")).json()
    assert len(body["data"]) == 1
    assert body["next"].endswith("?skip=1")


@pytest.mark.parametrize(
    "query",
    [
        "skip=-1",
        "skip=abc",
        "limit=0",
        "limit=1.5",
        "limit=",
        "skip=%00",
        "skip=99999999999999999",
        "limit=1e9",
    ],
)
async def test_numbers_that_are_none_are_refused(client, query):
    answer = await client.get(f"/v2/batch/scrape/{UUID}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("query", ["skip=9007199254740991", "limit=9007199254740991", "skip=5&skip=0", "x=1"])
async def test_very_large_numbers_are_only_large(client, clock, query):
    job_id = await start(client, clock)
    answer = await client.get(f"/v2/batch/scrape/{job_id}?{query}")
    assert (answer.status_code, answer.json()["data"]) == (200, [])


async def test_a_cancel_is_true_when_it_is_answered(client, lifecycle, clock, database):
    job_id = await start(client, clock)
    held = await lifecycle.claim(WORKER, ["batch_scrape"], 2)
    for _ in range(2):
        answer = await client.delete(f"/v2/batch/scrape/{job_id}")
        assert (answer.status_code, answer.content) == (200, b'{"status":"cancelled"}')
    assert await lifecycle.finish(WORKER, [(task, Completed(b"{}", credits=1)) for task in held]) == 2
    body = (await client.get(f"/v2/batch/scrape/{job_id}")).json()
    assert (body["status"], body["completed"], body["total"], body["creditsUsed"]) == ("cancelled", 0, 0, 0)
    assert "next" not in body
    assert (await job_row(database, job_id)).cancelled == 3


async def test_a_completed_batch_is_not_cancelled(client, lifecycle, clock):
    job_id = await start(client, clock, 1)
    await finish(lifecycle, 1)
    answer = await client.delete(f"/v2/batch/scrape/{job_id}")
    assert (answer.status_code, answer.json()["success"]) == (409, False)
    assert (await client.get(f"/v2/batch/scrape/{job_id}")).json()["status"] == "completed"


async def test_ids_of_others_and_of_nobody_answer_alike_byte_for_byte(client, dial, parts, clock):
    job_id = await start(client, clock)
    stranger = dial(parts, await parts.auth._keys.create(team="other"))
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/errors")):
        answers = [await stranger.request(method, f"/v2/batch/scrape/{one}{path}") for one in (job_id, UUID)]
        assert answers[0].status_code == 404
        assert answers[0].content == answers[1].content


async def test_an_id_in_capitals_is_the_same_id(client, clock):
    job_id = await start(client, clock)
    assert (await client.get(f"/v2/batch/scrape/{job_id.upper()}")).status_code == 200


async def test_an_idempotency_key_answers_with_the_first_batch(client):
    body = {"urls": ["https://site.test/", "nonsense"], "checkPromptInjection": True}
    answers = [
        await client.post("/v2/batch/scrape", json=body, headers={"x-idempotency-key": "not-a-uuid"})
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    other = await client.post(
        "/v2/batch/scrape", json={"urls": ["https://site.test/"]}, headers={"x-idempotency-key": "not-a-uuid"}
    )
    assert other.status_code == 409


async def test_a_body_that_is_too_large_is_refused(client):
    answer = await client.post("/v2/batch/scrape", content=b"x" * 1_000_001)
    assert (answer.status_code, answer.json()) == (
        413,
        {"success": False, "error": "Request body is too large"},
    )


async def test_links_may_be_those_of_a_proxy_in_front(dial, parts):
    client = dial(dataclasses.replace(parts, public_url="https://kiln.example/"))
    answer = await client.post("/v2/batch/scrape", json={"urls": ["https://site.test/"]})
    assert answer.json()["url"].startswith("https://kiln.example/v2/batch/scrape/")


async def test_the_pages_learn_where_links_into_the_server_begin(client, lifecycle, clock):
    await start(client, clock, 1)
    (task,) = await lifecycle.claim(WORKER, ["batch_scrape"], 1)
    assert (await Specs(lifecycle.database).page(task.spec_id)).base_url == "http://api.test"
