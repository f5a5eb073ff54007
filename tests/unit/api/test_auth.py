import base64
import dataclasses

import pytest
from starlette.requests import HTTPConnection

from engine.scenes import TEAM, WORKER
from webkiln import errors
from webkiln.api.auth import Auth, RateLimit, bearer_token
from webkiln.engine.outcome import Completed
from webkiln.operations.caller import Caller
from webkiln.operations.keys import Keys

KEY = "fc-" + "5eed" * 8


def connection(authorization=None, subprotocols=()):
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    return HTTPConnection({"type": "websocket", "headers": headers, "subprotocols": list(subprotocols)})


@pytest.mark.parametrize(
    ("authorization", "token"),
    [
        ("Bearer fc-1", "fc-1"),
        ("bearer   fc-1  ", "fc-1"),
        ("Token fc-1", "fc-1"),  # the scheme word is not checked (contract §1.3)
        ("Bearer fc-1 more", "fc-1"),
        ("Basic " + base64.b64encode(b"anybody:fc-1").decode(), "fc-1"),
        ("Basic " + base64.b64encode(b"anybody:my:secret").decode(), "my:secret"),
        ("Basic " + base64.b64encode(b"my-secret").decode(), "my-secret"),
        ("Basic not-base64", "not-base64"),
        ("Bearer \xe9\xff", "\xe9\xff"),
    ],
)
def test_the_token_is_the_second_word(authorization, token):
    assert bearer_token(connection(authorization)) == token


@pytest.mark.parametrize(
    ("authorization", "text"),
    [(None, "Unauthorized"), ("", "Unauthorized: Token missing"), ("Bearer", "Unauthorized: Token missing")],
)
def test_without_a_token_the_contracts_texts_are_said(authorization, text):
    with pytest.raises(errors.Unauthorized) as caught:
        bearer_token(connection(authorization))
    assert caught.value.message == text


def test_a_password_that_a_browser_knows_does_not_let_pages_of_others_ask():
    password = "Basic " + base64.b64encode(b":fc-1").decode()
    forged = HTTPConnection(
        {
            "type": "http",
            "headers": [(b"authorization", password.encode()), (b"origin", b"http://pots.test")],
        }
    )
    with pytest.raises(errors.Unauthorized):
        bearer_token(forged)


def test_a_watcher_may_bring_its_key_as_the_subprotocol():
    assert bearer_token(connection(subprotocols=["fc-1", "fc-2"])) == "fc-1"
    assert bearer_token(connection("Bearer fc-9", ["fc-1"])) == "fc-9"


@pytest.mark.parametrize(
    "key", [KEY, KEY.upper().replace("FC-", "fc-"), KEY[3:], "5eed5eed-5eed-5eed-5eed-5eed5eed5eed"]
)
async def test_a_key_may_be_spelled_as_a_uuid_too(dial, parts, key):
    assert (await dial(parts, key).get("/v2/team/credit-usage")).status_code == 200


@pytest.mark.parametrize(
    "key", ["fc-" + "0" * 32, "nonsense", "fc-", "'; DROP TABLE api_keys; --", KEY + "0"]
)
async def test_an_unknown_key_is_refused(dial, parts, key):
    answer = await dial(parts, key).get("/v2/team/credit-usage")
    assert (answer.status_code, answer.json()) == (
        401,
        {"success": False, "error": "Unauthorized: Invalid token"},
    )


