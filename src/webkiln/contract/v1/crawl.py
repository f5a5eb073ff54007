"""Bodies of `/v1/crawl`, and the same in words of v2."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from webkiln.contract.crawl import DEFAULT_LIMIT, CrawlRequest, Delay, PatternList
from webkiln.contract.v1.scrape import V1ScrapeOptions, options_in_v1, options_in_v2
from webkiln.contract.v1.wire import V1Body, in_v2
from webkiln.contract.webhook import Webhook  # noqa: TC001 (pydantic reads it at run time)
from webkiln.contract.wire import Address, Maybe, Whole

DEFAULT_DEPTH = 10


class V1CrawlRequest(V1Body):
    """`POST /v1/crawl`; `maxDepth` is how many segments more than the start's a path may have.

    v2 has no word for that, so it is not part of `to_v2`. `allowBackwardLinks` is the older name
    of `crawlEntireDomain`.
    """

    url: Address
    include_paths: PatternList = ()
    exclude_paths: PatternList = ()
    max_depth: Annotated[int, Whole(0)] = DEFAULT_DEPTH
    max_discovery_depth: Maybe[Annotated[int, Whole(0)]] = None
    limit: Annotated[int, Whole(1, 2**31 - 1, clamps=True)] = DEFAULT_LIMIT
    allow_backward_links: bool = False
    crawl_entire_domain: Maybe[bool] = None
    allow_external_links: bool = False
    allow_subdomains: bool = False
    ignore_robots_txt: bool = False
    ignore_sitemap: bool = False
    deduplicate_similar_urls: Annotated[bool, Field(alias="deduplicateSimilarURLs")] = True
    ignore_query_parameters: bool = False
    regex_on_full_url: Annotated[bool, Field(alias="regexOnFullURL")] = False
    delay: Maybe[Delay] = None
    max_concurrency: Maybe[Annotated[int, Whole(1)]] = None
    webhook: Maybe[Webhook] = None
    scrape_options: V1ScrapeOptions = Field(default_factory=V1ScrapeOptions)
    zero_data_retention: bool = False

    def to_v2(self, warnings: list[str]) -> CrawlRequest:
        """Return the same request to v2; what has no effect is added to `warnings`. Raises BadRequest."""
        wire = self.to_wire()
        for key in ("maxDepth", "allowBackwardLinks", "ignoreSitemap"):
            wire.pop(key, None)
        entire = self.crawl_entire_domain
        wire["crawlEntireDomain"] = self.allow_backward_links if entire is None else entire
        wire["sitemap"] = "skip" if self.ignore_sitemap else "include"
        wire["scrapeOptions"] = options_in_v2(self.scrape_options, warnings)
        return in_v2(CrawlRequest, wire)


def crawl_in_v1(listed: dict[str, Any]) -> dict[str, Any]:
    """Return a running crawl, as v2 lists it, with its options in words of v1."""
    options = dict(listed["options"])
    options["ignoreSitemap"] = options.pop("sitemap", "include") == "skip"
    options["allowBackwardLinks"] = options["crawlEntireDomain"]
    options["scrapeOptions"] = options_in_v1(options["scrapeOptions"])
    return {**listed, "options": options}
