"""One request and one answer on a connection, whatever either side would like."""

import asyncio

import pytest

from webkiln.fetching.browser.messages import HEAD_BYTES, Answer, onward, pass_body


def sent_onward(*lines, path="/a?b", method="GET"):
    head = "\r\n".join([f"{method} http://site.test{path} HTTP/1.1", *lines, "", ""])
    return onward(head, method, path, "site.test").decode("latin-1").split("\r\n")[:-2]


def test_a_request_is_in_origin_form_and_the_last_of_its_connection():
    lines = [
        "Host: other.test",
        "Proxy-Connection: keep-alive",
        "Accept: */*",
        "Proxy-Authorization: Basic x",
    ]
    assert sent_onward(*lines) == ["GET /a?b HTTP/1.1", "Host: site.test", "Accept: */*", "Connection: close"]
    assert sent_onward(path="?q")[0] == "GET /?q HTTP/1.1"


def test_what_the_header_connection_names_stays_here():
    lines = ["Connection: keep-alive, X-Hop, content-length", "X-Hop: 1", "X-Own: 2", "Content-Length: 3"]
    assert sent_onward(*lines)[2:] == ["X-Own: 2", "Content-Length: 3", "Connection: close"]


class Sink:
    """Keeps what is written; may be gone."""

    def __init__(self, *, gone=False):
        self.data, self.gone = b"", gone

    def write(self, data):
        if self.gone:
            raise ConnectionResetError
        self.data += data

    async def drain(self):
        pass


async def passed(lines, said, *, sink=None, ends=False):
    """Pass on what a browser says after a head; return that, or None if more is waited for."""
    reader, sink = asyncio.StreamReader(), sink or Sink()
    reader.feed_data(said)
    if ends:
        reader.feed_eof()
    head = "\r\n".join(["POST http://site.test/ HTTP/1.1", *lines, "", ""])
    try:
        async with asyncio.timeout(0.05):
            await pass_body(head, reader, sink)
    except TimeoutError:
        return None, sink.data
    return True, sink.data


CHUNKED = b"4;x=y\r\nclay\r\n0a\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ([], b""),
        (["Content-Length: 0"], b""),
        (["content-length: 4"], b"clay"),
        (["Content-Length: 200000"], b"x" * 200_000),
        (["Transfer-Encoding: chunked"], CHUNKED),
        (["Transfer-Encoding: chunked"], b"0\r\n\r\n"),
    ],
)
async def test_a_body_goes_on_and_nothing_after_it(lines, body):
    assert await passed(lines, body) == (None, body)
    assert await passed(lines, body, ends=True) == (True, body)
    assert await passed(lines, body + b"GET http://other.test/ HTTP/1.1\r\n\r\n") == (True, body)


async def test_a_body_that_breaks_off_is_told():
    with pytest.raises(EOFError):
        await passed(["Content-Length: 5"], b"clay", ends=True)
    with pytest.raises(EOFError):
        await passed(["Transfer-Encoding: chunked"], CHUNKED[:-4], ends=True)


@pytest.mark.parametrize(
    "lines",
    [["Content-Length: -1"], ["Content-Length: 1, 1"], ["Content-Length: \u00b2"], ["Content-Length: 0x4"]],
)
async def test_a_length_that_is_none_is_no_body(lines):
    with pytest.raises(ValueError, match="length"):
        await passed(lines, b"clay")


@pytest.mark.parametrize("said", [b"-4\r\nclay\r\n", b"\r\nclay", b"glaze\r\n", b"\xff\r\n"])
async def test_chunks_without_a_size_are_no_body(said):
    with pytest.raises(ValueError, match="chunk"):
        await passed(["Transfer-Encoding: chunked"], said)


async def test_a_site_that_wants_no_more_of_a_body_may_still_answer():
    assert await passed(["Content-Length: 4"], b"clay", sink=Sink(gone=True)) == (None, b"")


# Answers


def shown(data, size=None):
    """Feed an answer in pieces; return what the browser has got at its end."""
    answer = Answer()
    size = size or len(data) or 1
    pieces = [answer.feed(data[at : at + size]) for at in range(0, len(data), size)]
    return b"".join(pieces) + answer.rest()


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\nKeep-Alive: timeout=9\r\n\r\nclay"
CLOSED = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nclay"
OLD = b"HTTP/1.0 200 OK\r\n"
EARLY = b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switched\r\nConnection: upgrade\r\n\r\n"


@pytest.mark.parametrize("size", [None, 1, 2, 3, 7, 50])
@pytest.mark.parametrize(
    ("said", "told"),
    [
        (PLAIN, CLOSED),
        (b"\r\n" + PLAIN, CLOSED),
        (PLAIN.replace(b"\r\n", b"\n"), CLOSED),
        (PLAIN.replace(b"keep-alive", b"keep-alive,\r\n upgrade"), CLOSED),
        (PLAIN.replace(b"Connection", b"CONNECTION "), CLOSED),
        (PLAIN.replace(b"Keep-Alive:", b"Proxy-Connection:"), CLOSED),
        (OLD + b"\r\nuntil the end", OLD + b"Connection: close\r\n\r\nuntil the end"),
        (EARLY * 2 + PLAIN, EARLY * 2 + CLOSED),
        (SWITCHED + b"anything", SWITCHED + b"anything"),
        (b"no head at all\r\n\r\nhttp", b"no head at all\r\n\r\nhttp"),
        (b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-"),
        (b"HTT", b"HTT"),
        (b"", b""),
    ],
)
def test_after_an_answer_the_connection_is_closed(said, told, size):
    assert shown(said, size) == told


def test_a_body_is_passed_on_as_it_comes():
    answer = Answer()
    assert answer.feed(PLAIN) == CLOSED
    assert answer.feed(b"Connection: keep-alive\r\n\r\n") == b"Connection: keep-alive\r\n\r\n"


def test_a_head_without_end_ends_the_answer():
    answer = Answer()
    with pytest.raises(ValueError, match="long"):
        for _ in range(HEAD_BYTES):
            assert answer.feed(b"HTTP/1.1 200 OK\r\nX: y") == b""
