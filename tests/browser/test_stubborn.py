"""A site over plain HTTP that never closes a connection, whatever it is asked (threat: mixed-up requests)."""

import contextlib
import socketserver
import threading

import pytest

from browser.pages import page
from browser.site import HOME, OTHER, PIXEL

MOVES = page("<p>On the way.</p><script>location.href = '/next'</script>")
FETCHES = page(
    "<p id=data>Nothing yet.</p><script>fetch('/data.json').then(one => one.text())"
    ".then(text => document.getElementById('data').textContent = text)</script>"
)
LINKS = page("<link rel=stylesheet href=/a.css><img src=/i.png><a id=go href=/next>Go on</a>")
MANY = page(
    "".join(f"<img src=/i.png?{n}><img src='http://{OTHER}:PORT/i.png?{n}'>" for n in range(40))
    + "<p>Eighty shards.</p>"
)
POSTS = page(
    "<p id=data>Nothing yet.</p><script>"
    "fetch('/echo', {method: 'POST', body: 'fired '.repeat(5)}).then(one => one.text())"
    ".then(text => document.getElementById('data').textContent = text)</script>"
)
FILES = {
    "/moves": MOVES,
    "/fetches": FETCHES,
    "/links": LINKS,
    "/many": MANY,
    "/posts": POSTS,
    "/next": page("<p>The next page of the kiln book.</p>"),
    "/data.json": "the data has arrived",
    "/a.css": "p { color: teal }",
}


class Stubborn(socketserver.StreamRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    head += line
                self.answer(head.decode("latin-1").split("\r\n")[:-2])

    def answer(self, lines):
        self.server.heard.append(lines)
        path = lines[0].split(" ")[1]
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        body = self.rfile.read(int(fields.get("content-length", 0)))
        found = FILES.get(path.partition("?")[0])
        kind = {"css": "text/css", "json": "text/plain"}.get(path.rpartition(".")[2], "text/html")
        status = "200 OK"
        if path.startswith("/i.png"):
            found, kind = PIXEL, "image/png"
        elif path == "/echo":
            found, kind = body, "text/plain"
        elif found is None:
            found, status = page("<p>not here</p>"), "404 Not Found"
        if isinstance(found, str):
            found = found.replace("PORT", str(self.server.server_address[1])).encode()
        self.wfile.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(found)}\r\n"
            "Connection: keep-alive\r\nKeep-Alive: timeout=100\r\n\r\n".encode()
            + found
        )


@pytest.fixture(scope="module")
def stubborn(site):
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        block_on_close = False
        request_queue_size = 256

    with Server((site.address, 0), Stubborn) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def shown(stubborn, together):
    port = stubborn.server_address[1]
    wanted = {
        "moves": {"waitFor": 300},
        "fetches": {"waitFor": 300},
        "posts": {"waitFor": 300},
        "many": {"waitFor": 1},
        "links": {
            "actions": [{"type": "click", "selector": "#go"}, {"type": "wait", "selector": "p"}],
        },
    }
    pages = {name: {"url": f"http://{HOME}:{port}/{name}", **more} for name, more in wanted.items()}
    return {name: answer.body["data"] for name, answer in together(**pages).items()}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("moves", "The next page of the kiln book."),
        ("links", "The next page of the kiln book."),
        ("fetches", "the data has arrived"),
        ("posts", "fired fired fired fired fired"),
        ("many", "Eighty shards."),
    ],
)
def test_what_a_page_asks_for_later_reaches_it(shown, name, text):
    assert shown[name]["metadata"]["statusCode"] == 200
    assert text in shown[name]["markdown"]


def test_every_request_is_one_that_a_site_expects(shown, stubborn):
    assert shown
    assert {lines[0].split(" ")[1][:1] for lines in stubborn.heard} == {"/"}
    assert not [line for lines in stubborn.heard for line in lines if line.lower().startswith("proxy-")]
    hosts = {line.partition(": ")[2] for lines in stubborn.heard for line in lines if line.startswith("Host")}
    assert hosts == {f"{name}:{stubborn.server_address[1]}" for name in (HOME, OTHER)}


def test_a_page_of_many_files_is_not_held_up_by_connections_that_nobody_closes(shown, stubborn):
    assert shown
    pictures = [lines[0] for lines in stubborn.heard if "/i.png?" in lines[0]]
    assert len(pictures) == len(set(pictures)) * 2 == 80
