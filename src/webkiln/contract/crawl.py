"""Bodies of `/v2/crawl` (contract §7)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field

from webkiln.contract.scrape import Integration, ScrapeOptions
from webkiln.contract.webhook import Webhook
from webkiln.contract.wire import Address, Items, Maybe, Whole, WireModel, refuse

DEFAULT_LIMIT = 10_000
_MOST_DELAY_S = 60.0

Pattern: TypeAlias = Annotated[str, Field(max_length=2_000)]
PatternList: TypeAlias = Annotated[Items[Pattern], Field(max_length=1_000)]
SitemapUse: TypeAlias = Literal["skip", "include", "only"]


def _delay(value: float) -> float:
    if not 0 < value <= _MOST_DELAY_S:
        raise refuse("The delay parameter is measured in seconds and cannot exceed 60 seconds.")
    return value


Delay: TypeAlias = Annotated[float, AfterValidator(_delay)]


class CrawlRequest(WireModel):
    """`POST /v2/crawl`; `url` is the text as sent, judged by the operation. `delay` is in seconds."""

    newer_keys = ScrapeOptions.newer_keys
    internal_keys = ScrapeOptions.internal_keys

    url: Address
    prompt: Maybe[Annotated[str, Field(max_length=10_000)]] = None
    include_paths: PatternList = ()
    exclude_paths: PatternList = ()
    max_discovery_depth: Maybe[Annotated[int, Whole(0)]] = None
    limit: Annotated[int, Whole(1, 2**31 - 1, clamps=True)] = DEFAULT_LIMIT
    crawl_entire_domain: bool = False
    allow_external_links: bool = False
    allow_subdomains: bool = False
    ignore_robots_txt: bool = False
    robots_user_agent: Maybe[Annotated[str, Field(min_length=1, max_length=200)]] = None
    sitemap: SitemapUse = "include"
    deduplicate_similar_urls: Annotated[bool, Field(alias="deduplicateSimilarURLs")] = True
    ignore_query_parameters: bool = False
    regex_on_full_url: Annotated[bool, Field(alias="regexOnFullURL")] = False
    delay: Maybe[Delay] = None
    max_concurrency: Maybe[Annotated[int, Whole(1)]] = None
    scrape_options: ScrapeOptions = Field(default_factory=ScrapeOptions)
    webhook: Maybe[Webhook] = None
    zero_data_retention: bool = False
    origin: str = "api"
    integration: Integration | None = None


class CrawlStarted(WireModel):
    """200 of `POST /v2/crawl`."""

    success: Literal[True] = True
    id: str
    url: str
    warning: Maybe[str] = None


class CrawlCancelled(WireModel):
    """200 of `DELETE /v2/crawl/{id}`, and nothing more (contract §3.5)."""

    status: Literal["cancelled"] = "cancelled"


class ActiveCrawl(WireModel):
    """A crawl that runs, with the options it was started with."""

    id: str
    team_id: str
    url: str
    created_at: Annotated[str, Field(alias="created_at")]
    options: dict[str, Any]


class ActiveCrawls(WireModel):
    """200 of `GET /v2/crawl/active`, the newest first."""

    success: Literal[True] = True
    crawls: list[ActiveCrawl]
