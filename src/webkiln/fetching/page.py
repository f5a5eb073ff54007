"""What fetching takes and gives: a request for one URL, and the page that came back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One URL to fetch and how.

    `url` is already in normal form (`urls.parse_target`). `timeout_s` bounds the whole fetch,
    redirects and body included. `headers` are the caller's own and win over the browser
    profile's. `languages` are BCP 47 tags in order of preference.
    """

    url: str
    timeout_s: float
    headers: dict[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    verify_tls: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the web, whatever its status.

    `url` is where the redirects ended. `headers` keep the order received, names in lower case.
    `wire_body` is the body as it travelled (still under `content_encoding`, the header's value,
    empty when there was none), so that it can be kept cheaply; `body` is decoded.
    `fetched_at` is Unix time in seconds.
    """

    requested_url: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    content_encoding: str
    wire_body: bytes
    body: bytes
    fetched_at: float

    def header(self, name: str) -> str | None:
        """Return the first value of a header, named in lower case."""
        return next((value for key, value in self.headers if key == name), None)
