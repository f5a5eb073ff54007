"""What the routes are made of: the operations, and the few settings a door needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from webkiln.api.auth import Auth
    from webkiln.operations.account import Account
    from webkiln.operations.batch_scrape import BatchScrape
    from webkiln.operations.crawl import Crawl
    from webkiln.operations.files import Files
    from webkiln.operations.health import Health
    from webkiln.operations.job_status import JobStatus
    from webkiln.operations.map import Map
    from webkiln.operations.profiles import TeamProfiles
    from webkiln.operations.scrape import Scrape
    from webkiln.operations.search import Search
    from webkiln.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the routes call; `public_url` is None where links follow the request's host.

    `open_to` are the server's names where keys are switched off; None where they are not.
    """

    auth: Auth
    scrape: Scrape
    search: Search
    batch_scrape: BatchScrape
    crawl: Crawl
    map: Map
    job_status: JobStatus
    account: Account
    health: Health
    metrics: Metrics
    max_body_bytes: int
    files: Files
    profiles: TeamProfiles
    public_url: str | None
    open_to: tuple[str, ...] | None = None

    def base_url(self, request: Request) -> str:
        """Return what links into this server begin with; empty where nothing it keeps outlives it."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        return f"{request.url.scheme}://{request.url.netloc}"
