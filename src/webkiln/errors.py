"""Every error Webkiln raises on purpose, in one tree.

    WebkilnError
    ├── RequestError                the caller's request cannot be served as it stands
    │   ├── BadRequest              400 BAD_REQUEST (with the issues found)
    │   │   ├── MalformedJson       400 BAD_REQUEST_INVALID_JSON
    │   │   └── InvalidSearch       400 without a code, as `/v2/search` has it (contract §1.2)
    │   ├── Unauthorized            401
    │   ├── PaymentRequired         402
    │   ├── Forbidden               403
    │   ├── NotFound                404
    │   ├── Conflict                409
    │   ├── BodyTooLarge            413
    │   ├── UnsupportedMediaType    415
    │   ├── RateLimited             429 (says when to come back)
    │   ├── Unavailable             503 (says when to come back)
    │   ├── SearchNotConfigured     400 SEARCH_NOT_CONFIGURED (ours): nobody to ask
    │   └── SearchFailed            500 SEARCH_FAILED (ours), and worth another try
    └── ScrapeError                 one page could not be scraped
        ├── BlockedAddress          403 unsafe_domain_blocked
        ├── InvalidTarget           400 BAD_REQUEST: a redirect or URL we do not fetch
        ├── NameNotResolved         200 SCRAPE_DNS_RESOLUTION_ERROR (contract §22.12)
        ├── TlsFailed               500 SCRAPE_SSL_ERROR
        ├── SiteFailed              500 SCRAPE_SITE_ERROR
        │   └── ConnectionFailed    the same, and worth another try
        ├── ScrapeTimeout           408 SCRAPE_TIMEOUT
        ├── NothingScraped          500 SCRAPE_ALL_ENGINES_FAILED
        │   ├── BrowserUnavailable  the same: none starts
        │   │   └── DriverUnavailable  the same: what drives it does not
        │   └── BrowserLost         the same, and worth another try
        ├── MemoryExceeded          500 SCRAPE_MEMORY_EXCEEDED (ours): reading it takes too much
        ├── UnsupportedFile         500 SCRAPE_UNSUPPORTED_FILE_ERROR
        ├── ActionsNotSupported     400 SCRAPE_ACTIONS_NOT_SUPPORTED
        ├── ActionFailed            500 SCRAPE_ACTION_ERROR
        ├── ProfileBusy             409 SCRAPE_PROFILE_BUSY (ours), and worth another try
        ├── ProfileLimit            409 SCRAPE_PROFILE_LIMIT (ours): the team may have no more
        ├── NoCachedData            404 SCRAPE_NO_CACHED_DATA
        ├── LockdownCacheMiss       404 SCRAPE_LOCKDOWN_CACHE_MISS
        ├── CrawlDenial             500 CRAWL_DENIAL: the page is none of the crawl's
        │   └── RobotsBlocked       500 ROBOTS_BLOCKED (ours; listed as `robotsBlocked`)
        ├── MapFailed               500 MAP_FAILED: a site of which nothing could be read
        │   └── MapTimeout          408 MAP_TIMEOUT: nothing of it in time
        ├── RacedRedirect           500 SCRAPE_RACED_REDIRECT_ERROR: the crawl has the page already
        ├── JobCancelled            500 SCRAPE_JOB_CANCELLED
        ├── RetryLimit              500 SCRAPE_RETRY_LIMIT
        └── UnexpectedFailure       500 UNKNOWN_ERROR

Each class states the HTTP `status`, the wire `code` (contract §1.2 and §6.1) and whether
`retry` is worth it; nothing else in the program chooses any of the three.
"""

from __future__ import annotations

from typing import Any, ClassVar


