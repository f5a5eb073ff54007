"""What the tasks of a crawl share: how pages are scraped, and which of them belong to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from webkiln.frontier.rules import LinkOptions
from webkiln.operations.specs import PageSpec

if TYPE_CHECKING:
    from webkiln.contract.crawl import CrawlRequest, SitemapUse

_SHOWN = (
    "include_paths",
    "exclude_paths",
    "limit",
    "crawl_entire_domain",
    "allow_external_links",
    "allow_subdomains",
    "ignore_robots_txt",
    "sitemap",
    "deduplicate_similar_urls",
    "ignore_query_parameters",
    "regex_on_full_url",
    "max_discovery_depth",
    "max_concurrency",
    "delay",
    "scrape_options",
)


@dataclass(frozen=True, slots=True)
class CrawlSpec:
    """How a crawl goes; `start` is the URL as typed, `origin` that one or where it redirected to.

    `max_depth` counts links from the start; None is no bound. The pages of a `hidden` one are those that
    only an earlier crawl has met; what they link to is not followed. `shown` are the options as clients read
    them back (contract §7.4).
    """

    page: PageSpec
    start: str
    origin: str
    links: LinkOptions
    sitemap: SitemapUse
    max_depth: int | None
    ignore_robots: bool
    robots_agent: str | None
    shown: dict[str, Any]
    hidden: bool = False

    @classmethod
    def of(
        cls, request: CrawlRequest, origin: str, page: PageSpec, *, max_url_depth: int | None = None
    ) -> CrawlSpec:
        """Return what a request asks for; `origin` is its start URL in normal form.

        `max_url_depth` is a bound that only the older version of the API has.
        """
        wire = request.model_dump(mode="json", by_alias=True, include=set(_SHOWN), exclude_none=True)
        wire["scrapeOptions"] = request.scrape_options.to_wire()
        if max_url_depth is not None:
            wire["maxDepth"] = max_url_depth
        return cls(
            page,
            start=request.url,
            origin=origin,
            links=link_options(request, max_url_depth=max_url_depth),
            sitemap=request.sitemap,
            max_depth=request.max_discovery_depth,
            ignore_robots=request.ignore_robots_txt,
            robots_agent=request.robots_user_agent,
            shown=wire,
        )

    @property
    def limit(self) -> int:
        """How many documents were asked for."""
        return int(self.shown["limit"])

    def encode(self) -> bytes:
        """Return the JSON it is stored as; what reads page specs reads it too."""
        own = {name: getattr(self, name) for name in _KEPT}
        return orjson.dumps({**self.page.to_json(), "crawl": {**own, "links": asdict(self.links)}})

    @classmethod
    def decode(cls, kept: dict[str, Any]) -> CrawlSpec:
        """Read back what `encode` gave."""
        crawl = kept["crawl"]
        links: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in crawl["links"].items()
        }
        own = {name: crawl[name] for name in _KEPT if name in crawl}  # an older release kept less
        return cls(PageSpec.decode(kept), links=LinkOptions(**links), **own)


_KEPT = ("start", "origin", "sitemap", "max_depth", "ignore_robots", "robots_agent", "shown", "hidden")


def link_options(request: CrawlRequest, *, max_url_depth: int | None = None) -> LinkOptions:
    """Return which links a request wants followed."""
    return LinkOptions(
        include_paths=tuple(request.include_paths),
        exclude_paths=tuple(request.exclude_paths),
        regex_on_full_url=request.regex_on_full_url,
        crawl_entire_domain=request.crawl_entire_domain,
        allow_external_links=request.allow_external_links,
        allow_subdomains=request.allow_subdomains,
        ignore_query_parameters=request.ignore_query_parameters,
        deduplicate_similar_urls=request.deduplicate_similar_urls,
        max_url_depth=max_url_depth,
    )
