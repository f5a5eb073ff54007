import asyncio
import json

import orjson
import pytest

from webkiln import errors
from webkiln.api.envelope import UNEXPECTED, LastResort, error_response
from webkiln.store.sqlite import SqliteDatabase

JOB = "0198a000-0000-7000-8000-00000000abcd"
BATCH = f"/v2/batch/scrape/{JOB}"

CASES = [
    (errors.RequestError("No valid URLs provided"), 400, {"error": "No valid URLs provided"}),
    (
        errors.BadRequest("Bad Request", [{"code": "custom", "path": ["urls"], "message": "m"}]),
        400,
        {"code": "BAD_REQUEST", "error": "Bad Request",
         "details": [{"code": "custom", "path": ["urls"], "message": "m"}]},
    ),
    (errors.MalformedJson(), 400,
     {"code": "BAD_REQUEST_INVALID_JSON", "error": "Bad request, malformed JSON"}),
    (errors.InvalidSearch([]), 400, {"error": "Invalid request body", "details": []}),
    (errors.SearchNotConfigured(), 400,
     {"code": "SEARCH_NOT_CONFIGURED", "error": errors.SearchNotConfigured().message}),
    (errors.SearchFailed("?"), 500, {"code": "SEARCH_FAILED", "error": "?"}),
    (errors.Unauthorized(), 401, {"error": "Unauthorized"}),
    (errors.PaymentRequired(), 402, {"error": "Payment required to access this resource."}),
    (errors.Forbidden("not yours"), 403, {"error": "not yours"}),
    (errors.NotFound(), 404, {"error": "Job not found"}),
    (errors.Conflict("completed"), 409, {"error": "completed"}),
    (errors.BodyTooLarge(), 413, {"error": "Request body is too large"}),
    (errors.UnsupportedMediaType("not that"), 415, {"error": "not that"}),
    (errors.RateLimited("slow down", 7), 429, {"error": "slow down"}),
    (errors.Unavailable("busy"), 503, {"error": "busy"}),
    (errors.BlockedAddress(), 403, {"code": "unsafe_domain_blocked", "error": "URL blocked"}),
    (errors.InvalidTarget("no"), 400, {"code": "BAD_REQUEST", "error": "no"}),
    (errors.NameNotResolved("?"), 200, {"code": "SCRAPE_DNS_RESOLUTION_ERROR", "error": "?"}),
    (errors.TlsFailed("?"), 500, {"code": "SCRAPE_SSL_ERROR", "error": "?"}),
    (errors.SiteFailed("?"), 500, {"code": "SCRAPE_SITE_ERROR", "error": "?"}),
    (errors.ConnectionFailed("?"), 500, {"code": "SCRAPE_SITE_ERROR", "error": "?"}),
    (errors.ScrapeTimeout("?"), 408, {"code": "SCRAPE_TIMEOUT", "error": "?"}),
    (errors.NothingScraped("?"), 500, {"code": "SCRAPE_ALL_ENGINES_FAILED", "error": "?"}),
    (errors.UnsupportedFile("?"), 500, {"code": "SCRAPE_UNSUPPORTED_FILE_ERROR", "error": "?"}),
    (errors.ProfileBusy("?"), 409, {"code": "SCRAPE_PROFILE_BUSY", "error": "?"}),
    (errors.ProfileLimit("?"), 409, {"code": "SCRAPE_PROFILE_LIMIT", "error": "?"}),
    (errors.BrowserUnavailable("?"), 500, {"code": "SCRAPE_ALL_ENGINES_FAILED", "error": "?"}),
    (errors.BrowserLost("?"), 500, {"code": "SCRAPE_ALL_ENGINES_FAILED", "error": "?"}),
    (errors.DriverUnavailable("?"), 500, {"code": "SCRAPE_ALL_ENGINES_FAILED", "error": "?"}),
    (errors.MemoryExceeded("?"), 500, {"code": "SCRAPE_MEMORY_EXCEEDED", "error": "?"}),
    (errors.ActionFailed("?"), 500, {"code": "SCRAPE_ACTION_ERROR", "error": "?"}),
    (errors.ActionsNotSupported("?"), 400, {"code": "SCRAPE_ACTIONS_NOT_SUPPORTED", "error": "?"}),
    (errors.NoCachedData("?"), 404, {"code": "SCRAPE_NO_CACHED_DATA", "error": "?"}),
    (errors.LockdownCacheMiss("?"), 404, {"code": "SCRAPE_LOCKDOWN_CACHE_MISS", "error": "?"}),
    (errors.MapFailed("?"), 500, {"code": "MAP_FAILED", "error": "?"}),
    (errors.MapTimeout("?"), 408, {"code": "MAP_TIMEOUT", "error": "?"}),
    (errors.CrawlDenial("?"), 500, {"code": "CRAWL_DENIAL", "error": "?"}),
    (errors.RobotsBlocked("?"), 500, {"code": "ROBOTS_BLOCKED", "error": "?"}),
    (errors.RacedRedirect("?"), 500, {"code": "SCRAPE_RACED_REDIRECT_ERROR", "error": "?"}),
    (errors.JobCancelled("?"), 500, {"code": "SCRAPE_JOB_CANCELLED", "error": "?"}),
    (errors.RetryLimit("?"), 500, {"code": "SCRAPE_RETRY_LIMIT", "error": "?"}),
    (errors.UnexpectedFailure("?"), 500, {"code": "UNKNOWN_ERROR", "error": "?"}),
]  # fmt: skip


