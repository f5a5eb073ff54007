"""Bodies of `POST /v2/map` (contract §8)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from webkiln.contract.crawl import PatternList, SitemapUse
from webkiln.contract.scrape import (
    AuditMetadata,
    Integration,
    Location,
    ScrapeOptions,
    ThreatProtection,
)
from webkiln.contract.wire import Address, Headers, Maybe, Whole, WireModel

DEFAULT_LIMIT = 5_000
MOST_LINKS = 100_000
# Options of crawls that the published schema takes on a map as well.
_OF_CRAWLS = (
    "allowSubdomains",
    "crawlEntireDomain",
    "deduplicateSimilarURLs",
    "delay",
    "ignoreRobotsTxt",
    "maxConcurrency",
    "maxDiscoveryDepth",
    "robotsUserAgent",
)


class MapRequest(WireModel):
    """`POST /v2/map`; `url` is the text as sent, judged by the operation. `timeout` in milliseconds."""

    newer_keys: ClassVar = {
        **ScrapeOptions.newer_keys,
        **{name: f"{name} has no effect on a map" for name in _OF_CRAWLS},
    }
    internal_keys: ClassVar = ScrapeOptions.internal_keys

    url: Address
    search: Maybe[Annotated[str, Field(max_length=1_000)]] = None
    sitemap: SitemapUse = "include"
    include_subdomains: bool = True
    ignore_query_parameters: bool = True
    ignore_cache: bool = False
    limit: Annotated[int, Whole(1, MOST_LINKS)] = DEFAULT_LIMIT
    timeout: Maybe[Annotated[float, Field(gt=0, allow_inf_nan=False)]] = None
    location: Maybe[Location] = None
    headers: Headers = Field(default_factory=dict)
    filter_by_path: bool = True
    use_index: bool = True
    allow_external_links: bool = False
    include_paths: PatternList = ()
    exclude_paths: PatternList = ()
    regex_on_full_url: Annotated[bool, Field(alias="regexOnFullURL")] = False
    audit_metadata: Maybe[AuditMetadata] = None
    threat_protection: Maybe[ThreatProtection] = None
    origin: str = "api"
    integration: Integration | None = None


class MapLink(WireModel):
    """A page of the site, with what is known of it."""

    url: str
    title: Maybe[str] = None
    description: Maybe[str] = None


class MapResponse(WireModel):
    """200 of `POST /v2/map`."""

    success: Literal[True] = True
    id: str
    links: list[MapLink]
    warning: Maybe[str] = None
