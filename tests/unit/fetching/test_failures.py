from __future__ import annotations

import pytest
import wreq

from webkiln.errors import ConnectionFailed, InvalidTarget, NothingScraped, SiteFailed, TlsFailed
from webkiln.fetching.failures import CLIENT_ERRORS, Loss, failure_of, loss_of, timed_out

ORIGIN = "https://example.com"
SEEN = "is_request error: wreq::Error {{ kind: Request, uri: {uri}, source: {cause} }}"


def told(cause, kind=wreq.RequestError, uri="https://example.com/"):
    return failure_of(kind(SEEN.format(uri=uri, cause=cause)), ORIGIN)


@pytest.mark.parametrize(
    ("cause", "ours", "word"),
    [
        ("Os { code: 111, kind: ConnectionRefused }", ConnectionFailed, "ERR_CONNECTION_REFUSED"),
        ("Os { code: 113, kind: HostUnreachable }", ConnectionFailed, "ERR_ADDRESS_UNREACHABLE"),
        ("Os { code: 110, kind: TimedOut }", ConnectionFailed, "ERR_CONNECTION_TIMED_OUT"),
        (
            'netty::Error(Http2, Error { kind: GoAway(b"", X, Library) })',
            ConnectionFailed,
            "ERR_HTTP2_PROTOCOL_ERROR",
        ),
        ("netty::Error(Parse(TooLarge))", SiteFailed, "ERR_RESPONSE_HEADERS_TOO_BIG"),
        ("netty::Error(Parse(Version))", NothingScraped, "ERR_INVALID_HTTP_RESPONSE"),
        ('reason: "CERTIFICATE_VERIFY_FAILED", cause: Some(Ssl(', TlsFailed, "ERR_CERT_INVALID"),
        ("something new", ConnectionFailed, "ERR_FAILED"),
    ],
)
def test_causes_are_told_in_the_words_of_browsers(cause, ours, word):
    error = told(cause)
    assert type(error) is ours
    assert error.message.startswith(f"{word}: tried {ORIGIN}, ")


def test_nothing_of_the_clients_text_is_passed_on():
    error = told('ConnectError("tcp connect error", 10.1.2.3:443, Os { code: 111, kind: ConnectionRefused })')
    assert "10.1.2.3" not in error.message
    assert "111" not in error.message


def test_a_url_cannot_choose_the_cause():
    error = told(
        "Os { kind: ConnectionRefused }", uri="https://example.com/?Parse(Version)CERTIFICATE_VERIFY_FAILED"
    )
    assert "ERR_CONNECTION_REFUSED" in error.message


ON_PORT = "connect_info: Some(Connected {{ alpn: {alpn}, remote_addr: 10.0.0.1:443, local_addr: {local} }})"


def lost(cause, alpn="None", local="127.0.0.1:40001", kind="SendRequest", uri="https://example.com/"):
    where = ON_PORT.format(alpn=alpn, local=local)
    said = f"Error {{ kind: {kind}, source: Some(netty::Error({cause})), {where} }}"
    return loss_of(wreq.RequestError(SEEN.format(uri=uri, cause=said)))


@pytest.mark.parametrize(
    ("cause", "loss"),
    [
        ("IncompleteMessage", Loss(port=40001)),
        ('Io, Os { code: 104, kind: ConnectionReset, message: "…" }', Loss(port=40001)),
        ("Io, Custom { kind: BrokenPipe }", Loss(port=40001)),
        ("UnexpectedMessage", Loss(stale=True)),
        ("Canceled", Loss(stale=True)),
        ("Parse(Version)", None),
        ("something new", None),
        ("Http2, Error { kind: Reset(StreamId(7), REFUSED_STREAM, Remote) }", Loss(unread=True)),
        ("Http2, Error { kind: Reset(StreamId(7), REFUSED_STREAM, Library) }", None),
        ("Http2, Error { kind: Reset(StreamId(7), INTERNAL_ERROR, Remote) }", None),
        ('Http2, Error { kind: GoAway(b"", NO_ERROR, Remote) }', Loss(unread=True)),
        ('Http2, Error { kind: GoAway(b"", INTERNAL_ERROR, Remote) }', Loss(shared=True, port=40001)),
        ('Http2, Error { kind: GoAway(b"", PROTOCOL_ERROR, Library) }', Loss(port=40001)),
        ('Http2, Error { kind: GoAway(b"too much", ENHANCE_YOUR_CALM, Remote) }', None),
        (r'Http2, Error { kind: GoAway(b"\", NO_ERROR, Remote)", ENHANCE_YOUR_CALM, Remote) }', None),
        ("Http2, Error { kind: Reset(StreamId(1), HTTP_1_1_REQUIRED, Remote) }", Loss(wants_http1=True)),
        ('Http2, Error { kind: GoAway(b"", HTTP_1_1_REQUIRED, Remote) }', Loss(wants_http1=True)),
    ],
)
def test_what_was_lost_before_its_answer_began_is_told_apart(cause, loss):
    assert lost(cause) == loss


def test_the_connection_that_was_lost_is_known_by_its_port():
    assert lost("IncompleteMessage", local="[2001:db8::1]:50002") == Loss(port=50002)
    assert lost("IncompleteMessage", alpn="H2") == Loss(shared=True, port=40001)
    assert lost("IncompleteMessage", local="unknown") == Loss()


def test_answers_that_had_begun_and_connections_that_never_came_about_are_not_lost():
    assert lost("Io, Os { kind: ConnectionReset }", kind="Body") is None
    assert lost("Io, Os { kind: ConnectionReset }", kind="Connect") is None
    assert lost("something", uri="https://e.com/Canceled?kind: SendRequest IncompleteMessage") is None


def test_a_url_the_client_cannot_take_is_no_target():
    assert isinstance(told("InvalidUri(TooLong)", wreq.BuilderError), InvalidTarget)


def test_every_error_of_a_request_is_known():
    known = {error.__name__ for error in CLIENT_ERRORS}
    assert set(wreq.exceptions.__all__) - known == {"RustPanic", "WebSocketError"}


def test_the_clock_is_named():
    assert timed_out(ORIGIN, 30).message.startswith("ERR_TIMED_OUT: tried https://example.com")
    assert "2.5 s" in timed_out(ORIGIN, 2.5).message