@pytest.mark.parametrize(("error", "status", "body"), CASES, ids=lambda case: type(case).__name__)
def test_every_error_has_its_status_and_body(error, status, body):
    response = error_response(error)
    assert response.status_code == status
    assert json.loads(response.body) == {"success": False, **body}
    assert response.headers["content-type"] == "application/json"


def test_no_error_of_the_tree_is_missing_above():
    def every(kind):
        return {kind} | {one for child in kind.__subclasses__() for one in every(child)}

    ours = {kind for kind in every(errors.WebkilnError) if kind.__module__ == errors.__name__}
    roots = {errors.WebkilnError, errors.ScrapeError}
    assert ours - roots == {type(error) for error, _, _ in CASES}


@pytest.mark.parametrize(
    ("error", "after"), [(errors.RateLimited("x", 7), "7"), (errors.Unavailable("x"), "1")]
)
def test_who_may_come_again_is_told_when(error, after):
    assert error_response(error).headers["retry-after"] == after


async def test_the_404_of_a_cancel_is_exactly_the_published_one(client):
    answer = await client.delete(BATCH)
    assert (answer.status_code, answer.content) == (404, b'{"error":"Batch scrape job not found."}')


async def test_the_500_of_a_cancel_is_exactly_the_published_one(dial, broken, logs):
    answer = await dial(broken).delete(BATCH)
    assert (answer.status_code, answer.content) == (
        500,
        b'{"error":"An unexpected error occurred on the server."}',
    )
    assert answer.headers["content-type"] == "application/json"
    assert [(entry["event"], entry["path"]) for entry in logs] == [("request failed unexpectedly", BATCH)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v2/scrape", {"url": "https://site.test/"}),
        ("GET", f"/v2/scrape/{JOB}", None),
        ("POST", "/v2/batch/scrape", {"urls": ["https://site.test/"]}),
        ("GET", BATCH, None),
        ("GET", f"{BATCH}/errors", None),
        ("GET", "/v2/team/credit-usage", None),
        ("GET", "/v2/team/token-usage/historical", None),
        ("GET", "/v2/team/queue-status", None),
        ("GET", "/v2/team/activity", None),
        ("GET", "/v2/concurrency-check", None),
        ("GET", "/metrics", None),
        ("GET", "/v0/health/readiness", None),
    ],
)
async def test_a_fault_anywhere_else_is_unknown_and_says_nothing_of_its_cause(
    dial, broken, method, path, body
):
    answer = await dial(broken).request(method, path, json=body)
    assert answer.status_code == 500
    assert answer.json() == {"success": False, "error": UNEXPECTED, "code": "UNKNOWN_ERROR"}
    assert "secret" not in answer.text


