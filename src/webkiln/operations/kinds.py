"""The kinds of jobs whose tasks are pages: by endpoint, and by whether a browser has to show them.

Pages that need a browser are jobs of a kind of their own, for they take places of their own in a
worker: a thousand of them must not stand before one that is only fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webkiln.contract.supported import needs_browser

if TYPE_CHECKING:
    from webkiln.contract.scrape import ScrapeOptions

SCRAPE: Final = "scrape"
BATCH_SCRAPE: Final = "batch_scrape"
CRAWL: Final = "crawl"
SEARCH: Final = "search"
MAP: Final = "map"
_SHOWN: Final = ".browser"


def kind_of(endpoint: str, options: ScrapeOptions) -> str:
    """Return the kind of a job made at an endpoint with these options."""
    return shown(endpoint) if needs_browser(options) else endpoint


def kinds_of(*endpoints: str) -> tuple[str, ...]:
    """Return every kind of job that is made at these endpoints."""
    return (*endpoints, *map(shown, endpoints))


def endpoint_of(kind: str) -> str:
    """Return the endpoint that a kind of job is made at."""
    return kind.removesuffix(_SHOWN)


def shown(endpoint: str) -> str:
    """Return the kind of the jobs of an endpoint whose pages a browser shows."""
    return endpoint + _SHOWN
