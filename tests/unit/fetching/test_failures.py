from __future__ import annotations

import pytest
import wreq

from webkiln.errors import ConnectionFailed, InvalidTarget, NothingScraped, SiteFailed, TlsFailed
from webkiln.fetching.failures import CLIENT_ERRORS, failure_of, is_stale, timed_out

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
    assert not is_stale(wreq.RequestError(SEEN.format(uri="https://e.com/Canceled", cause="other")))
    assert is_stale(
        wreq.RequestError(SEEN.format(uri="https://e.com/", cause="netty::Error(UnexpectedMessage)"))
    )


def test_a_url_the_client_cannot_take_is_no_target():
    assert isinstance(told("InvalidUri(TooLong)", wreq.BuilderError), InvalidTarget)


def test_every_error_of_a_request_is_known():
    known = {error.__name__ for error in CLIENT_ERRORS}
    assert set(wreq.exceptions.__all__) - known == {"RustPanic", "WebSocketError"}


def test_the_clock_is_named():
    assert timed_out(ORIGIN, 30).message.startswith("ERR_TIMED_OUT: tried https://example.com")
    assert "2.5 s" in timed_out(ORIGIN, 2.5).message
