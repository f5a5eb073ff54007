"""Bodies of `/v2/batch/scrape` (contract §3)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from webkiln.contract.scrape import RequestOptions
from webkiln.contract.webhook import Webhook  # noqa: TC001 (pydantic reads it at run time)
from webkiln.contract.wire import Maybe, Whole, WireModel, refuse
from webkiln.ids import parse_id


def _uuid(text: str) -> str:
    parsed = parse_id(text)
    if parsed is None:
        raise refuse("Invalid job ID format. Job ID must be a valid UUID.")
    return parsed


JobId: TypeAlias = Annotated[str, AfterValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]


class BatchScrapeRequest(RequestOptions):
    """`POST /v2/batch/scrape`; `urls` are texts as sent, each judged on its own by the operation."""

    texts_with_nul: ClassVar = frozenset({"urls"})

    urls: Annotated[list[str], Field(min_length=1, fail_fast=True)]
    webhook: Maybe[Webhook] = None
    append_to_id: Maybe[JobId] = None
    ignore_invalid_urls: Annotated[bool, Field(alias="ignoreInvalidURLs")] = True
    max_concurrency: Maybe[Annotated[int, Whole(1)]] = None


class BatchScrapeStarted(WireModel):
    """200 of `POST /v2/batch/scrape`; `invalid_urls` only when `ignoreInvalidURLs` is on."""

    success: Literal[True] = True
    id: str
    url: str
    invalid_urls: Annotated[Maybe[list[str]], Field(alias="invalidURLs")] = None
    warning: Maybe[str] = None


class BatchScrapeCancelled(WireModel):
    """200 of `DELETE /v2/batch/scrape/{id}`, and nothing more (contract §3.5)."""

    status: Literal["cancelled"] = "cancelled"
