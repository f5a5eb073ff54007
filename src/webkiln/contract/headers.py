"""Which request headers a caller may set on what we send (threat: header injection and smuggling)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEADERS = 100
MAX_VALUE_LENGTH = 8_192
MAX_TOTAL_LENGTH = 32_768
"""Most characters of all names and values together; servers stop at 8 to 64 thousand."""

_SHOWN_LENGTH = 40
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z\-]{1,256}")  # RFC 9110 §5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")  # RFC 9110 §5.5, without the C1 controls

OURS = frozenset(
    {
        # Where the message goes and where it ends is ours alone to say: these open smuggling.
        "host",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        # Hop by hop (RFC 9110 §7.6.1), spoken between us and the next machine.
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "upgrade",
        "http2-settings",
        "expect",
        "alt-used",
        # A handshake we do not make.
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
    }
)
"""Lower-case names a caller may not set."""


class InvalidHeader(ValueError):
    """A header that cannot be sent; the message names it and says why."""


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that would change the message's framing, address or shape.

    Names are RFC 9110 tokens outside `OURS`; values are Latin-1 without control characters other
    than tab. Raises InvalidHeader for the first that breaks a rule.
    """
    if not headers:
        return
    if len(headers) > MAX_HEADERS:
        raise InvalidHeader(f"at most {MAX_HEADERS} headers may be set")
    total = 0
    for name, value in headers.items():
        total += len(name) + len(value)
        if not _TOKEN.fullmatch(name):
            raise InvalidHeader(f"{_shown(name)} is not a valid header name")
        if name.lower() in OURS:
            raise InvalidHeader(f"the header {name} is set by the server and cannot be chosen")
        if len(value) > MAX_VALUE_LENGTH:
            raise InvalidHeader(f"the value of {name} is longer than {MAX_VALUE_LENGTH} characters")
        if not _VALUE.fullmatch(value):
            raise InvalidHeader(f"the value of {name} has characters a header cannot carry")
    if total > MAX_TOTAL_LENGTH:
        raise InvalidHeader(f"the headers are longer than {MAX_TOTAL_LENGTH} characters together")


def _shown(name: str) -> str:
    """Return a name fit for a message: short, and ASCII only."""
    return ascii(name if len(name) <= _SHOWN_LENGTH else name[:_SHOWN_LENGTH])