PATHS = [
    ("POST", "/v2/scrape"), ("GET", f"/v2/scrape/{TEAM}"), ("POST", "/v2/batch/scrape"),
    ("GET", f"/v2/batch/scrape/{TEAM}"), ("DELETE", f"/v2/batch/scrape/{TEAM}"),
    ("GET", f"/v2/batch/scrape/{TEAM}/errors"), ("GET", "/v2/team/credit-usage"),
    ("GET", "/v2/team/token-usage"),
    ("GET", "/v2/team/credit-usage/historical"), ("GET", "/v2/team/token-usage/historical"),
    ("GET", "/v2/team/queue-status"), ("GET", "/v2/team/activity"),
    ("GET", "/v2/concurrency-check"), ("GET", "/metrics"), ("GET", "/openapi.json"), ("GET", "/docs"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_nothing_but_health_and_the_banner_answers_without_a_key(dial, parts, method, path):
    answer = await dial(parts, None).request(method, path)
    assert (answer.status_code, answer.json()) == (401, {"success": False, "error": "Unauthorized"})


@pytest.mark.parametrize("path", ["/", "/v0/health/liveness", "/v0/health/readiness"])
async def test_health_and_the_banner_need_no_key(dial, parts, path):
    assert (await dial(parts, None).get(path)).status_code == 200


async def test_a_bad_id_without_a_key_is_told_of_the_key_first(dial, parts):
    assert (await dial(parts, None).delete("/v2/batch/scrape/nonsense")).status_code == 401


async def test_a_revoked_key_is_refused_at_once(client, parts):
    (key,) = await parts.auth._keys.list_all()
    assert (await client.get("/v2/team/credit-usage")).status_code == 200
    assert await parts.auth._keys.revoke(key.id)
    assert (await client.get("/v2/team/credit-usage")).status_code == 401


async def test_a_key_past_its_limit_may_look_but_not_work(parts, lifecycle, dial, clock):
    key = await parts.auth._keys.create(name="small", credit_limit=2)
    client = dial(parts, key)
    answer = await client.post("/v2/batch/scrape", json={"urls": ["https://site.test/"] * 2})
    assert answer.status_code == 200
    clock.advance(10)
    held = await lifecycle.claim(WORKER, ["batch_scrape"], 5)
    await lifecycle.finish(WORKER, [(task, Completed(b"{}", credits=1)) for task in held])
    for path in ("/v2/scrape", "/v2/batch/scrape"):
        refused = await client.post(path, json={"url": "https://site.test/"})
        assert (refused.status_code, refused.json()) == (
            402,
            {"success": False, "error": "Payment required to access this resource."},
        )
    assert (await client.get(f"/v2/batch/scrape/{answer.json()['id']}")).status_code == 200
    clock.advance(86_400 * 31)  # the next month
    assert (await client.post("/v2/batch/scrape", json={"urls": ["https://site.test/"]})).status_code == 200


async def test_a_batch_that_costs_more_than_is_left_is_not_begun(parts, dial):
    client = dial(parts, await parts.auth._keys.create(name="small", credit_limit=2))
    refused = await client.post("/v2/batch/scrape", json={"urls": ["https://site.test/"] * 3})
    assert refused.status_code == 402
    fits = await client.post("/v2/batch/scrape", json={"urls": ["https://site.test/"] * 2})
    assert fits.status_code == 200


def limited(parts, clock, per_minute):
    keys = parts.auth._keys
    return dataclasses.replace(parts, auth=Auth(keys, RateLimit(per_minute, clock), everybody=None))


async def test_past_the_limit_a_client_is_told_when_to_come_back(parts, dial, clock):
    client = dial(limited(parts, clock, 2))
    body = {"urls": ["https://site.test/"]}
    clock.advance(5)
    for _ in range(2):
        assert (await client.post("/v2/batch/scrape", json=body)).status_code == 200
    clock.advance(20.5)
    refused = await client.post("/v2/batch/scrape", json=body)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")
    assert refused.json()["error"].startswith("Rate limit exceeded. Consumed (req/min): 2, Remaining")
    clock.advance(39.5)
    assert (await client.post("/v2/batch/scrape", json=body)).status_code == 200


async def test_watching_has_a_limit_of_its_own(parts, dial, clock):
    client = dial(limited(parts, clock, 1))
    statuses = [(await client.get(f"/v2/batch/scrape/{TEAM}")).status_code for _ in range(11)]
    assert statuses == [404] * 10 + [429]
    assert (await client.get("/v2/team/queue-status")).status_code == 200
    assert (await client.post("/v2/batch/scrape", json={"urls": ["https://site.test/"]})).status_code == 200


def test_every_key_has_its_own_window(clock):
    limit = RateLimit(1, clock)
    limit.count("a", "scrape")
    limit.count("b", "scrape")
    with pytest.raises(errors.RateLimited):
        limit.count("a", "scrape")


def test_no_limit_is_no_limit(clock):
    limit = RateLimit(0, clock)
    for _ in range(10_000):
        limit.count("a", "scrape")
    assert limit._windows == {}


def test_windows_that_are_over_are_forgotten(clock):
    limit = RateLimit(1, clock)
    for number in range(100):
        limit.count(f"key {number}", "scrape")
    clock.advance(61)
    limit.count("key 0", "scrape")
    assert len(limit._windows) == 1


async def test_with_keys_switched_off_everybody_is_one(parts, dial, clock):
    keys = Keys(parts.auth._keys._database, clock=clock)
    everybody = await keys.default_caller()
    assert isinstance(everybody, Caller)
    assert everybody == await keys.default_caller()
    open_parts = dataclasses.replace(parts, auth=Auth(keys, RateLimit(0), everybody=everybody))
    assert (await dial(open_parts, None).get("/v2/team/credit-usage")).status_code == 200
    assert (await dial(open_parts, "nonsense").get("/v2/team/credit-usage")).status_code == 200
