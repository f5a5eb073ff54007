"""What went wrong on the wire, told in our own words: the only place that reads the client's errors.

The HTTP client describes a failure by its exception class and a text that names addresses and
internals. The text is searched for what we know and never passed on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import wreq

from webkiln.errors import (
    ConnectionFailed,
    InvalidTarget,
    NameNotResolved,
    NothingScraped,
    ScrapeTimeout,
    SiteFailed,
    TlsFailed,
)

if TYPE_CHECKING:
    from webkiln.errors import ScrapeError


class _Failure(NamedTuple):
    """One row: a word of the client's text, and what it means in the words of browsers."""

    mark: str
    error: type[ScrapeError]
    word: str
    reason: str


# The first row whose mark the text contains is the answer, so the narrow ones come first.
_FAILURES = (
    _Failure(
        "TunnelUnsuccessful", ConnectionFailed, "ERR_TUNNEL_CONNECTION_FAILED", "the proxy refused to connect"
    ),
    _Failure(
        "ProxyAuthRequired", SiteFailed, "ERR_TUNNEL_CONNECTION_FAILED", "the proxy wants other credentials"
    ),
    _Failure("Tunnel", ConnectionFailed, "ERR_TUNNEL_CONNECTION_FAILED", "the proxy closed the connection"),
    _Failure(
        "ProxyConnect", ConnectionFailed, "ERR_PROXY_CONNECTION_FAILED", "the proxy could not be reached"
    ),
    _Failure(
        "CERTIFICATE_VERIFY_FAILED", TlsFailed, "ERR_CERT_INVALID", "its certificate could not be verified"
    ),
    _Failure("Ssl(", TlsFailed, "ERR_SSL_PROTOCOL_ERROR", "the TLS handshake failed"),
    _Failure(
        "code: SYSCALL",
        TlsFailed,
        "ERR_SSL_PROTOCOL_ERROR",
        "it closed the connection during the TLS handshake",
    ),
    _Failure("code: SSL", TlsFailed, "ERR_SSL_PROTOCOL_ERROR", "the TLS handshake failed"),
    _Failure("dns error", NameNotResolved, "ERR_NAME_NOT_RESOLVED", "DNS has no address for it"),
    _Failure("ConnectionRefused", ConnectionFailed, "ERR_CONNECTION_REFUSED", "it refused the connection"),
    _Failure("HostUnreachable", ConnectionFailed, "ERR_ADDRESS_UNREACHABLE", "there is no route to it"),
    _Failure("NetworkUnreachable", ConnectionFailed, "ERR_ADDRESS_UNREACHABLE", "there is no route to it"),
    _Failure("TimedOut", ConnectionFailed, "ERR_CONNECTION_TIMED_OUT", "it did not answer the connection"),
    _Failure("ConnectionReset", ConnectionFailed, "ERR_CONNECTION_RESET", "it reset the connection"),
    _Failure("BrokenPipe", ConnectionFailed, "ERR_CONNECTION_RESET", "it closed the connection"),
    _Failure("ConnectionAborted", ConnectionFailed, "ERR_CONNECTION_CLOSED", "it closed the connection"),
    _Failure(
        "IncompleteMessage",
        ConnectionFailed,
        "ERR_EMPTY_RESPONSE",
        "it closed the connection without an answer",
    ),
    _Failure("Canceled", ConnectionFailed, "ERR_CONNECTION_CLOSED", "it closed the connection"),
    _Failure("ChannelClosed", ConnectionFailed, "ERR_CONNECTION_CLOSED", "it closed the connection"),
    _Failure(
        "Parse(TooLarge)", SiteFailed, "ERR_RESPONSE_HEADERS_TOO_BIG", "its headers are too many or too long"
    ),
    # No web server at all: no other way of asking would get a page out of it.
    _Failure("UnexpectedMessage", NothingScraped, "ERR_INVALID_HTTP_RESPONSE", "it talks before it is asked"),
    _Failure("Parse(Version)", NothingScraped, "ERR_INVALID_HTTP_RESPONSE", "it does not speak HTTP"),
    _Failure("Parse(", SiteFailed, "ERR_INVALID_HTTP_RESPONSE", "its answer is not valid HTTP"),
    _Failure(
        "IncompleteBody",
        ConnectionFailed,
        "ERR_CONTENT_LENGTH_MISMATCH",
        "it closed the connection before the page was complete",
    ),
    _Failure(
        "over limit",
        SiteFailed,
        "ERR_INVALID_CHUNKED_ENCODING",
        "its chunked page has oversized extensions or trailers",
    ),
    _Failure("Invalid chunk", SiteFailed, "ERR_INVALID_CHUNKED_ENCODING", "its page is badly chunked"),
    _Failure(
        "UnexpectedEof",
        ConnectionFailed,
        "ERR_INCOMPLETE_CHUNKED_ENCODING",
        "it closed the connection before the page was complete",
    ),
    _Failure("Http2", ConnectionFailed, "ERR_HTTP2_PROTOCOL_ERROR", "it broke the rules of HTTP/2"),
)
_UNKNOWN = _Failure("", ConnectionFailed, "ERR_FAILED", "the connection failed")