class WebkilnError(Exception):
    """Root of the tree: a message for the caller, and how the wire spells the failure.

    `status` is the HTTP status, `code` the wire code (None: the body carries no code), `retry`
    whether trying again may help.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str | None] = "UNKNOWN_ERROR"
    retry: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        """Keep `message`, the text the caller reads."""
        super().__init__(message)
        self.message = message


class RequestError(WebkilnError):
    """The request itself cannot be served as it stands."""

    status: ClassVar[int] = 400
    code: ClassVar[str | None] = None


class BadRequest(RequestError):
    """The body or the parameters break the schema; `details` lists the issues (contract §1.2)."""

    status = 400
    code: ClassVar[str | None] = "BAD_REQUEST"

    def __init__(self, message: str, details: list[dict[str, Any]] | None = None) -> None:
        """Keep the headline and the issues, each with `code`, `path` and `message`."""
        super().__init__(message)
        self.details = details if details is not None else []


class MalformedJson(BadRequest):
    """The body is not JSON."""

    code = "BAD_REQUEST_INVALID_JSON"

    def __init__(self) -> None:
        """Use the contract's text (§1.2)."""
        super().__init__("Bad request, malformed JSON")


class InvalidSearch(BadRequest):
    """The body of a search breaks the schema; the issues say how (contract §1.2)."""

    code = None

    def __init__(self, details: list[dict[str, Any]] | None = None, said: str = "") -> None:
        """Begin with the contract's text, and go on with what is wrong."""
        super().__init__(f"Invalid request body: {said}" if said else "Invalid request body", details)


class Unauthorized(RequestError):
    """No key, or one we do not know (contract §1.3)."""

    status = 401

    def __init__(self, message: str = "Unauthorized") -> None:
        """Keep which of the contract's three texts applies."""
        super().__init__(message)


class PaymentRequired(RequestError):
    """The key's own limit of credits is used up."""

    status = 402

    def __init__(self) -> None:
        """Use the text of the published API (contract §1.2)."""
        super().__init__("Payment required to access this resource.")


class Forbidden(RequestError):
    """The key is known and may not do this."""

    status = 403


class NotFound(RequestError):
    """Unknown, expired, or another team's: the three look the same from outside."""

    status = 404

    def __init__(self, message: str = "Job not found") -> None:
        """Keep the text; each route has its own (contract §3.5, §6)."""
        super().__init__(message)


class Conflict(RequestError):
    """The thing exists, and its state does not allow the request."""

    status = 409


class BodyTooLarge(RequestError):
    """The request body is over the configured size."""

    status = 413

    def __init__(self) -> None:
        """Use the contract's text (§1.1)."""
        super().__init__("Request body is too large")


class UnsupportedMediaType(RequestError):
    """The body is of a type that the server does not take from everybody."""

    status = 415


class RateLimited(RequestError):
    """Too many requests for this key; `retry_after_s` is sent as `Retry-After`."""

    status = 429
    retry = True

    def __init__(self, message: str, retry_after_s: int) -> None:
        """Keep the text and the whole seconds until the next try may succeed."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(RequestError):
    """The server cannot answer right now; `retry_after_s` is sent as `Retry-After`."""

    status = 503
    retry = True

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        """Keep the text and the whole seconds until the next try may succeed."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SearchNotConfigured(RequestError):
    """A search of the web, on a server without a search provider."""

    code = "SEARCH_NOT_CONFIGURED"

    def __init__(self) -> None:
        """Say which settings would help."""
        super().__init__(
            "This server has no search provider. Set WEBKILN_SEARXNG_ENDPOINT, or one of"
            " WEBKILN_SERPER_API_KEY, WEBKILN_SEARCHAPI_API_KEY, WEBKILN_BRAVE_API_KEY and"
            " WEBKILN_TAVILY_API_KEY, or WEBKILN_SEARCH_DDGS=true."
        )


class SearchFailed(RequestError):
    """No search provider answered; the text says of each why not."""

    status = 500
    code = "SEARCH_FAILED"
    retry = True


class ScrapeError(WebkilnError):
    """One page could not be scraped; the text says what was tried and why it failed."""

    status = 500
    code = "UNKNOWN_ERROR"


class BlockedAddress(ScrapeError):
    """The egress guard refused the address; the text never names the address it resolved to."""

    status = 403
    code = "unsafe_domain_blocked"

    def __init__(self, message: str = "URL blocked") -> None:
        """Use the opaque text of the contract."""
        super().__init__(message)


