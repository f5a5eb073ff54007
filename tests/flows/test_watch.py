import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from flows.client import until


def watch(api, job_id, **options):
    return connect(f"{api.url.replace('http', 'ws', 1)}/v2/batch/scrape/{job_id}", max_size=None, **options)


def bearer(api):
    return {"additional_headers": {"Authorization": f"Bearer {api.key}"}}


def read_all(socket):
    messages = []
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            messages.append(json.loads(socket.recv(timeout=30)))
    return messages, closed.value.rcvd


def test_a_watcher_sees_every_document_once_and_the_end(api, web):
    job_id = api.start([web.url(f"/i/{number}?ms={number * 40}") for number in range(10)], maxAge=0)
    with watch(api, job_id, **bearer(api)) as socket:
        messages, closed = read_all(socket)
    assert messages[0]["type"] == "catchup"
    assert messages[0]["data"]["status"] == "scraping"
    seen = [page["metadata"]["sourceURL"] for page in messages[0]["data"]["data"]]
    seen += [
        message["data"]["metadata"]["sourceURL"] for message in messages if message["type"] == "document"
    ]
    assert sorted(seen) == sorted(web.url(f"/i/{number}?ms={number * 40}") for number in range(10))
    assert messages[-1]["type"] == "done"
    assert (messages[-1]["data"]["completed"], messages[-1]["data"]["status"]) == (10, "completed")
    assert (closed.code, closed.reason) == (1000, '{"type":"done"}')


def test_the_key_may_come_as_subprotocol_which_is_echoed(api, web):
    job_id = api.start([web.url("/i/1")], maxAge=0)
    with watch(api, job_id, subprotocols=[api.key]) as socket:
        assert socket.subprotocol == api.key
        messages, closed = read_all(socket)
    assert (messages[-1]["type"], closed.code) == ("done", 1000)


def test_a_cancelled_batch_ends_the_watch_without_done(api, web):
    job_id = api.start([web.url("/slow?ms=30000")], maxAge=0)
    with watch(api, job_id, **bearer(api)) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "catchup"
        api.delete(f"/v2/batch/scrape/{job_id}")
        messages, closed = read_all(socket)
    assert (messages, closed.code) == ([], 1000)


def test_a_finished_batch_is_caught_up_at_once(api, web):
    job_id = api.start([web.url(f"/i/{number}") for number in range(130)], maxAge=0)
    api.wait(job_id)
    with watch(api, job_id, **bearer(api)) as socket:
        messages, _ = read_all(socket)
    assert len(messages[0]["data"]["data"]) == 100
    assert [message["type"] for message in messages[1:]] == ["document"] * 30 + ["done"]


@pytest.mark.parametrize(
    ("job_id", "key", "code"),
    [
        ("0198a000-0000-7000-8000-000000000000", None, 1008),
        ("nonsense", None, 1008),
        ("0198a000-0000-7000-8000-000000000000", "fc-00000000000000000000000000000000", 3000),
    ],
)
def test_what_is_wrong_is_said_and_said_again_by_the_close(api, job_id, key, code):
    headers = {"additional_headers": {"Authorization": f"Bearer {key or api.key}"}}
    with watch(api, job_id, **headers) as socket:
        messages, closed = read_all(socket)
    assert closed.code == code
    assert messages == [json.loads(closed.reason)]
    assert messages[0]["type"] == "error"


def test_a_foreign_batch_looks_unknown_to_a_watcher(api, web):
    job_id = api.start([web.url("/i/1")])
    with watch(api, job_id, **bearer(api.another_team())) as socket:
        _, closed = read_all(socket)
    assert closed.code == 1008
    until(lambda: api.status(job_id), lambda found: found["status"] == "completed")
