"""What fetching takes and gives: a request for one URL, and the page that came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from webkiln.contract.actions import Action
    from webkiln.contract.formats import ScreenshotFormat


@dataclass(frozen=True, slots=True)
class BrowserWork:
    """What a browser does with a page beyond showing it.

    `wait_ms` comes on top of the time the page takes to settle. `country` is an ISO 3166 code in
    lower case; it decides time zone and locale. `memory` is what the browser knows of earlier pages,
    cookies and storages; one that `remembers` gives it back. `text` says that the page's text is
    wanted, too.
    """

    wait_ms: int = 0
    actions: tuple[Action, ...] = ()
    screenshot: ScreenshotFormat | None = None
    brand: bool = False
    mobile: bool = False
    country: str | None = None
    block_ads: bool = True
    memory: dict[str, Any] | None = None
    remembers: bool = False
    text: bool = True

    @property
    def text_will_do(self) -> bool:
        """Whether the page's text is of use without the rest, a picture of it for instance."""
        return self.text and not (self.actions or self.brand or self.remembers)

    @property
    def only_shown(self) -> bool:
        """Whether the page's text is all that is wanted of it."""
        return not (self.actions or self.screenshot is not None or self.brand or self.remembers)


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One URL to fetch and how.

    `url` is already in normal form (`urls.parse_target`). `timeout_s` bounds the whole fetch,
    redirects and body included. `headers` are the caller's own and win over the browser
    profile's. `languages` are BCP 47 tags in order of preference. `render` says whether the page
    is shown in a browser: only when HTTP gives no text ("if_needed"), always, or never; `work` is
    what the browser does then. An `urgent` page gets a browser before others. With `first_bytes`
    no more of the body than that is read over HTTP, on the wire and decoded, and what there is of
    a longer or broken one is the page. `max_redirects` can only lower the server's own limit.
    `holder` is the task that it is fetched for, if there is one. A page that `leads_on` by itself
    within seconds (`refresh.py`) is followed as a redirect is.
    """

    url: str
    timeout_s: float
    headers: dict[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    verify_tls: bool = True
    render: Literal["never", "if_needed", "always"] = "never"
    work: BrowserWork = BrowserWork()
    urgent: bool = False
    first_bytes: int | None = None
    max_redirects: int | None = None
    holder: str = ""
    leads_on: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """An image or a printed page, with its media type."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a browser brought besides the page's HTML; lists in the order of the actions that made them.

    `brand` is what `content.branding` reads.
    """

    screenshot: Picture | None = None
    screenshots: tuple[Picture, ...] = ()
    scrapes: tuple[tuple[str, str], ...] = ()
    returns: tuple[tuple[str, Any], ...] = ()
    pdfs: tuple[Picture, ...] = ()
    brand: dict[str, Any] | None = None
    memory: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the web, whatever its status.

    `url` is where the redirects ended. `headers` keep the order received, names in lower case.
    `wire_body` is the body as it travelled (still under `content_encoding`, the header's value,
    empty when there was none), so that it can be kept cheaply; `body` is decoded.
    `fetched_at` is Unix time in seconds. `rendered` is there when a browser showed the page: then
    `body` is its HTML as scripts have left it; `hurried` says that the request's time was too short for
    the page to come to rest. `notes` are sentences for the one who asked. `held` is its place among the
    large ones (`large_bodies`): who makes something large of the page holds it as long.
    """

    requested_url: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    content_encoding: str
    wire_body: bytes
    body: bytes
    fetched_at: float
    rendered: Rendered | None = None
    notes: tuple[str, ...] = ()
    hurried: bool = False
    held: object = field(default=None, repr=False, compare=False)

    def header(self, name: str) -> str | None:
        """Return the first value of a header, named in lower case."""
        return next((value for key, value in self.headers if key == name), None)