class InvalidTarget(ScrapeError):
    """A URL, or one a redirect named, is nothing we fetch (scheme, port, spelling)."""

    status = 400
    code = "BAD_REQUEST"


class NameNotResolved(ScrapeError):
    """DNS has no address for the host."""

    status = 200
    code = "SCRAPE_DNS_RESOLUTION_ERROR"


class TlsFailed(ScrapeError):
    """The TLS handshake or the certificate check failed."""

    code = "SCRAPE_SSL_ERROR"


class SiteFailed(ScrapeError):
    """The site answered in a way no page can be made of; the text embeds an `ERR_*` word."""

    code = "SCRAPE_SITE_ERROR"


class ConnectionFailed(SiteFailed):
    """The connection was refused, reset or closed early; the next try may go through."""

    retry = True


class ScrapeTimeout(ScrapeError):
    """The whole scrape, queueing included, took longer than its `timeout`."""

    status = 408
    code = "SCRAPE_TIMEOUT"


class NothingScraped(ScrapeError):
    """Every way to get the page was tried and none gave text."""

    code = "SCRAPE_ALL_ENGINES_FAILED"


class MemoryExceeded(ScrapeError):
    """Reading the page takes more memory than one page may have."""

    code = "SCRAPE_MEMORY_EXCEEDED"


class UnsupportedFile(ScrapeError):
    """The body is of a type we do not read."""

    code = "SCRAPE_UNSUPPORTED_FILE_ERROR"


class ActionsNotSupported(ScrapeError):
    """`actions` need a browser and this server has none."""

    status = 400
    code = "SCRAPE_ACTIONS_NOT_SUPPORTED"


class ActionFailed(ScrapeError):
    """An action could not be carried out; the text names it and its selector."""

    code = "SCRAPE_ACTION_ERROR"


class ProfileBusy(ScrapeError):
    """Another page is writing to the profile; it may be done by the next try."""

    status = 409
    code = "SCRAPE_PROFILE_BUSY"
    retry = True


class ProfileLimit(ScrapeError):
    """The profile is new, and its team has as many as it may; one has to be deleted."""

    status = 409
    code = "SCRAPE_PROFILE_LIMIT"


class BrowserUnavailable(NothingScraped):
    """The page needs a browser, and none starts here."""


class DriverUnavailable(BrowserUnavailable):
    """The page needs more than to be shown, and the browser's driver does not start; the text says why."""


class BrowserLost(NothingScraped):
    """The browser or the page's process in it died before the page was read; the next try has another."""

    retry = True


class NoCachedData(ScrapeError):
    """`minAge` asks for a stored copy and there is none old enough."""

    status = 404
    code = "SCRAPE_NO_CACHED_DATA"


class LockdownCacheMiss(ScrapeError):
    """`lockdown` forbids fetching and no stored copy exists."""

    status = 404
    code = "SCRAPE_LOCKDOWN_CACHE_MISS"


class CrawlDenial(ScrapeError):
    """The page is not one that its crawl may have (contract §7.3)."""

    code = "CRAWL_DENIAL"


class RobotsBlocked(CrawlDenial):
    """The site's robots.txt asks crawlers not to fetch the page (RFC 9309)."""

    code = "ROBOTS_BLOCKED"


class MapFailed(ScrapeError):
    """Nothing of a site could be read; the text says what became of its start page."""

    code = "MAP_FAILED"


class MapTimeout(MapFailed):
    """A map's time ran out before a single page was found."""

    status = 408
    code = "MAP_TIMEOUT"


class RacedRedirect(ScrapeError):
    """The page redirects to one that its crawl has already; shown to nobody, and free (contract §21.1)."""

    code = "SCRAPE_RACED_REDIRECT_ERROR"


class JobCancelled(ScrapeError):
    """The page's job was cancelled before the page was finished."""

    code = "SCRAPE_JOB_CANCELLED"


class RetryLimit(ScrapeError):
    """The page took its worker down more than once, so it is not tried again."""

    code = "SCRAPE_RETRY_LIMIT"


class UnexpectedFailure(ScrapeError):
    """A fault of ours while scraping; the log has the trace under the task's id."""

    code = "UNKNOWN_ERROR"
