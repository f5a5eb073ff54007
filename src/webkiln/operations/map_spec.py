"""What the task of a map has to know: the request, once it has been judged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from webkiln.frontier.rules import LinkOptions

if TYPE_CHECKING:
    from webkiln.contract.crawl import SitemapUse
    from webkiln.contract.map import MapRequest


@dataclass(frozen=True, slots=True)
class MapSpec:
    """A map to be made.

    `url` is the start in normal form; `timeout_s` and `deadline` (Unix time) are None when the request
    names no timeout. Queries of URLs are always followed; `ignore_query` says whether they are shown.
    """

    url: str
    search: str | None
    sitemap: SitemapUse
    links: LinkOptions
    filter_by_path: bool
    ignore_query: bool
    ignore_cache: bool
    limit: int
    timeout_s: float | None
    deadline: float | None
    headers: dict[str, str]
    languages: tuple[str, ...]
    country: str | None
    warnings: tuple[str, ...]

    @classmethod
    def of(
        cls, request: MapRequest, url: str, *, deadline: float | None, warnings: tuple[str, ...] = ()
    ) -> MapSpec:
        """Return what a request asks for; `url` is its start in normal form."""
        location = request.location
        return cls(
            url=url,
            search=request.search.strip() or None if request.search is not None else None,
            sitemap=request.sitemap,
            links=LinkOptions(
                include_paths=tuple(request.include_paths),
                exclude_paths=tuple(request.exclude_paths),
                regex_on_full_url=request.regex_on_full_url,
                crawl_entire_domain=not request.filter_by_path,
                allow_external_links=request.allow_external_links,
                allow_subdomains=request.include_subdomains,
            ),
            filter_by_path=request.filter_by_path,
            ignore_query=request.ignore_query_parameters,
            ignore_cache=request.ignore_cache,
            limit=request.limit,
            timeout_s=None if request.timeout is None else request.timeout / 1000,
            deadline=deadline,
            headers=dict(request.headers),
            languages=() if location is None else tuple(location.languages),
            country=None if location is None else location.country,
            warnings=warnings,
        )

    def encode(self) -> bytes:
        """Return the JSON it is stored as."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, kept: dict[str, Any]) -> MapSpec:
        """Read back what `encode` gave."""
        values = {name: _frozen(value) for name, value in kept.items()}
        links = {name: _frozen(value) for name, value in kept["links"].items()}
        return cls(**{**values, "links": LinkOptions(**links)})


def _frozen(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value