CLIENT_ERRORS = (
    wreq.BodyError,
    wreq.BuilderError,
    wreq.ConnectionError,
    wreq.ConnectionResetError,
    wreq.DecodingError,
    wreq.ProxyConnectionError,
    wreq.RedirectError,
    wreq.RequestError,
    wreq.StatusError,
    wreq.TimeoutError,
    wreq.TlsError,
    wreq.UpgradeError,
)
"""What the HTTP client raises for a request."""


_STALE = ("UnexpectedMessage", "Canceled", "ChannelClosed")
_ENDED = ("ConnectionReset", "BrokenPipe", "ConnectionAborted", "IncompleteMessage", "UnexpectedEof")
_UNANSWERED = "kind: SendRequest"
_HTTP2_SAID = re.compile(
    r'netty::Error\(Http2, Error \{ kind: (Reset\(StreamId\(\d+\)|GoAway\(b"(?:[^"\\]|\\.)*"), (\w+), (\w+)\)'
)
_LOCAL_PORT = re.compile(r"local_addr: [0-9A-Fa-f.:\[\]]+:([0-9]{1,5})\b")


class Loss(NamedTuple):
    """How a request was lost before an answer to it began.

    `unread`: the server says that it has not looked at it. `wants_http1`: it wants another version of
    the protocol. Else the connection ended; `stale` says that it certainly was an old one, `shared`
    that others had requests on it too, and `port` is its number on our side, where that is known.
    """

    unread: bool = False
    wants_http1: bool = False
    stale: bool = False
    shared: bool = False
    port: int | None = None


def loss_of(error: BaseException) -> Loss | None:
    """Return how a request was lost; None where the page is to blame, or an answer had begun.

    RFC 9113 §6.8 and §8.7 say what GOAWAY and REFUSED_STREAM promise, §7 what HTTP_1_1_REQUIRED wants.
    """
    cause = _cause(error)
    if any(mark in cause for mark in _STALE):
        return Loss(stale=True)
    if _UNANSWERED not in cause:
        return None
    ports = _LOCAL_PORT.findall(cause)
    port = int(ports[-1]) if ports else None
    said = _HTTP2_SAID.search(cause)
    if said is not None:
        return _loss_over_http2(said[1], said[2], said[3], port)
    return Loss(shared="alpn: H2" in cause, port=port) if any(mark in cause for mark in _ENDED) else None


def _loss_over_http2(frame: str, code: str, sender: str, port: int | None) -> Loss | None:
    """Return what a RST_STREAM or GOAWAY means for a request that had no answer yet."""
    of_one_request = frame.startswith("Reset")
    by_the_site = sender == "Remote"
    if by_the_site and code == "HTTP_1_1_REQUIRED":
        return Loss(wants_http1=True)
    if by_the_site and code == ("REFUSED_STREAM" if of_one_request else "NO_ERROR"):
        return Loss(unread=True)
    if of_one_request or code == "ENHANCE_YOUR_CALM":
        return None
    return Loss(shared=by_the_site, port=port)


def _cause(error: BaseException) -> str:
    """Return what follows the URL in the client's text, for a URL may hold any of our marks."""
    return str(error).partition("source: ")[2]


def failure_of(error: BaseException, origin: str) -> ScrapeError:
    """Return our error for one of the client's.

    `origin` is what was asked, `https://example.com`; the text names it and gives the reason.
    """
    if isinstance(error, wreq.BuilderError):
        return InvalidTarget(f"Tried {origin}: the URL cannot be requested")
    cause = _cause(error)
    row = next((row for row in _FAILURES if row.mark in cause), _UNKNOWN)
    return row.error(f"{row.word}: tried {origin}, {row.reason}")


def timed_out(origin: str, seconds: float) -> ScrapeTimeout:
    """Return the error for a page that took too long."""
    return ScrapeTimeout(f"ERR_TIMED_OUT: tried {origin}, it had not answered in full after {seconds:g} s")
