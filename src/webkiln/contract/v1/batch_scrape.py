"""Bodies of `/v1/batch/scrape`, and the same in words of v2."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from webkiln.contract.batch_scrape import BatchScrapeRequest, JobId
from webkiln.contract.v1.scrape import V1ScrapeBody, options_in_v2
from webkiln.contract.v1.wire import in_v2
from webkiln.contract.webhook import Webhook  # noqa: TC001 (pydantic reads it at run time)
from webkiln.contract.wire import Maybe, Whole, WireModel


class V1BatchScrapeRequest(V1ScrapeBody):
    """`POST /v1/batch/scrape`; one invalid URL is one too many unless `ignoreInvalidURLs` says otherwise."""

    texts_with_nul: ClassVar = BatchScrapeRequest.texts_with_nul

    urls: Annotated[list[str], Field(min_length=1, fail_fast=True)]
    webhook: Maybe[Webhook] = None
    append_to_id: Maybe[JobId] = None
    ignore_invalid_urls: Annotated[bool, Field(alias="ignoreInvalidURLs")] = False
    max_concurrency: Maybe[Annotated[int, Whole(1)]] = None

    def to_v2(self, warnings: list[str]) -> BatchScrapeRequest:
        """Return the same request to v2; what has no effect is added to `warnings`. Raises BadRequest."""
        wire = options_in_v2(self, warnings)
        wire["ignoreInvalidURLs"] = self.ignore_invalid_urls
        return in_v2(BatchScrapeRequest, wire)


class V1BatchScrapeCancelled(WireModel):
    """200 of `DELETE /v1/batch/scrape/{id}`; descriptions of v1 differ, so all that they name is sent."""

    success: Literal[True] = True
    status: Literal["cancelled"] = "cancelled"
    message: str = "Batch scrape job successfully cancelled."