@pytest.mark.parametrize(("noun", "name"), [("batch/scrape", "Batch scrape"), ("crawl", "Crawl")])
async def test_a_cancel_of_nothing_is_answered_with_nothing_but_the_error(client, noun, name):
    answer = await client.delete(f"/v2/{noun}/0198a000-0000-7000-8000-000000000000")
    assert (answer.status_code, answer.json()) == (404, {"error": f"{name} job not found."})


@pytest.mark.parametrize("noun", ["batch/scrape", "crawl"])
async def test_other_errors_of_a_cancel_keep_the_usual_form(client, noun):
    answer = await client.delete(f"/v2/{noun}/nonsense")
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "error": "Invalid job ID format. Job ID must be a valid UUID.",
    }


async def test_unknown_paths_and_methods_answer_in_the_same_form(client):
    unknown = await client.post("/v2/extract")
    told = {"success": False, "error": "There is no POST /v2/extract on this server"}
    assert (unknown.status_code, unknown.json()) == (404, told)
    assert len((await client.get(f"/{'x' * 9000}")).content) < 300
    wrong = await client.put("/v2/scrape")
    told = {"success": False, "error": "There is no PUT /v2/scrape on this server"}
    assert (wrong.status_code, wrong.json()) == (405, told)
    assert "POST" in wrong.headers["allow"]
    slash = await client.get("/v2/team/nonsense/")
    assert slash.status_code == 404  # no redirect: clients do not follow any


async def test_a_damaged_database_is_an_outage_and_not_a_fault(client, database, parts):
    """The answer says when to come back, and never more than what the driver says."""
    before = database.path.stat().st_size
    with database.path.open("r+b") as file:
        file.write(b"\xff" * before)
    reopened = SqliteDatabase(database.path)
    parts.batch_scrape._lifecycle.database = reopened
    parts.auth._keys._database = reopened
    for answer in (await client.delete(BATCH), await client.get(BATCH), await client.get("/metrics")):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["error"] == "The database does not answer: file is not a database"
    assert (await client.get("/v0/health/liveness")).status_code == 200
    parts.health._lifecycle.database = reopened
    ready = await client.get("/v0/health/readiness")
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "1")
    await reopened.close()


async def called(app, scope):
    """Call an ASGI app; return what it sent and what it raised."""
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    try:
        await app({"method": "GET", "path": "/", "headers": [], **scope}, receive, send)
    except BaseException as error:  # noqa: BLE001 (a test of what falls out)
        return sent, error
    return sent, None


def failing(error, *first):
    async def app(_scope, _receive, send):
        for message in first:
            await send(message)
        raise error

    return LastResort(app)


async def test_after_the_answer_has_begun_a_fault_can_only_cut_it_off():
    start = {"type": "http.response.start", "status": 200, "headers": []}
    sent, error = await called(failing(RuntimeError(), start), {"type": "http"})
    assert sent == [start]
    assert isinstance(error, RuntimeError)


async def test_a_request_cut_off_by_the_end_of_the_server_is_told_to_come_back():
    """Every request that was accepted gets an answer; the connection is not just dropped."""
    sent, error = await called(failing(asyncio.CancelledError()), {"type": "http"})
    assert error is None  # the server would log it as a fault
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]
    body = orjson.loads(sent[1]["body"])
    assert (body["success"], set(body)) == (False, {"success", "error"})


async def test_a_fault_while_watching_closes_the_socket_with_its_code():
    accept = {"type": "websocket.accept"}
    sent, error = await called(failing(RuntimeError("the secret cause"), accept), {"type": "websocket"})
    assert error is None
    assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1011)
    assert json.loads(sent[-1]["reason"]) == {"type": "error", "error": UNEXPECTED}
