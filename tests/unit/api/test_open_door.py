"""With keys switched off: what clients send passes, what a web page can have a browser send does not."""

import pytest

from webkiln.api.open_door import OpenDoor

JSON = {"content-type": "application/json", "content-length": "2"}


class Behind:
    """Notes whether anything came through."""

    def __init__(self):
        self.reached = False

    async def __call__(self, *_asgi):
        self.reached = True


async def knock(
    headers, *, method="GET", path="/v2/scrape", kind="http", server=("192.0.2.7", 3002), hosts=()
):
    """Return the status, None for what passed; a WebSocket's is its close code."""
    behind, said = Behind(), []

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        said.append(message)

    pairs = headers.items() if isinstance(headers, dict) else headers
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
        "server": server,
    }
    await OpenDoor(behind, hosts)(scope, receive, send)
    assert behind.reached is not bool(said)
    return None if behind.reached else said[0].get("status", said[0].get("code"))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:3002",
        "LOCALHOST:3002",
        "localhost.:3002",
        "app.localhost:3002",
        "127.0.0.1:3002",
        "127.8.9.1",
        "[::1]:3002",
        "192.0.2.7:3002",  # where the connection came to
        "kiln.corp",
        "kiln.corp:80",
        "[2001:db8::5]:3002",
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_servers_own_names_are_served(host, kind):
    hosts = ["Kiln.corp", "2001:db8::5"]
    assert await knock({"host": host}, hosts=hosts, kind=kind) is None
    origin = f"http://{host}"
    assert await knock({"host": host, "origin": origin}, hosts=hosts, kind=kind) is None


FOREIGN = [
    "pots.test",
    "pots.test:3002",
    "localhost.pots.test",
    "127.0.0.1.pots.test",
    "notlocalhost",
    "192.0.2.8:3002",
    "localhost@pots.test",
    "pots.test/localhost",
    "pots.test#localhost",
    "localhost:x",
    "",
    "\xe9",
]


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(("kind", "refused"), [("http", 403), ("websocket", 1008)])
async def test_a_name_that_is_somebody_elses_is_refused(host, kind, refused):
    """A page whose name was rebound to this server asks for it by that name."""
    assert await knock({"host": host}, kind=kind) == refused
    assert await knock([("host", "localhost"), ("host", host)], kind=kind) == refused
    assert await knock({"host": "localhost", "origin": f"https://{host}"}, kind=kind) == refused


@pytest.mark.parametrize(
    "origin", ["null", "file://", "chrome-extension://abc", "localhost", "data:", "http:/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_origin_without_a_host_is_refused(origin, method):
    assert await knock({"host": "localhost", "origin": origin, **JSON}, method=method) == 403


async def test_a_request_without_a_host_is_refused():
    assert await knock({}) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        (JSON, None),
        ({"content-type": "application/json; charset=utf-8", "transfer-encoding": "chunked"}, None),
        ({"content-type": "Application/JSON"}, None),
        ({}, None),  # nothing is sent
        ({"content-length": "0"}, None),
        ({"content-length": "2"}, 415),
        ({"transfer-encoding": "chunked"}, 415),
        ({"content-type": "text/plain", "content-length": "2"}, 415),
        ({"content-type": "text/plain", "content-length": "0"}, 415),
        ({"content-type": "text/plain; x=application/json", "content-length": "2"}, 415),
        ({"content-type": "application/x-www-form-urlencoded", "content-length": "2"}, 415),
        ({"content-type": "multipart/form-data; boundary=x", "content-length": "2"}, 415),
    ],
)
async def test_a_body_is_json_and_says_so(method, headers, refused):
    """What else a form or a script can send, it may send to anybody without asking first."""
    assert await knock({"host": "localhost", **headers}, method=method) == refused


async def test_a_second_type_does_not_hide_behind_the_first():
    both = [("host", "localhost"), ("content-type", "application/json"), ("content-type", "text/plain")]
    assert await knock(both, method="POST") == 415


async def test_health_is_told_by_any_name():
    assert await knock({"host": "10.1.2.3:3002"}, path="/v0/health/readiness") is None
