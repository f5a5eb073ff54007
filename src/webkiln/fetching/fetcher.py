"""The seam between scraping and the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webkiln.fetching.page import FetchRequest, Page


class Fetcher(Protocol):
    """Turns a request into a page.

    Raises the `ScrapeError` that fits: BlockedAddress, InvalidTarget, NameNotResolved,
    TlsFailed, SiteFailed, ConnectionFailed, ScrapeTimeout. Cancelling the call closes the socket.
    """

    async def fetch(self, request: FetchRequest) -> Page:
        """Fetch one URL, following its redirects."""
        ...

    async def close(self) -> None:
        """Close every connection; the fetcher is not used again."""
        ...
